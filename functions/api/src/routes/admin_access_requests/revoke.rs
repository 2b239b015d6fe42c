//! `POST /v1/admin/access-requests/{id}/revoke`

use axum::extract::State;
use gatepass_app::{reject, revoke};
use gatepass_domain::Actor;
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, IdempotencyKey, JsonBody, Owner, Problem, Reply, RequestContext};

use super::reject::RejectBody;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// Revokes access, with a reason. Other access through the same credential stays.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/revoke", tag = "admin: access requests", operation_id = "revoke_access_request",
    security(("bearer" = [])), params(Id<RequestId>, IdempotencyKey),
    request_body = RejectBody, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    JsonBody { value: RejectBody { reason }, bytes }: JsonBody<RejectBody>,
) -> Result<Reply, Problem> {
    reject::check_reason(&reason)?;
    let idempotent = key.idempotent(&owner.person().id, &bytes);
    let id = id.parse()?;
    let by = Actor::from(owner.person());
    Reply::to(revoke::revoke(&api.store, &mut context, &by, id, Some(reason.trim()), &idempotent).await, answer)
}
