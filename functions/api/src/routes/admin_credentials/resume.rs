//! `POST /v1/admin/credentials/{id}/resume`

use axum::extract::{Extension, State};
use gatepass_app::suspend::resume as carry_out;
use gatepass_domain::{Credential, Versioned};
use gatepass_http::{ExchangeId, Id, Keyed, OptionalBody, Owner, Problem, Reply};

use super::{ReasonBody, answer};
use crate::state::Api;

/// Opens a suspended credential again.
#[utoipa::path(post, path = "/v1/admin/credentials/{id}/resume", tag = "admin: credentials", operation_id = "resume_credential",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = Option<ReasonBody>, responses((status = 200, body = Versioned<Credential>)))]
pub(crate) async fn resume(
    State(api): State<Api>,
    Owner(owner): Owner,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    keyed: Keyed,
    OptionalBody { value: body, bytes }: OptionalBody<ReasonBody>,
) -> Result<Reply, Problem> {
    let reason = body.checked()?;
    let idempotent = keyed.idempotent(&owner.person().id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    let id = id.uuid("credential")?;
    Reply::to(carry_out(&api.store, &mut context, &owner, id, reason, &idempotent).await, answer)
}
