//! Gateways, for API Owners.

pub(crate) mod list;
