//! Every HTTP endpoint of Gatepass.
//!
//! `routes/<resource>/<verb>.rs` holds one endpoint each: its handler parses the request, calls a use case and answers.
//! All endpoints are one artifact; each Lambda function mounts the one that its configuration names, and has the
//! permissions of that one.
//!
//! Imports run one way: `state` ← `endpoint`, `reviewing` ← `routes` ← `config`, `document` ← `service`.

mod config;
mod document;
mod endpoint;
mod examples;
mod pagination;
mod reviewing;
mod routes;
mod service;
mod state;

pub use config::Config;
pub use document::document;
pub use endpoint::{Endpoint, Route};
pub use routes::endpoints;
pub use service::{Clients, service};
