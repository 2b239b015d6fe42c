//! `POST /v1/admin/credentials/{id}/suspend`

use axum::extract::State;
use gatepass_app::suspend;
use gatepass_domain::id::CredentialId;
use gatepass_http::{Id, IdempotencyKey, OptionalBody, Owner, Problem, Reply, RequestContext};

use super::reason::ReasonBody;
use crate::routes::credentials::response::{CredentialResponse, answer};
use crate::state::Api;

/// Suspends a credential: none of its keys works until it is resumed.
#[utoipa::path(post, path = "/v1/admin/credentials/{id}/suspend", tag = "admin: credentials", operation_id = "suspend_credential",
    security(("bearer" = ["administrator"])), params(Id<CredentialId>, IdempotencyKey),
    request_body = Option<ReasonBody>, responses((status = 200, body = CredentialResponse, headers(("ETag" = String)))))]
pub(crate) async fn suspend(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<CredentialId>,
    key: IdempotencyKey,
    OptionalBody { value: body, bytes }: OptionalBody<ReasonBody>,
) -> Result<Reply, Problem> {
    let reason = body.checked()?;
    let idempotent = key.idempotent(&owner.person().id, &bytes);
    let id = id.parse()?;
    let last_used_at = api.last_used_at(id).await?;
    let credential = suspend::suspend(&api.store, &mut context, &owner, id, reason, &idempotent).await;
    Reply::to(credential, |credential| answer(credential, last_used_at))
}
