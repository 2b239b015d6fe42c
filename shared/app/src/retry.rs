//! Retry provisioning: by hand after it gave up, or because the pause after a failure is over.

use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context, Event};
use gatepass_store::keys::Stage;
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

/// Queues again every provisioning whose pause is over, as the function `expire`; gives how many.
///
/// Each goes on as part of what the attempt that failed was part of: its events have that correlation id, so that one
/// search finds everything from the HTTP request to the mail.
///
/// # Errors
/// [`Refused::Store`]. What was queued before the failure stays queued.
pub async fn requeue_due(store: &Store, context: &mut Context) -> Result<usize, Refused> {
    let by = Actor::system("expire");
    let mut requeued = 0;
    for request in store.requests_in(&[Stage::Queued]).await? {
        let AccessRequest::Queued(queued) = request else { continue };
        if queued.next_attempt_at().is_none_or(|due| due > context.now) {
            continue;
        }
        let id = queued.approved().facts().id;
        if let Some(failure) = store.last_event_of(&Aggregate::Request(id)).await? {
            context.correlation_id = failure.correlation_id;
            context.causation_id = Some(failure.id);
        }
        let (queued, event) = queued.requeue(context, &by);
        match commit(store, context, &queued.into(), &event, |tx, _| tx).await {
            Ok(()) => requeued += 1,
            // Somebody revoked it, or another run was faster: nothing is left to do.
            Err(error) if error.is_refused_by(Guard::Request) => {}
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
    Ok(requeued)
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
