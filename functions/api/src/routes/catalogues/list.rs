//! `GET /v1/catalogues`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_http::{Caller, Listed, Problem};

use super::views::CatalogueSummary;
use crate::state::Api;

/// The catalogues presented to the caller.
#[utoipa::path(get, path = "/v1/catalogues", tag = "catalogues", operation_id = "list_catalogues", security(("bearer" = [])),
    responses((status = 200, body = Listed<CatalogueSummary>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
) -> Result<Json<Listed<CatalogueSummary>>, Problem> {
    let shelves = browse::catalogues(&api.store, Some(&caller)).await?;
    Ok(Json(Listed { items: shelves.into_iter().map(CatalogueSummary::from).collect(), next_cursor: None }))
}
