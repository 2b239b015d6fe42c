//! The credentials of an app (R18).

pub(crate) mod list;
pub(crate) mod reveal;
