//! `/v1/admin/access-requests`

mod approve;
mod decide;
mod get;
mod list;
mod reject;
mod retry;
mod revoke;
