//! `/v1/admin/settings`

mod get;
mod put;
