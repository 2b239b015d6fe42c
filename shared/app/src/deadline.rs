//! The time that a piece of background work may take.

use std::time::{Duration, Instant};

/// The end of a time budget, on the monotonic clock: it is about time that passes, and moving the stack's clock does not
/// change it. Work that checks it between two steps ends in good order instead of being killed.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline `budget` from now.
    pub fn after(budget: Duration) -> Self {
        Self(Instant::now() + budget)
    }

    /// The earlier of this deadline and `budget` from now.
    #[must_use]
    pub fn or_after(self, budget: Duration) -> Self {
        Self(self.0.min(Instant::now() + budget))
    }

    /// True when the time is used up.
    pub fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}
