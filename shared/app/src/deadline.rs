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

/// How far a piece of work goes that has more to do than one step should.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// So many requests: the rest of a call's work is done in the background.
    Requests(usize),
    /// Until the time is used up.
    Until(Deadline),
}

impl Extent {
    /// True when the work is to stop, with `done` requests behind it.
    pub(crate) fn is_reached(self, done: usize) -> bool {
        match self {
            Self::Requests(most) => done >= most,
            Self::Until(deadline) => deadline.is_over(),
        }
    }

    /// The requests to look at next: `usual` of them, or what remains.
    pub(crate) fn at_most(self, usual: usize, done: usize) -> usize {
        match self {
            Self::Requests(most) => usual.min(most.saturating_sub(done)),
            Self::Until(_) => usual,
        }
    }
}
