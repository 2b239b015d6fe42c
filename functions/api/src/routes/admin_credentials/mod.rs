//! Credentials, for API Owners.

mod reason;

pub(crate) mod resume;
pub(crate) mod revoke;
pub(crate) mod suspend;
