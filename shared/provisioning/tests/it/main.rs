//! Provisioning, on an embedded DynamoDB and a stand-in for AWS KMS.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod attempt_errors;
mod convergence;
mod extend;
mod issue;
mod scene;
