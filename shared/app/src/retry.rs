//! Retry provisioning by hand: after it gave up, or when the attempt that should be on its way never happened.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context};
use gatepass_store::{Store, Transaction};

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};

/// Queues the provisioning of the request `id` again, as `owner`.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotFailed`] when it has neither failed nor been overdue for five minutes.
pub async fn retry(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: RequestId,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let by = Actor::from(owner.person());
    let read = || async { store.request(id).await?.ok_or(Refused::NotFound("access request")) };
    commit_decision(store, context, idempotent, read, |context, request| {
        let (queued, event) = match request {
            AccessRequest::Failed(failed) => failed.retry(context, &by),
            AccessRequest::Queued(queued) if queued.is_overdue(context.now) => queued.requeue(context, &by),
            _ => return Err(Refused::NotFailed),
        };
        let request = AccessRequest::from(queued);
        let transaction = Transaction::new(context).request(&request, &event);
        Ok(Step::commit(transaction, request))
    })
    .await
}
