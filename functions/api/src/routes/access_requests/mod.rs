//! The caller's own access requests.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod remind;
pub(crate) mod response;
pub(crate) mod submit;
pub(crate) mod withdraw;
