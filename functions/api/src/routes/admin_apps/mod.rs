//! Apps, for API Owners.

pub(crate) mod bring_key;
pub(crate) mod get;
pub(crate) mod grant;
pub(crate) mod list;
pub(crate) mod reassign;
