//! `/v1/apps/{id}/credentials`

mod change_plan;
mod held;
mod list;
mod renew;
mod reveal;
mod revoke;
mod rotate;
