//! Products.

pub(crate) mod get;
pub(crate) mod openapi;
pub(crate) mod search;
