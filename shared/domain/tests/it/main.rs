//! The rules of Gatepass, by example and by property.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod awaiting;
mod chain;
mod checks;
mod conflict;
mod decisions;
mod lifecycle;
mod policy;
mod provisioning;
mod rules;
mod samples;
mod walk;
