//! Everybody's access requests, for API Owners.

pub(crate) mod approve;
pub(crate) mod decide;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod reject;
pub(crate) mod retry;
pub(crate) mod revoke;
