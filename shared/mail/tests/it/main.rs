//! The mails as people read them, and as Amazon SES receives them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod context;
mod hostile;
mod mails;
mod parity;
mod sending;
mod subjects;
