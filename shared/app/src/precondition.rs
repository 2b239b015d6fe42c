//! The version that somebody expects to change.

use crate::error::Refused;

/// The version that a change is meant for (`If-Match`, RFC 9110, 13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Any version.
    Any,
    /// One of these versions, of which there is at least one.
    OneOf(Vec<u64>),
}

impl Precondition {
    /// Holds the precondition against the current version.
    ///
    /// # Errors
    /// [`Refused::VersionMismatch`], which names the newest version that the caller knows.
    pub fn check(&self, actual: u64) -> Result<(), Refused> {
        match self {
            Self::OneOf(versions) if !versions.contains(&actual) => {
                let expected = versions.iter().copied().max().unwrap_or_default();
                Err(Refused::VersionMismatch { expected, actual })
            }
            Self::Any | Self::OneOf(_) => Ok(()),
        }
    }
}
