//! `GET /v1/products/{id}/openapi`

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gatepass_app::api_documents;
use gatepass_domain::id::ProductId;
use gatepass_http::{Caller, Id, Problem};

use crate::state::Api;

/// The OpenAPI document of a product, as JSON: at most 5 MiB. A product without one has 404.
#[utoipa::path(get, path = "/v1/products/{id}/openapi", tag = "catalogues", operation_id = "get_product_openapi",
    security(("bearer" = [])), params(Id<ProductId>), responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn openapi(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<ProductId>,
) -> Result<Response, Problem> {
    let json = api_documents::read(&api.store, &caller, &id.parse()?).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
