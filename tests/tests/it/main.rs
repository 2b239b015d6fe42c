//! Contracts between the parts of Gatepass, and the whole of it over HTTP.
//!
//! `contracts` needs nothing but this repository. `flows` and `crashes` start the real local stack,
//! `gatepass-local`, which has to be built before: `cargo build -p gatepass-local`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod contracts;
mod crashes;
mod flows;
mod repository;
mod stack;
mod template;
mod transcripts;
