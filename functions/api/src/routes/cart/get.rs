//! `GET /v1/cart`

use axum::Json;
use axum::extract::State;
use gatepass_app::cart;
use gatepass_http::{Caller, Problem};

use super::views::CartView;
use crate::state::Api;

/// The caller's cart.
#[utoipa::path(get, path = "/v1/cart", tag = "cart", operation_id = "get_cart", security(("bearer" = [])),
    responses((status = 200, body = CartView)))]
pub(crate) async fn get(State(api): State<Api>, Caller(caller): Caller) -> Result<Json<CartView>, Problem> {
    Ok(Json(cart::get(&api.store, api.clock.now(), &caller).await?.into()))
}
