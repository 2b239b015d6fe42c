//! `DELETE /v1/cart`

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use gatepass_app::cart;
use gatepass_http::{Caller, ExchangeId, Problem};

use crate::state::Api;

/// Empties the cart.
#[utoipa::path(delete, path = "/v1/cart", tag = "cart", operation_id = "clear_cart", security(("bearer" = [])),
    responses((status = 204)))]
pub(crate) async fn clear(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
) -> Result<StatusCode, Problem> {
    cart::clear(&api.store, &mut api.context(&exchange)?, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
