//! Mails, sent on events as EventBridge delivers them.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod config;
mod credentials;
mod events;
mod handover;
mod once;
mod stage;
mod states;
mod trouble;
