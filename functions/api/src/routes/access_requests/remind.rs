//! `POST /v1/access-requests/{id}/remind`

use axum::extract::State;
use gatepass_app::remind;
use gatepass_domain::id::RequestId;
use gatepass_http::{Caller, EmptyBody, Id, IdempotencyKey, OptionalBody, Problem, Reply, RequestContext};

use super::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// Reminds those who decide on a pending request, at most once a day.
#[utoipa::path(post, path = "/v1/access-requests/{id}/remind", tag = "access requests", operation_id = "remind_access_request",
    security(("bearer" = [])), params(Id<RequestId>, IdempotencyKey),
    request_body = Option<EmptyBody>, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn remind(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    OptionalBody { value: EmptyBody {}, bytes }: OptionalBody<EmptyBody>,
) -> Result<Reply, Problem> {
    let idempotent = key.idempotent(&caller.id, &bytes);
    let id = id.parse()?;
    answer(&api, remind::remind(&api.store, &mut context, &caller, id, &idempotent).await?).await
}
