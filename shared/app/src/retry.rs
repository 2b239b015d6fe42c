//! Retry provisioning by hand: after it gave up, or when the attempt that should be on its way never happened.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context, Reviewer};
use gatepass_store::{Store, Surroundings, Transaction};

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{Entitlement, check_interest, decided};

/// Queues the provisioning of the request `id` again, as somebody who decides on one of its products.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::ConflictOfInterest`]; [`Refused::NotFailed`] when it has neither failed nor been overdue for five minutes.
pub async fn retry(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    id: RequestId,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let by = Actor::from(reviewer.person());
    let read = || async {
        let request = store.request(id).await?.ok_or(Refused::NotFound("access request"))?;
        let surroundings = store.surroundings_of(&request, &reviewer.person().id).await?;
        Ok((request, surroundings))
    };
    commit_decision(store, context, idempotent, read, |context, (request, surroundings)| {
        let Surroundings { app, products, involvement, .. } = surroundings;
        Entitlement::of(reviewer, &request, &products)?;
        check_interest(reviewer.person(), &request, app.as_ref().map(|app| &app.content), involvement)?;
        let (queued, event) = match request {
            AccessRequest::Failed(failed) => failed.retry(context, &by),
            AccessRequest::Queued(queued) if queued.is_overdue(context.now) => queued.requeue(context, &by),
            _ => return Err(Refused::NotFailed),
        };
        let request = AccessRequest::from(queued);
        let transaction = Transaction::new(context).request(&request, &event);
        Ok(Step::commit(decided(transaction, request.credential_id(), reviewer.person()), request))
    })
    .await
}
