//! A deterministic simulation of the real functions.
//!
//! One history is a fresh table, the functions of the template as their `main` makes them, and a crowd of people who
//! call the API, all on one thread in virtual time. Every AWS call and every delivery passes through [`aws`] and
//! [`delivery`], where the [`chaos`] of the history decides what goes wrong. When the people have finished, faults stop,
//! the schedule runs on, and the [`oracle`] holds what the API says against what the authorizer does, what was
//! published, what was mailed and what the table holds.
//!
//! The same seed gives the same history, byte for byte: [`trace`] is what two runs are compared by.
//!
//! The expectations are written from the product's contracts and know nothing of the code under test.

// A simulation reports by panicking and printing, as tests do.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod aws;
pub mod chaos;
pub mod database;
pub mod delivery;
pub mod gateway;
pub mod history;
pub mod linear;
pub mod model;
pub mod oracle;
pub mod population;
pub mod shrink;
pub mod trace;
pub mod world;

pub use history::{Outcome, Plan, run};
