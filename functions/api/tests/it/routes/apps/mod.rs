//! `/v1/apps`

mod create;
mod delete;
mod edit;
mod get;
mod list;
