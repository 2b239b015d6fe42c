//! The store, through the real SDK on an embedded DynamoDB.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod allowance;
mod calls;
mod capacity;
mod golden;
mod idempotency;
mod mails;
mod moving_lists;
mod paging;
mod reading;
mod receipts;
mod request_lists;
mod samples;
mod transactions;
mod unreadable;
