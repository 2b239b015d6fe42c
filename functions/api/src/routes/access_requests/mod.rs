//! The caller's own access requests.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod submit;
pub(crate) mod views;
pub(crate) mod withdraw;
