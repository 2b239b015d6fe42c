//! `GET /v1/admin/apps/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::{apps, credentials};
use gatepass_domain::id::AppId;
use gatepass_http::{Id, Listed, NoFilter, Owner, PageQuery, Problem, Tagged};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::apps::response::AppResponse;
use crate::routes::credentials::response::CredentialResponse;
use crate::state::Api;

/// An app with a page of its credentials.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppWithCredentials {
    #[serde(flatten)]
    app: AppResponse,
    /// Its credentials, newest first; without their keys.
    credentials: Vec<CredentialResponse>,
    /// Pass it as `cursor` to get older credentials; `null` when there are none.
    next_cursor: Option<String>,
}

/// One app, with its credentials.
#[utoipa::path(get, path = "/v1/admin/apps/{id}", tag = "admin: apps", operation_id = "admin_get_app",
    security(("bearer" = ["administrator"])), params(Id<AppId>, PageQuery<NoFilter>),
    responses((status = 200, body = AppWithCredentials, headers(("ETag" = String)))))]
pub(crate) async fn get(
    State(api): State<Api>,
    Owner(owner): Owner,
    id: Id<AppId>,
    query: PageQuery<NoFilter>,
) -> Result<Tagged<AppWithCredentials>, Problem> {
    let (store, owner, id) = (&api.store, &owner, id.parse()?);
    let app = AppResponse::from(apps::get_any(store, owner, id).await?);
    let now = api.clock.now();
    let load = |limit, after: Option<_>| async move {
        credentials::list_any(store, now, owner, id, limit, after.as_ref()).await
    };
    let Json(Listed { items, next_cursor }) =
        api.page(&owner.person().id, &query, load, CredentialResponse::from).await?;
    Ok(Tagged { version: app.version, entity: AppWithCredentials { app, credentials: items, next_cursor } })
}
