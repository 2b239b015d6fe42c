//! The decision that asking is enough: a pure function of the plan and of facts frozen when
//! the request was submitted. The dry run and the real decision are this one function.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::ProductId;
use crate::person::{API_OWNERS, PersonId};
use crate::plan::Plan;
use crate::versioned::Versioned;

/// The decider of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// The policy: approval follows at once.
    Automatic,
    /// The API Owners.
    Manual,
}

/// The rule that settled who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The plan does not approve automatically.
    AutoApproveOff,
    /// The plan approves everyone automatically.
    AutoApproveAlways,
    /// The plan approves automatically under conditions, and they hold.
    ConditionsMet,
    /// The plan approves automatically under conditions, and one does not hold.
    ConditionsNotMet,
    /// The policy approved it at submit, but no longer did when it was carried out.
    NoLongerHolds,
    /// An API Owner granted access without a request.
    Granted,
    /// The plan wants several people to approve, and the policy is none.
    SeveralApprovals,
    /// Administrators manage plans, so that their own requests are decided on by somebody else.
    RequesterIsAdministrator,
}

/// The facts that the policy sees: frozen at submit, since groups exist only in the caller's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inputs {
    /// The person who asks.
    pub requester: Subject,
    /// The purpose.
    pub product_ids: Vec<ProductId>,
}

/// The requester, as far as the policy is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subject {
    /// The person's id.
    pub id: PersonId,
    /// Their groups.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// The verdict of the policy with its reasons: kept on the request for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// The decider.
    pub review: Review,
    /// The rule that settled it.
    pub rule: Rule,
    /// The plan's version that was consulted.
    pub plan_version: u64,
    /// The facts that were consulted beside the plan.
    pub inputs: Inputs,
    /// The reasons, one for each condition, in words.
    pub reasons: Vec<String>,
}

/// Evaluates `plan`'s automatic approval for `inputs`.
///
/// `auto_approve: false` never approves; `true` without conditions always does; with conditions,
/// every list that is not empty must match: the requester in any of the groups *or* among the
/// users, and every product among the products. A plan that wants several approvals, and a requester who is an
/// administrator, are never approved automatically.
pub fn evaluate(plan: &Versioned<Plan>, inputs: Inputs) -> Verdict {
    let when = &plan.auto_approve_when;
    let (review, rule, reasons) = if !plan.auto_approve {
        let reason = format!("the plan `{}` is reviewed by API Owners", plan.id);
        (Review::Manual, Rule::AutoApproveOff, vec![reason])
    } else if plan.approvals_required > 1 {
        let reason = format!("the plan `{}` needs the approval of {} people", plan.id, plan.approvals_required);
        (Review::Manual, Rule::SeveralApprovals, vec![reason])
    } else if inputs.requester.groups.iter().any(|group| group == API_OWNERS) {
        let reason = "the requester is an administrator, whose requests somebody else decides on".to_owned();
        (Review::Manual, Rule::RequesterIsAdministrator, vec![reason])
    } else if when.is_empty() {
        let reason = format!("the plan `{}` approves every request", plan.id);
        (Review::Automatic, Rule::AutoApproveAlways, vec![reason])
    } else {
        let outcomes: Vec<_> =
            [person_condition(plan, &inputs), products_condition(plan, &inputs)].into_iter().flatten().collect();
        let holds = outcomes.iter().all(|(holds, _)| *holds);
        let reasons = outcomes.into_iter().map(|(_, reason)| reason).collect();
        if holds {
            (Review::Automatic, Rule::ConditionsMet, reasons)
        } else {
            (Review::Manual, Rule::ConditionsNotMet, reasons)
        }
    };
    Verdict { review, rule, plan_version: plan.version, inputs, reasons }
}

/// True when the requester is trusted; `None` when the plan does not ask.
fn person_condition(plan: &Plan, inputs: &Inputs) -> Option<(bool, String)> {
    let when = &plan.auto_approve_when;
    if when.groups.is_empty() && when.users.is_empty() {
        return None;
    }
    let requester = &inputs.requester;
    if when.users.contains(&requester.id.0) {
        return Some((true, "the requester is named by the plan".into()));
    }
    Some(match requester.groups.iter().find(|group| when.groups.contains(group)) {
        Some(group) => (true, format!("the requester is in the trusted group `{group}`")),
        None => (false, "the requester is neither in a trusted group nor named by the plan".into()),
    })
}

/// True when the products are cleared; `None` when the plan does not ask.
fn products_condition(plan: &Plan, inputs: &Inputs) -> Option<(bool, String)> {
    let cleared = &plan.auto_approve_when.products;
    if cleared.is_empty() {
        return None;
    }
    Some(match inputs.product_ids.iter().find(|id| !cleared.contains(id)) {
        None => (true, "every product is cleared for automatic approval".into()),
        Some(id) => (false, format!("the product `{id}` is not cleared for automatic approval")),
    })
}
