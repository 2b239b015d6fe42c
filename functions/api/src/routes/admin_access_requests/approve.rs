//! `POST /v1/admin/access-requests/{id}/approve`

use axum::extract::State;
use gatepass_app::approve;
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, IdempotencyKey, OptionalBody, Owner, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// A note on an approval.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ApproveBody {
    /// A note for the other owners, at most 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Approves a request. Requesters cannot approve their own requests.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/approve", tag = "admin: access requests", operation_id = "approve_access_request",
    security(("bearer" = [])), params(Id<RequestId>, IdempotencyKey),
    request_body = Option<ApproveBody>, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn approve(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    OptionalBody { value: ApproveBody { note }, bytes }: OptionalBody<ApproveBody>,
) -> Result<Reply, Problem> {
    approve::check_note(note.as_deref())?;
    let idempotent = key.idempotent(&owner.person().id, &bytes);
    let id = id.parse()?;
    Reply::to(approve::approve(&api.store, &mut context, &owner, id, note, &idempotent).await, answer)
}
