//! Every HTTP endpoint of Gatepass.
//!
//! `routes/<resource>/<verb>.rs` holds one endpoint each: parse, call one use case, answer. Nothing
//! else lives here. All endpoints are one router and one artifact; each Lambda function mounts the
//! one that its configuration names, and has the permissions of that one.

mod config;
mod document;
mod examples;
mod routes;
mod state;

pub use config::{Config, Route};
pub use document::{document, endpoints};
pub use state::{Clients, service};
