//! Is the API there?

pub(crate) mod get;
