//! Catalogues presented to the caller (R3, R8, R9).

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod views;
