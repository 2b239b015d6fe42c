//! `POST /v1/admin/access-requests/{id}/retry`

use axum::extract::State;
use gatepass_app::retry;
use gatepass_domain::id::RequestId;
use gatepass_http::{EmptyBody, Id, IdempotencyKey, OptionalBody, Problem, Reply, RequestContext};

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// Retries a failed provisioning.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/retry", tag = "admin: access requests", operation_id = "retry_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, IdempotencyKey),
    request_body = Option<EmptyBody>, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn retry(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    OptionalBody { value: EmptyBody {}, bytes }: OptionalBody<EmptyBody>,
) -> Result<Reply, Problem> {
    let idempotent = key.idempotent(&reviewer.person().id, &bytes);
    let id = id.parse()?;
    answer(&api, retry::retry(&api.store, &mut context, &reviewer, id, &idempotent).await?).await
}
