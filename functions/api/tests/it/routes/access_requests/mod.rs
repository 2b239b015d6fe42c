//! `/v1/access-requests`

mod get;
mod list;
mod submit;
mod withdraw;
