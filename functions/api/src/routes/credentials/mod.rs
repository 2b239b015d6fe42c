//! The credentials of an app (R18).

pub(crate) mod list;
mod path;
pub(crate) mod reveal;
