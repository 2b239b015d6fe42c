//! `POST /v1/admin/access-requests/{id}/retry`

use axum::extract::{Extension, State};
use gatepass_app::retry::retry as queue_again;
use gatepass_domain::access_request::AccessRequestView;
use gatepass_http::{ExchangeId, Id, Keyed, OptionalBody, Owner, Problem, Reply};

use crate::routes::access_requests::views::answer;
use crate::routes::access_requests::withdraw::Empty;
use crate::state::Api;

/// Queues a provisioning again that has failed.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/retry", tag = "admin: access requests", operation_id = "retry_access_request",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = Option<Empty>, responses((status = 200, body = AccessRequestView)))]
pub(crate) async fn retry(
    State(api): State<Api>,
    Owner(owner): Owner,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    keyed: Keyed,
    OptionalBody { value: Empty {}, bytes }: OptionalBody<Empty>,
) -> Result<Reply, Problem> {
    let idempotent = keyed.idempotent(&owner.person().id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    let id = id.uuid("access request")?;
    Reply::to(queue_again(&api.store, &mut context, &owner, id, &idempotent).await, answer)
}
