//! The local stack from outside: over HTTP, through SDK clients, and as a process that is killed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod flow;
mod front;
mod oidc;
mod process;
mod world;
