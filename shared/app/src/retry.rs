//! Retry provisioning by hand, after it gave up.

use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context, Event};
use gatepass_store::{CommitError, Guard, Store, Transaction};

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;

/// Queues the provisioning of the request `id` again, as `owner`.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotFailed`] when it has not failed.
pub async fn retry(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: RequestId,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<AccessRequestView, Refused> {
    let by = Actor::from(owner.person());
    for _ in 0..ROUNDS {
        let request = store.request(id).await?;
        idempotent.check(store, context).await?;
        let request = request.ok_or(Refused::NotFound("access request"))?;
        let AccessRequest::Failed(failed) = request else { return Err(Refused::NotFailed) };
        let (queued, event) = failed.retry(context, &by);
        let request = AccessRequest::from(queued);
        let view = request.view();
        match commit(store, context, &request, &event, |tx, context| idempotent.record(tx, &view, context)).await {
            Ok(()) => return Ok(view),
            Err(error) => match idempotent.beaten(&error, context) {
                Some(refused) => return Err(refused),
                None if error.is_refused_by(Guard::Request) => {}
                None => return Err(Refused::unexpected(error)),
            },
        }
    }
    Err(Refused::Busy)
}

async fn commit(
    store: &Store,
    context: &mut Context,
    request: &AccessRequest,
    event: &Event,
    also: impl FnOnce(Transaction, &Context) -> Transaction,
) -> Result<(), CommitError> {
    let transaction = Transaction::new(context).request(request, event);
    store.commit(also(transaction, context)).await
}
