//! Carry out what the policy decided at submit, if it still holds (R33).

use gatepass_domain::access_request::Pending;
use gatepass_domain::id::RequestId;
use gatepass_domain::policy::{self, Review};
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::{Guard, Store, Transaction};

use crate::ROUNDS;
use crate::approve::{decide, facts_now, grantable};
use crate::error::Refused;
use crate::idempotent::Idempotent;

/// What became of a request that the policy had approved at submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is approved.
    Approved,
    /// The plan as it is now no longer approves it: the owners decide.
    Referred,
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
    for _ in 0..ROUNDS {
        let Some(AccessRequest::Pending(pending)) = store.request(id).await? else { return Ok(Outcome::NothingToDo) };
        if pending.facts().submission.policy.review == Review::Manual {
            return Ok(Outcome::NothingToDo);
        }
        let done = match objection(store, &pending).await? {
            None => {
                let decided = decide(store, context, pending, &by, None, 1, &Idempotent::unkeyed()).await;
                match decided {
                    Ok(view) => view.map(|_| Outcome::Approved),
                    // The app was deleted; its requests are withdrawn with it.
                    Err(Refused::NoLongerPossible(_)) => Some(Outcome::NothingToDo),
                    Err(refused) => return Err(refused),
                }
            }
            Some(verdict) => refer(store, context, pending, &by, verdict).await?.then_some(Outcome::Referred),
        };
        if let Some(outcome) = done {
            return Ok(outcome);
        }
    }
    Err(Refused::Busy)
}

/// Why the policy no longer approves: the verdict by what stands now, on the facts frozen at submit.
/// `None` when it still does.
async fn objection(store: &Store, pending: &Pending) -> Result<Option<policy::Verdict>, Refused> {
    let frozen = &pending.facts().submission.policy;
    let facts = facts_now(store, pending).await?;
    Ok(match grantable(pending, &facts) {
        Ok(plan) => {
            let verdict = policy::evaluate(plan, frozen.inputs.clone());
            (verdict.review == Review::Manual).then_some(verdict)
        }
        Err(obstacle) => Some(policy::Verdict { reasons: vec![obstacle.to_string()], ..frozen.clone() }),
    })
}

/// Commits the referral; `false` when somebody got in between.
async fn refer(
    store: &Store,
    context: &mut Context,
    pending: Pending,
    by: &Actor,
    verdict: policy::Verdict,
) -> Result<bool, Refused> {
    let (pending, event) = pending.refer(context, by, verdict);
    let transaction = Transaction::new(context).request(&pending.into(), &event);
    match store.commit(transaction).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_refused_by(Guard::Request) => Ok(false),
        Err(error) => Err(Refused::unexpected(error)),
    }
}
