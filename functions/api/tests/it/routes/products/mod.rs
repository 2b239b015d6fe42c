//! `/v1/products`

mod get;
