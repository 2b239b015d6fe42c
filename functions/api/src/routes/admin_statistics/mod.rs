//! Statistics, for API Owners.

pub(crate) mod get;
