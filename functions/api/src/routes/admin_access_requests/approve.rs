//! `POST /v1/admin/access-requests/{id}/approve`

use axum::extract::State;
use gatepass_app::approve;
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, IdempotencyKey, OptionalBody, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// A note on an approval.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ApproveBody {
    /// A note, which the requester reads, at most 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Approves the products of a request that the caller decides on. Access is approved when every product has the approvals
/// that it needs, by different people. Nobody decides where they have an interest of their own.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/approve", tag = "admin: access requests", operation_id = "approve_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, IdempotencyKey),
    request_body = Option<ApproveBody>, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn approve(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    OptionalBody { value: ApproveBody { note }, bytes }: OptionalBody<ApproveBody>,
) -> Result<Reply, Problem> {
    approve::check_note(note.as_deref())?;
    let idempotent = key.idempotent(&reviewer.person().id, &bytes);
    let id = id.parse()?;
    answer(&api, approve::approve(&api.store, &mut context, &reviewer, id, note, &idempotent).await?).await
}
