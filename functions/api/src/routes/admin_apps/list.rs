//! `GET /v1/admin/apps`

use axum::Json;
use axum::extract::{Extension, State};
use gatepass_app::apps;
use gatepass_domain::{App, PersonId, Versioned};
use gatepass_http::{ExchangeId, Listed, Owner, Params, Problem};
use gatepass_store::WhichApps;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::routes::access_requests::views::page_size;
use crate::state::Api;

/// Which page of which apps: all of them, or by one of `owner` and `name`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppParams {
    /// Only apps of the person with this id.
    owner: Option<String>,
    /// Only apps whose name begins like this, whatever its case; in the order of their names.
    name: Option<String>,
    /// At most so many rows: 1 to 100, 25 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Everybody's apps, newest first; by name when they are looked for by name.
#[utoipa::path(get, path = "/v1/admin/apps", tag = "admin: apps", operation_id = "admin_list_apps",
    security(("bearer" = [])), params(AppParams), responses((status = 200, body = Listed<Versioned<App>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Owner(owner): Owner,
    Extension(exchange): Extension<ExchangeId>,
    Params(params): Params<AppParams>,
) -> Result<Json<Listed<Versioned<App>>>, Problem> {
    let which = match (params.owner, params.name) {
        (None, None) => WhichApps::All,
        (Some(person), None) => WhichApps::Of(PersonId(person)),
        (None, Some(beginning)) => WhichApps::Named(beginning),
        (Some(_), Some(_)) => {
            return Err(Problem::parameter("name", "look for apps by `owner` or by `name`, not by both"));
        }
    };
    let limit = page_size(params.limit)?;
    let mut context = api.context(&exchange)?;
    let list = format!("admin/apps?{which:?}");
    let who = &owner.person().id;
    let cursors = api.cursor_key(&mut context).await?;
    let after = cursors.position(params.cursor.as_deref(), who, &list)?;
    let page = apps::list_any(&api.store, &owner, &which, limit, after.as_ref()).await?;
    Ok(Json(cursors.page(page, who, &list)))
}
