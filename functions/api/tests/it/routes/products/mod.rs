//! `/v1/products`

mod get;
mod search;
