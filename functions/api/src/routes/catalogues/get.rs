//! `GET /v1/catalogues/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_domain::id::CatalogueId;
use gatepass_http::{Caller, Id, Problem};

use super::views::CatalogueDetail;
use crate::state::Api;

/// One catalogue, with its published products and its plans.
#[utoipa::path(get, path = "/v1/catalogues/{id}", tag = "catalogues", operation_id = "get_catalogue", security(("bearer" = [])),
    params(Id<CatalogueId>), responses((status = 200, body = CatalogueDetail)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<CatalogueId>,
) -> Result<Json<CatalogueDetail>, Problem> {
    let shelf = browse::catalogue(&api.store, Some(&caller), &id.parse()?).await?;
    Ok(Json(shelf.into()))
}
