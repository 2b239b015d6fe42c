//! `GET /v1/public/catalogues`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_http::{Listed, Problem};

use crate::routes::catalogues::views::CatalogueSummary;
use crate::state::Api;

/// The catalogues presented to everybody.
#[utoipa::path(get, path = "/v1/public/catalogues", tag = "catalogues", operation_id = "list_public_catalogues",
    responses((status = 200, body = Listed<CatalogueSummary>)))]
pub(crate) async fn list(State(api): State<Api>) -> Result<Json<Listed<CatalogueSummary>>, Problem> {
    let shelves = browse::catalogues(&api.store, None).await?;
    Ok(Json(Listed { items: shelves.into_iter().map(CatalogueSummary::from).collect(), next_cursor: None }))
}
