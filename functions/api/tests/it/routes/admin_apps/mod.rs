//! `/v1/admin/apps`

mod bring_key;
mod get;
mod grant;
mod list;
mod reassign;
