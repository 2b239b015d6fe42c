//! Products (R10).

pub(crate) mod get;
