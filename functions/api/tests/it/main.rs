//! The endpoints, called as API Gateway calls them.
//!
//! The snapshots read like a specification: one for each endpoint's answer when all goes well, one
//! for each kind of problem. `cargo insta review`, or `INSTA_UPDATE=always` for one run, renews them.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin_matrix;
mod approvers;
mod bodies;
mod caps;
mod config;
mod conflicts;
mod disclosure;
mod document;
mod examples;
mod four_eyes;
mod harness;
mod idempotency;
mod matrix;
mod narrowing;
mod order;
mod pages;
mod races;
mod routes;
mod schema;
mod shape;
mod texts;
mod tokens;
