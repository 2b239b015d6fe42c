//! `GET /v1/products/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_http::{Caller, Id, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::catalogues::views::{PlanSummary, ProductSummary};
use crate::state::Api;

/// A product, with the plans open to the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductDetail {
    #[serde(flatten)]
    product: ProductSummary,
    /// The plans open to the caller, each once.
    plans: Vec<PlanSummary>,
    /// The offers of the product to the caller, to be named in a request.
    offers: Vec<OfferView>,
}

/// A catalogue that offers the product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// The catalogue.
    catalogue_id: CatalogueId,
    /// The plans under which it offers the product.
    plan_ids: Vec<PlanId>,
}

/// One product, with the plans open to the caller.
#[utoipa::path(get, path = "/v1/products/{id}", tag = "catalogues", operation_id = "get_product", security(("bearer" = [])),
    params(Id<ProductId>), responses((status = 200, body = ProductDetail)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<ProductId>,
) -> Result<Json<ProductDetail>, Problem> {
    let offer = browse::product(&api.store, &caller, &id.parse()?).await?;
    Ok(Json(ProductDetail {
        product: offer.product.into(),
        plans: offer.plans.into_iter().map(PlanSummary::from).collect(),
        offers: offer
            .catalogues
            .into_iter()
            .map(|(catalogue_id, plan_ids)| OfferView { catalogue_id, plan_ids })
            .collect(),
    }))
}
