//! `GET /v1/apps/{id}/credentials`

use axum::Json;
use axum::extract::State;
use gatepass_app::credentials;
use gatepass_domain::id::AppId;
use gatepass_domain::{Credential, Versioned};
use gatepass_http::{Caller, Id, Listed, Problem};

use crate::state::Api;

/// The credentials of an app, newest first; without their keys.
#[utoipa::path(get, path = "/v1/apps/{id}/credentials", tag = "credentials", operation_id = "list_credentials",
    security(("bearer" = [])), params(Id<AppId>), responses((status = 200, body = Listed<Versioned<Credential>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<AppId>,
) -> Result<Json<Listed<Versioned<Credential>>>, Problem> {
    let items = credentials::list(&api.store, api.clock.now(), &caller, id.parse()?).await?;
    Ok(Json(Listed { items, next_cursor: None }))
}
