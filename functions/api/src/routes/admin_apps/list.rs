//! `GET /v1/admin/apps`

use axum::Json;
use axum::extract::State;
use gatepass_app::apps;
use gatepass_domain::PersonId;
use gatepass_http::{Listed, Owner, PageQuery, Problem};
use gatepass_store::WhichApps;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::routes::apps::response::AppResponse;
use crate::state::Api;

/// The apps to list: all of them, or by one of `owner` and `name`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppFilters {
    /// Only apps of the person with this id.
    owner: Option<String>,
    /// Only apps whose name begins like this, whatever its case; in the order of their names.
    name: Option<String>,
}

/// All apps, newest first; ordered by name when filtered by name.
#[utoipa::path(get, path = "/v1/admin/apps", tag = "admin: apps", operation_id = "admin_list_apps",
    security(("bearer" = ["administrator"])), params(PageQuery<AppFilters>), responses((status = 200, body = Listed<AppResponse>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Owner(owner): Owner,
    query: PageQuery<AppFilters>,
) -> Result<Json<Listed<AppResponse>>, Problem> {
    let which = match (&query.filter.owner, &query.filter.name) {
        (None, None) => WhichApps::All,
        (Some(person), None) => WhichApps::Of(PersonId(person.clone())),
        (None, Some(beginning)) => WhichApps::Named(beginning.clone()),
        (Some(_), Some(_)) => {
            return Err(Problem::parameter("name", "look for apps by `owner` or by `name`, not by both"));
        }
    };
    let (store, owner, which) = (&api.store, &owner, &which);
    let load =
        |limit, after: Option<_>| async move { apps::list_any(store, owner, which, limit, after.as_ref()).await };
    api.page(&owner.person().id, &query, load, AppResponse::from).await
}
