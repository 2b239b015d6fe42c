//! Catalogues presented to the caller.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod views;
