//! What can the API do?

pub(crate) mod get;
