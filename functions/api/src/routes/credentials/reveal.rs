//! `POST /v1/apps/{id}/credentials/{cid}/reveal`

use std::io;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use gatepass_app::credentials;
use gatepass_domain::id::CredentialId;
use gatepass_http::{Caller, ExchangeId, Id, OptionalBody, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::access_requests::withdraw::Empty;
use crate::state::Api;

/// A key in clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revealed {
    /// The credential.
    #[schema(value_type = String)]
    credential_id: CredentialId,
    /// Its newest key. Send it in the header `x-api-key`.
    #[schema(example = "gp_…")]
    key: String,
}

/// Shows the newest key of a credential. That it was shown, and to whom, is on record.
#[utoipa::path(post, path = "/v1/apps/{id}/credentials/{cid}/reveal", tag = "credentials", operation_id = "reveal_credential",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("cid" = String, Path, format = "uuid")),
    request_body = Option<Empty>, responses((status = 200, body = Revealed)))]
pub(crate) async fn reveal(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    ids: Result<Path<(Id, Id)>, PathRejection>,
    OptionalBody { value: Empty {}, .. }: OptionalBody<Empty>,
) -> Result<impl IntoResponse, Problem> {
    let no_sealer =
        || Problem::internal("this function is not configured to reveal", &io::Error::other("GATEPASS_KEY_ID"));
    let sealer = api.sealer.as_ref().ok_or_else(no_sealer)?;
    let mut context = api.context(&exchange)?;
    let Path((app_id, credential_id)) = ids.map_err(|_| Problem::not_found("credential"))?;
    let (app_id, credential_id) = (app_id.uuid("app")?, credential_id.uuid("credential")?);
    let record = credentials::reveal(&api.store, &mut context, &caller, app_id, credential_id).await?;
    let unsealed = sealer.unseal(credential_id, &record.sealed).await;
    let key = unsealed.map_err(|error| match error.is_transient() {
        true => Problem::unavailable(),
        false => Problem::internal("a key could not be unsealed", &error),
    })?;
    let revealed = Revealed { credential_id, key: key.expose().to_owned() };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(revealed)))
}
