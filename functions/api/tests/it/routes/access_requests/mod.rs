//! `/v1/access-requests`

mod get;
mod list;
mod remind;
mod submit;
mod withdraw;
