//! `/v1/apps/{id}/credentials`

mod list;
mod reveal;
mod revoke;
mod rotate;
