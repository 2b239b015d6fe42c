//! `DELETE /v1/apps/{id}/credentials/{cid}`

use axum::extract::State;
use axum::http::StatusCode;
use gatepass_app::revoke_credential;
use gatepass_http::{Caller, OptionalIfMatch, PathParams, Problem, RequestContext};

use super::path::CredentialPath;
use crate::state::Api;

/// Revokes a credential of one's own app: its keys stop working at once. Only the owner of the app may. One that is revoked
/// already stays so.
#[utoipa::path(delete, path = "/v1/apps/{id}/credentials/{cid}", tag = "credentials", operation_id = "revoke_own_credential",
    security(("bearer" = [])), params(CredentialPath, OptionalIfMatch), responses((status = 204)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CredentialPath { id, cid }): PathParams<CredentialPath>,
    OptionalIfMatch(precondition): OptionalIfMatch,
) -> Result<StatusCode, Problem> {
    let (app_id, credential_id) = (id.parse()?, cid.parse()?);
    revoke_credential::revoke_own(&api.store, &mut context, &caller, app_id, credential_id, &precondition).await?;
    Ok(StatusCode::NO_CONTENT)
}
