//! `GET /v1/apps`

use axum::Json;
use axum::extract::State;
use gatepass_app::apps;
use gatepass_http::{Caller, Listed, NoFilter, PageQuery, Problem};

use super::response::AppResponse;
use crate::state::Api;

/// The apps visible to the caller: their own, their teams' and their organisation's. Newest first.
#[utoipa::path(get, path = "/v1/apps", tag = "apps", operation_id = "list_apps", security(("bearer" = [])),
    params(PageQuery<NoFilter>), responses((status = 200, body = Listed<AppResponse>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
    query: PageQuery<NoFilter>,
) -> Result<Json<Listed<AppResponse>>, Problem> {
    let (store, who) = (&api.store, &caller);
    let load = |limit, after: Option<_>| async move { apps::list(store, who, limit, after.as_ref()).await };
    api.page(&caller.id, &query, load, AppResponse::from).await
}
