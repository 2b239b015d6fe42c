//! `POST /v1/admin/access-requests/{id}/revoke`

use axum::extract::State;
use gatepass_app::{reject, revoke};
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, IdempotencyKey, JsonBody, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// The reason of a revocation.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "The project has ended."}))]
pub(crate) struct RevokeBody {
    /// The text that the requester will read, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000, pattern = "[^ ]")]
    reason: String,
}

/// Revokes access, with a reason. Other access through the same credential stays.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/revoke", tag = "admin: access requests", operation_id = "revoke_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, IdempotencyKey),
    request_body = RevokeBody, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    JsonBody { value: RevokeBody { reason }, bytes }: JsonBody<RevokeBody>,
) -> Result<Reply, Problem> {
    reject::check_reason(&reason)?;
    let idempotent = key.idempotent(&reviewer.person().id, &bytes);
    let id = id.parse()?;
    let reason = Some(reason.trim());
    answer(&api, revoke::revoke(&api.store, &mut context, &reviewer, id, reason, &idempotent).await?).await
}
