//! The store, through the real SDK on an embedded DynamoDB.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod allowance;
mod capacity;
mod idempotency;
mod mails;
mod paging;
mod queue;
mod reading;
mod receipts;
mod samples;
mod transactions;
