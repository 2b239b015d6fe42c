//! Settings of the installation, for API Owners.

pub(crate) mod get;
pub(crate) mod put;
mod response;
