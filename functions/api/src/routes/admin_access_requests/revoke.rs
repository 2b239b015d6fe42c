//! `POST /v1/admin/access-requests/{id}/revoke`

use axum::extract::{Extension, State};
use gatepass_app::{reject, revoke::revoke as take_back};
use gatepass_domain::Actor;
use gatepass_domain::access_request::AccessRequestView;
use gatepass_http::{ExchangeId, Id, JsonBody, Keyed, Owner, Problem, Reply};

use super::reject::RejectBody;
use crate::routes::access_requests::views::answer;
use crate::state::Api;

/// Takes access back, with a reason. What else the same credential opens stays open.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/revoke", tag = "admin: access requests", operation_id = "revoke_access_request",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = RejectBody, responses((status = 200, body = AccessRequestView)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Owner(owner): Owner,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    keyed: Keyed,
    JsonBody { value: RejectBody { reason }, bytes }: JsonBody<RejectBody>,
) -> Result<Reply, Problem> {
    reject::check_reason(&reason)?;
    let idempotent = keyed.idempotent(&owner.person().id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    let id = id.uuid("access request")?;
    let by = Actor::from(owner.person());
    Reply::to(take_back(&api.store, &mut context, &by, id, Some(reason.trim()), &idempotent).await, answer)
}
