//! Catalogues presented to everybody, without a token.

pub(crate) mod get;
pub(crate) mod list;
