//! Carry out what the policy decided at submit, if it still holds (R33).

use gatepass_domain::access_request::{Pending, RequestKind};
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::id::RequestId;
use gatepass_domain::policy::{self, Review};
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::{ReferencedEntities, Store, Transaction};
use jiff::Timestamp;

use crate::approve::{approval, grantable};
use crate::entities::entities_now;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::standing::Holdings;

/// The result of deciding a request that the policy had approved at submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is approved.
    Approved,
    /// The plan as it is now no longer approves it: the owners decide.
    Referred,
    /// The credential that it was to extend or change has ended: it is rejected.
    Rejected,
    /// It was settled before, or does not exist: nothing was left to do.
    NothingToDo,
}

/// Approves the request `id` by policy, or refers it to the owners. Safe to repeat: what is done
/// depends on the state that the request is in.
///
/// # Errors
/// [`Refused::Store`], [`Refused::Busy`].
pub async fn auto_approve(store: &Store, context: &mut Context, id: RequestId) -> Result<Outcome, Refused> {
    let by = Actor::policy();
    let read = || async {
        let Some(AccessRequest::Pending(pending)) = store.request(id).await? else { return Ok(None) };
        if pending.facts().submission.policy.review == Review::Manual {
            return Ok(None);
        }
        let entities = entities_now(store, &pending.facts().submission, None).await?;
        let holdings = Holdings::read(store, &pending.clone().into()).await?;
        Ok(Some((pending, entities, holdings)))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        let Some((pending, entities, holdings)) = read else { return Ok(Step::Done(Outcome::NothingToDo)) };
        // The app is being deleted, or was; its requests are withdrawn with it.
        if entities.app.is_none() {
            return Ok(Step::Done(Outcome::NothingToDo));
        }
        if extends_what_has_ended(&pending, &entities, context.now) {
            let reason = "The credential that it was to extend or change has expired or been revoked.";
            let (closed, event) = pending.reject(context, &by, reason.into());
            let (transaction, _) = holdings.closing(context, closed, &event);
            return Ok(Step::commit(transaction, Outcome::Rejected));
        }
        match objection(&pending, &entities, context.now) {
            None => {
                let products = pending.facts().product_ids();
                let (transaction, _) = approval(context, pending, &by, None, products, 1);
                Ok(Step::commit(transaction, Outcome::Approved))
            }
            Some(verdict) => {
                let (pending, event) = pending.refer(context, &by, verdict);
                let transaction = Transaction::new(context).request(&pending.into(), &event);
                Ok(Step::commit(transaction, Outcome::Referred))
            }
        }
    })
    .await
}

/// True when the request is to extend or change a credential for which that is too late. Neither the policy nor a person could
/// approve it, and as long as it waits it keeps its products from being asked for otherwise.
fn extends_what_has_ended(pending: &Pending, entities: &ReferencedEntities, now: Timestamp) -> bool {
    // A renewal outlasts the end of its credential.
    let is_renewal = pending.facts().submission.kind == RequestKind::Renewal;
    let ended = |status| match status {
        CredentialStatus::Expired => !is_renewal,
        CredentialStatus::Revoked => true,
        CredentialStatus::Active | CredentialStatus::Suspended => false,
    };
    pending.facts().submission.extends_credential_id.is_some()
        && entities.credential.as_ref().is_none_or(|credential| ended(credential.status_at(now)))
}

/// Why the policy no longer approves: the verdict by what stands now, on the facts frozen at submit.
/// `None` when it still does.
fn objection(pending: &Pending, entities: &ReferencedEntities, now: Timestamp) -> Option<policy::Verdict> {
    let frozen = &pending.facts().submission.policy;
    match grantable(pending, entities, now) {
        Ok(plan) => {
            let verdict = policy::evaluate(plan, frozen.inputs.clone());
            (verdict.review == Review::Manual).then_some(verdict)
        }
        Err(obstacle) => Some(policy::Verdict { reasons: vec![obstacle.to_string()], ..frozen.clone() }),
    }
}
