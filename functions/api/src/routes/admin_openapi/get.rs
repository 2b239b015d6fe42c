//! `GET /v1/admin/products/{id}/openapi`

use axum::Json;
use axum::extract::State;
use gatepass_app::api_documents;
use gatepass_domain::ApiDocument;
use gatepass_domain::id::ProductId;
use gatepass_http::{Id, Owner, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// The OpenAPI document that a product has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingDocument {
    /// The facts about it; `null` when the product has none.
    document: Option<ApiDocument>,
}

/// The facts about the OpenAPI document of a product. The document itself is at `/v1/products/{id}/openapi`.
#[utoipa::path(get, path = "/v1/admin/products/{id}/openapi", tag = "admin: offerings",
    operation_id = "admin_get_product_openapi", security(("bearer" = ["administrator"])), params(Id<ProductId>),
    responses((status = 200, body = StandingDocument)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Owner(owner): Owner,
    id: Id<ProductId>,
) -> Result<Json<StandingDocument>, Problem> {
    let document = api_documents::facts(&api.store, &owner, &id.parse()?).await?;
    Ok(Json(StandingDocument { document }))
}
