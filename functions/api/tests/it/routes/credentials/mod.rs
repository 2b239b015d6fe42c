//! `/v1/apps/{id}/credentials`

mod access_end;
mod change_plan;
mod expiry;
pub(crate) mod held;
mod list;
mod remove_product;
mod renew;
mod reveal;
mod revoke;
mod rotate;
