//! The credentials of an app.

pub(crate) mod change_plan;
pub(crate) mod list;
mod path;
pub(crate) mod remove_product;
pub(crate) mod renew;
pub(crate) mod response;
pub(crate) mod reveal;
pub(crate) mod revoke;
pub(crate) mod rotate;
