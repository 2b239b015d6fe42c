//! Who am I?

pub(crate) mod get;
