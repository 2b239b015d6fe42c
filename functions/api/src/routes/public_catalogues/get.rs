//! `GET /v1/public/catalogues/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_domain::id::CatalogueId;
use gatepass_http::{Id, Problem};

use crate::routes::catalogues::views::CatalogueDetail;
use crate::state::Api;

/// One catalogue presented to everybody, with its published products and its plans.
#[utoipa::path(get, path = "/v1/public/catalogues/{id}", tag = "catalogues", operation_id = "get_public_catalogue",
    params(Id<CatalogueId>),
    responses((status = 200, body = CatalogueDetail)))]
pub(crate) async fn get(State(api): State<Api>, id: Id<CatalogueId>) -> Result<Json<CatalogueDetail>, Problem> {
    let shelf = browse::catalogue(&api.store, None, &id.parse()?).await?;
    Ok(Json(shelf.into()))
}
