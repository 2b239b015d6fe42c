//! `POST /v1/admin/access-requests/{id}/reject`

use axum::extract::{Extension, State};
use gatepass_app::reject::reject as decide;
use gatepass_domain::access_request::AccessRequestView;
use gatepass_http::{ExchangeId, Id, JsonBody, Keyed, Owner, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::access_requests::views::answer;
use crate::state::Api;

/// Why access is not granted.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "Please use the plan `free` for trials."}))]
pub(crate) struct RejectBody {
    /// What the requester will read, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000, pattern = "[^ ]")]
    pub(super) reason: String,
}

/// Rejects a request, with a reason.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/reject", tag = "admin: access requests", operation_id = "reject_access_request",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = RejectBody, responses((status = 200, body = AccessRequestView)))]
pub(crate) async fn reject(
    State(api): State<Api>,
    Owner(owner): Owner,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    keyed: Keyed,
    JsonBody { value: RejectBody { reason }, bytes }: JsonBody<RejectBody>,
) -> Result<Reply, Problem> {
    gatepass_app::reject::check_reason(&reason)?;
    let idempotent = keyed.idempotent(&owner.person().id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    let id = id.uuid("access request")?;
    Reply::to(decide(&api.store, &mut context, &owner, id, &reason, &idempotent).await, answer)
}
