//! The caller's cart.

pub(crate) mod clear;
pub(crate) mod get;
mod path;
pub(crate) mod put_item;
pub(crate) mod remove_item;
pub(crate) mod submit;
pub(crate) mod views;
