//! `GET /v1/apps/{id}`

use axum::extract::State;
use gatepass_app::apps;
use gatepass_domain::id::AppId;
use gatepass_http::{Caller, Id, Problem, Tagged};

use super::response::AppResponse;
use crate::state::Api;

/// One app.
#[utoipa::path(get, path = "/v1/apps/{id}", tag = "apps", operation_id = "get_app", security(("bearer" = [])),
    params(Id<AppId>), responses((status = 200, body = AppResponse, headers(("ETag" = String)))))]
pub(crate) async fn get(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<AppId>,
) -> Result<Tagged<AppResponse>, Problem> {
    let app = apps::get(&api.store, &caller, id.parse()?).await?;
    Ok(Tagged { version: app.version, entity: app.into() })
}
