//! `GET /v1/apps`

use axum::Json;
use axum::extract::State;
use gatepass_app::apps;
use gatepass_domain::{App, Versioned};
use gatepass_http::{Caller, Listed, Problem};

use crate::state::Api;

/// The apps that the caller sees: their own, their teams', their organisation's. Newest first.
#[utoipa::path(get, path = "/v1/apps", tag = "apps", operation_id = "list_apps", security(("bearer" = [])),
    responses((status = 200, body = Listed<Versioned<App>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
) -> Result<Json<Listed<Versioned<App>>>, Problem> {
    Ok(Json(Listed { items: apps::list(&api.store, &caller).await?, next_cursor: None }))
}
