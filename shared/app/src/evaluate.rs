//! The dry run of the policy: would this be approved, and why?

use gatepass_domain::id::PlanId;
use gatepass_domain::policy::{self, Inputs, Verdict};
use gatepass_domain::{ApiOwner, Plan};
use gatepass_store::Store;

use crate::error::Refused;

/// The verdict of the policy of the plan `plan_id` on `inputs`, by the function that a submit calls.
///
/// # Errors
/// [`Refused::NotFound`] when there is no such plan.
pub async fn evaluate(store: &Store, _owner: &ApiOwner, plan_id: &PlanId, inputs: Inputs) -> Result<Verdict, Refused> {
    let plan = store.offering::<Plan>(plan_id).await?.map(|(plan, _)| plan);
    Ok(policy::evaluate(&plan.ok_or(Refused::NotFound("plan"))?, inputs))
}
