//! OpenAPI documents of products, for API Owners.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod put;
