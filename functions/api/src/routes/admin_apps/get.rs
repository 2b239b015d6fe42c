//! `GET /v1/admin/apps/{id}`

use axum::extract::State;
use gatepass_app::apps;
use gatepass_domain::id::AppId;
use gatepass_domain::{App, Credential, Versioned};
use gatepass_http::{Id, Owner, Problem, Tagged};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// An app with its credentials.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppWithCredentials {
    #[serde(flatten)]
    app: Versioned<App>,
    /// Its credentials, newest first; without their keys.
    credentials: Vec<Versioned<Credential>>,
}

/// One app, with its credentials.
#[utoipa::path(get, path = "/v1/admin/apps/{id}", tag = "admin: apps", operation_id = "admin_get_app",
    security(("bearer" = [])), params(Id<AppId>),
    responses((status = 200, body = AppWithCredentials, headers(("ETag" = String)))))]
pub(crate) async fn get(
    State(api): State<Api>,
    Owner(owner): Owner,
    id: Id<AppId>,
) -> Result<Tagged<AppWithCredentials>, Problem> {
    let (app, credentials) = apps::get_any(&api.store, api.clock.now(), &owner, id.parse()?).await?;
    Ok(Tagged { version: app.version, entity: AppWithCredentials { app, credentials } })
}
