//! `PUT /v1/cart/items/{product_id}`

use axum::extract::State;
use gatepass_app::{Refused, cart};
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::text::FieldError;
use gatepass_http::{Caller, JsonBody, PathParams, Problem, RequestContext, Tagged};
use serde::Deserialize;
use utoipa::ToSchema;

use super::path::CartItemPath;
use super::views::CartView;
use crate::state::Api;

/// The plan, and the catalogue that offers it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CartItemBody {
    /// The plan.
    plan_id: PlanId,
    /// The catalogue that offers product and plan.
    catalogue_id: CatalogueId,
}

/// Adds a product to the cart. A product that breaks a rule is refused with
/// that rule.
#[utoipa::path(put, path = "/v1/cart/items/{product_id}", tag = "cart", operation_id = "put_cart_item",
    security(("bearer" = [])), params(CartItemPath), request_body = CartItemBody,
    responses((status = 200, body = CartView, headers(("ETag" = String)))))]
pub(crate) async fn put_item(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CartItemPath { product_id }): PathParams<CartItemPath>,
    JsonBody { value: CartItemBody { plan_id, catalogue_id }, .. }: JsonBody<CartItemBody>,
) -> Result<Tagged<CartView>, Problem> {
    let no_slug =
        |_| Refused::Invalid(vec![FieldError::new("/product_id", "must be the slug of a product, in the path")]);
    let product_id: ProductId = product_id.parse().map_err(no_slug)?;
    let filled = cart::put(&api.store, &mut context, &caller, product_id, catalogue_id, plan_id).await?;
    Ok(Tagged { version: filled.stored.version, entity: filled.into() })
}
