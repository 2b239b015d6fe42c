//! The policy of automatic approval, for API Owners.

pub(crate) mod evaluate;
