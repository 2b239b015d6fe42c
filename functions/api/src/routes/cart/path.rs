//! The path of one item of the cart.

use gatepass_domain::id::ProductId;
use gatepass_http::{Id, path_parameter};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// The parameter of `/v1/cart/items/{product_id}`.
#[derive(Debug, Deserialize)]
pub(crate) struct CartItemPath {
    pub(crate) product_id: Id<ProductId>,
}

impl IntoParams for CartItemPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter::<ProductId>("product_id")]
    }
}
