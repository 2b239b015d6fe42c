//! `/v1/admin/{catalogues,products,plans}`

mod create;
mod delete;
mod get;
mod list;
mod put;
mod usage;
