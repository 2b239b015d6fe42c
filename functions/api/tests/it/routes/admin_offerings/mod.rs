//! `/v1/admin/{catalogues,products,plans}`

mod create;
mod get;
mod list;
mod put;
