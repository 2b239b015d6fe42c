//! `POST /v1/admin/access-requests/{id}/revoke`

use axum::extract::State;
use gatepass_app::{reject, revoke};
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, IdempotencyKey, JsonBody, Problem, Reply, RequestContext};

use super::reject::RejectBody;
use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// Revokes access, with a reason. Other access through the same credential stays.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/revoke", tag = "admin: access requests", operation_id = "revoke_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, IdempotencyKey),
    request_body = RejectBody, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    JsonBody { value: RejectBody { reason }, bytes }: JsonBody<RejectBody>,
) -> Result<Reply, Problem> {
    reject::check_reason(&reason)?;
    let idempotent = key.idempotent(&reviewer.person().id, &bytes);
    let id = id.parse()?;
    let reason = Some(reason.trim());
    answer(&api, revoke::revoke(&api.store, &mut context, &reviewer, id, reason, &idempotent).await?).await
}
