//! The mails as people read them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod context;
mod hostile;
mod mails;
mod parity;
mod subjects;
