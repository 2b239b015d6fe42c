//! `/v1/cart`

mod clear;
mod get;
mod put_item;
mod remove_item;
mod submit;
