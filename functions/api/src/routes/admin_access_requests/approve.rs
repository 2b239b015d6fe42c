//! `POST /v1/admin/access-requests/{id}/approve`

use axum::extract::{Extension, State};
use gatepass_app::approve::{approve as decide, check_note};
use gatepass_domain::access_request::AccessRequestView;
use gatepass_http::{ExchangeId, Id, Keyed, OptionalBody, Owner, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::access_requests::views::answer;
use crate::state::Api;

/// A note on an approval.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ApproveBody {
    /// What the other owners should know, at most 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Approves a request. Nobody approves their own.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/approve", tag = "admin: access requests", operation_id = "approve_access_request",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = Option<ApproveBody>, responses((status = 200, body = AccessRequestView)))]
pub(crate) async fn approve(
    State(api): State<Api>,
    Owner(owner): Owner,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    keyed: Keyed,
    OptionalBody { value: ApproveBody { note }, bytes }: OptionalBody<ApproveBody>,
) -> Result<Reply, Problem> {
    check_note(note.as_deref())?;
    let idempotent = keyed.idempotent(&owner.person().id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    let id = id.uuid("access request")?;
    Reply::to(decide(&api.store, &mut context, &owner, id, note, &idempotent).await, answer)
}
