//! `/v1/admin/apps`

mod get;
mod grant;
mod list;
mod reassign;
