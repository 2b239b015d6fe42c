//! Products.

pub(crate) mod get;
