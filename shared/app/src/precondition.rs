//! What version somebody expects to change.

use crate::error::Refused;

/// The version that a change is meant for (`If-Match`, RFC 9110, 13.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever stands there.
    Any,
    /// This version.
    Version(u64),
}

impl Precondition {
    /// Holds the precondition against the version that stands.
    ///
    /// # Errors
    /// [`Refused::VersionMismatch`].
    pub fn check(self, actual: u64) -> Result<(), Refused> {
        match self {
            Self::Version(expected) if expected != actual => Err(Refused::VersionMismatch { expected, actual }),
            Self::Any | Self::Version(_) => Ok(()),
        }
    }
}
