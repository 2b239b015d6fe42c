//! `/v1/public/catalogues`

mod get;
mod list;
