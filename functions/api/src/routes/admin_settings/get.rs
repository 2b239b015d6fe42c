//! `GET /v1/admin/settings`

use axum::extract::State;
use gatepass_app::settings;
use gatepass_http::{Owner, Problem, Tagged};

use super::response::SettingsResponse;
use crate::state::Api;

/// The settings; version 0 as long as nobody changed them.
#[utoipa::path(get, path = "/v1/admin/settings", tag = "admin: settings", operation_id = "get_settings", security(("bearer" = ["administrator"])),
    responses((status = 200, body = SettingsResponse, headers(("ETag" = String)))))]
pub(crate) async fn get(State(api): State<Api>, Owner(owner): Owner) -> Result<Tagged<SettingsResponse>, Problem> {
    let settings = SettingsResponse::from(settings::get(&api.store, &owner).await?);
    Ok(Tagged { version: settings.version, entity: settings })
}
