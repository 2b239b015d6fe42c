//! The use cases on an embedded DynamoDB, races and faults included.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod apps;
mod asking;
mod auto_approve;
mod browse;
mod capacity;
mod cart;
mod decide;
mod deleting;
mod idempotency;
mod races;
mod reconcile;
mod retry;
mod reveal;
mod revoke;
mod statistics;
mod submit;
mod sweep;
mod waiting;
mod withdraw;
