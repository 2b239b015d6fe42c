//! `/v1/catalogues`

mod get;
mod list;
