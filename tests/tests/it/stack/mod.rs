//! The real local stack, as a process of its own.

mod client;
mod process;
mod wait;

pub(crate) use client::{Answer, Person, send, string};
pub(crate) use process::{Setup, Stack, refused};
pub(crate) use wait::until;
