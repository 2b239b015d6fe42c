//! World-building for tests.
//!
//! The store is tested where it really runs: the AWS SDK talks HTTP to an embedded DynamoDB
//! (dynoxide) or, with `GATEPASS_DYNAMODB_ENDPOINT`, to another. What the embedded one never shows
//! (throttles, transaction conflicts, lost replies) is injected at the SDK's HTTP connector.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod aws;
mod clock;
mod faults;
mod people;
mod scenario;
mod table;
mod world;

pub use clock::clock_at;
pub use faults::{Fault, Faults, Held};
pub use people::{ada, grace, olga, owen, owner, person};
pub use table::{Table, create_table};
pub use world::{World, at, context, demo};
