//! Things that are edited: what they say, plus the version that guards against lost updates.

use std::ops::Deref;

use jiff::Timestamp;

/// A stored entity: its content and its revision.
///
/// `version` counts its changes from 1 and is what the HTTP API shows as `ETag` (RFC 9110, 8.8.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The content.
    pub content: T,
    /// Version: 1, and one more with each change.
    pub version: u64,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

impl<T> Versioned<T> {
    /// `content`, created at `now`.
    pub fn first(content: T, now: Timestamp) -> Self {
        Self { content, version: 1, created_at: now, updated_at: now }
    }

    /// The next version of this entity, saying `content` from `now` on.
    pub fn revised(&self, content: T, now: Timestamp) -> Self {
        Self { content, version: self.version + 1, created_at: self.created_at, updated_at: now }
    }
}

impl<T> Deref for Versioned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.content
    }
}
