//! `POST /v1/apps/{id}/credentials/{cid}/reveal`

use axum::Json;
use axum::extract::State;
use gatepass_app::credentials;
use gatepass_domain::id::CredentialId;
use gatepass_http::{Caller, EmptyBody, OptionalBody, PathParams, Problem, RequestContext};
use serde::Serialize;
use utoipa::ToSchema;

use super::path::CredentialPath;
use crate::state::Api;

/// A revealed key.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revealed {
    /// The credential.
    #[schema(value_type = String)]
    credential_id: CredentialId,
    /// Its newest key. Send it in the header `x-api-key`.
    #[schema(example = "gp_…")]
    key: String,
}

/// Reveals the newest key of a credential, once or as often as asked, as the setting `reveal` has it. Each reveal is recorded, with
/// the person. A key that was brought along is never revealed.
#[utoipa::path(post, path = "/v1/apps/{id}/credentials/{cid}/reveal", tag = "credentials", operation_id = "reveal_credential",
    security(("bearer" = [])), params(CredentialPath),
    request_body = Option<EmptyBody>, responses((status = 200, body = Revealed)))]
pub(crate) async fn reveal(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CredentialPath { id, cid }): PathParams<CredentialPath>,
    OptionalBody { value: EmptyBody {}, .. }: OptionalBody<EmptyBody>,
) -> Result<Json<Revealed>, Problem> {
    let sealer = api.sealer()?;
    let (app_id, credential_id) = (id.parse()?, cid.parse()?);
    let sealed = credentials::reveal(&api.store, &mut context, &caller, app_id, credential_id).await?;
    let unsealed = sealer.unseal(credential_id, &sealed).await;
    let key = unsealed.map_err(|error| match error.is_transient() {
        true => Problem::unavailable(),
        false => Problem::internal("a key could not be unsealed", &error),
    })?;
    Ok(Json(Revealed { credential_id, key: key.expose().to_owned() }))
}
