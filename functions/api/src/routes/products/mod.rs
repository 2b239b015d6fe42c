//! Products.

pub(crate) mod get;
pub(crate) mod search;
