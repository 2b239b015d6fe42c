//! Remind those who decide of a request.

use gatepass_domain::id::RequestId;
use gatepass_domain::policy::Review;
use gatepass_domain::{AccessRequest, Actor, Context, Person};
use gatepass_store::{Store, Transaction};

use crate::approve::undecided;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::requests::require_own;

/// Reminds those who decide of the request `id`, if it is `caller`'s. Possible once a day.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::AlreadyDecided`], [`Refused::DecidedAutomatically`], [`Refused::RemindedLately`].
pub async fn remind(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    id: RequestId,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let by = Actor::from(caller);
    let read = || async {
        let request = store.request(id).await?.ok_or(Refused::NotFound("access request"))?;
        require_own(store, caller, &request).await?;
        Ok(request)
    };
    commit_decision(store, context, idempotent, read, |context, request| {
        let pending = undecided(request)?;
        if pending.facts().submission.policy.review == Review::Automatic {
            return Err(Refused::DecidedAutomatically);
        }
        if let Some(again) = pending.waiting().next_reminder_at(context.now) {
            let millis = again.as_millisecond().saturating_sub(context.now.as_millisecond());
            let retry_after_seconds = (millis + 999).div_euclid(1000).max(1);
            return Err(Refused::RemindedLately { again, retry_after_seconds });
        }
        let (pending, event) = pending.remind(context, &by);
        let request = AccessRequest::from(pending);
        Ok(Step::commit(Transaction::new(context).request(&request, &event), request))
    })
    .await
}
