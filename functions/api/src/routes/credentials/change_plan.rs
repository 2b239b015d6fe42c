//! `POST /v1/apps/{id}/credentials/{cid}/change-plan`

use axum::extract::State;
use gatepass_app::change_credential::{Change, change_credential};
use gatepass_domain::id::PlanId;
use gatepass_http::{Caller, IdempotencyKey, JsonBody, PathParams, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use super::path::CredentialPath;
use crate::routes::access_requests::response::AccessRequestResponse;
use crate::routes::access_requests::submit::answer;
use crate::state::Api;

/// The plan to change to.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangePlanBody {
    /// The plan. Every product of the credential must be offered with it.
    plan_id: PlanId,
    /// The purpose, at most 2,000 characters. The owners see it.
    #[schema(max_length = 2000)]
    justification: Option<String>,
}

/// Asks for another plan for a credential. The old plan stays in force until the request is approved; then the new one
/// holds for the same key, which lives as long as the new plan lets it, counted from the approval.
#[utoipa::path(post, path = "/v1/apps/{id}/credentials/{cid}/change-plan", tag = "credentials", operation_id = "change_plan",
    security(("bearer" = [])), params(CredentialPath, IdempotencyKey), request_body = ChangePlanBody,
    responses((status = 201, body = AccessRequestResponse, headers(("Location" = String)))))]
pub(crate) async fn change_plan(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CredentialPath { id, cid }): PathParams<CredentialPath>,
    key: IdempotencyKey,
    JsonBody { value: ChangePlanBody { plan_id, justification }, bytes }: JsonBody<ChangePlanBody>,
) -> Result<Reply, Problem> {
    let idempotent = key.idempotent(&caller.id, &bytes);
    let of = (id.parse()?, cid.parse()?);
    let (change, why) = (Change::Plan(plan_id), justification.as_deref());
    let filed = change_credential(&api.store, &mut context, &caller, of, &change, why, &idempotent).await;
    answer(&api, filed?).await
}
