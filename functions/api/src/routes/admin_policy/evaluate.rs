//! `POST /v1/admin/policy/evaluate`

use axum::Json;
use axum::extract::State;
use gatepass_app::evaluate;
use gatepass_domain::id::{PlanId, ProductId};
use gatepass_domain::policy::{Inputs, Subject, Verdict};
use gatepass_http::{JsonBody, Owner, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::state::Api;

/// The person who would ask, and the products.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EvaluateBody {
    /// The person who would ask.
    requester: Subject,
    /// The products.
    product_ids: Vec<ProductId>,
    /// The plan.
    plan_id: PlanId,
}

/// Evaluates the policy for a hypothetical request, with the reasons. Nothing is submitted.
#[utoipa::path(post, path = "/v1/admin/policy/evaluate", tag = "admin: policy", operation_id = "evaluate_policy",
    security(("bearer" = ["administrator"])), request_body = EvaluateBody, responses((status = 200, body = Verdict)))]
pub(crate) async fn evaluate(
    State(api): State<Api>,
    Owner(owner): Owner,
    JsonBody { value: EvaluateBody { requester, product_ids, plan_id }, .. }: JsonBody<EvaluateBody>,
) -> Result<Json<Verdict>, Problem> {
    Ok(Json(evaluate::evaluate(&api.store, &owner, &plan_id, Inputs { requester, product_ids }).await?))
}
