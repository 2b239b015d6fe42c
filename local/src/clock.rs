//! The stack's clock: the system's, moved ahead by `POST /_local/clock`, and so kept over restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gatepass_lambda::Clock;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::journal::{Journal, JournalError};

/// The name of the fact that the journal keeps.
const OFFSET: &str = "clock-offset-milliseconds";
/// The clock goes no further ahead than this: 100 years.
const FURTHEST: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// A clock that can be moved ahead.
#[derive(Debug, Clone)]
pub(crate) struct StackClock {
    ahead: Arc<AtomicI64>,
    journal: Arc<Journal>,
}

/// Why the clock was not moved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMoved {
    #[error("`{0}` is not a time to advance by: write an ISO 8601 duration of days or less, for example PT48H or P2D")]
    NotADuration(String),
    #[error("the clock only moves ahead, and at most 100 years")]
    OutOfRange,
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl StackClock {
    /// The clock as the journal knows it.
    pub(crate) fn resume(journal: Arc<Journal>) -> Result<Self, JournalError> {
        let kept = journal.fact(OFFSET)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Self { ahead: Arc::new(AtomicI64::new(kept)), journal })
    }

    /// The same clock, as functions take it.
    pub(crate) fn for_functions(&self) -> Clock {
        Clock::Ahead(Arc::clone(&self.ahead))
    }

    /// The time, in whole milliseconds.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.for_functions().now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves the clock ahead by an ISO 8601 duration, a day being 24 hours; gives the new time.
    pub(crate) fn advance(&self, duration: &str) -> Result<Timestamp, NotMoved> {
        let not_a_duration = || NotMoved::NotADuration(duration.to_owned());
        let span: Span = duration.parse().map_err(|_| not_a_duration())?;
        let by = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| not_a_duration())?;
        let ahead = SignedDuration::from_millis(self.ahead.load(Ordering::SeqCst));
        let ahead = ahead.checked_add(by).filter(|ahead| *ahead <= FURTHEST).ok_or(NotMoved::OutOfRange)?;
        if by.is_negative() {
            return Err(NotMoved::OutOfRange);
        }
        let millis = i64::try_from(ahead.as_millis()).map_err(|_| NotMoved::OutOfRange)?;
        self.journal.set_fact(OFFSET, &millis.to_string())?;
        self.ahead.store(millis, Ordering::SeqCst);
        Ok(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> StackClock {
        StackClock::resume(Arc::new(Journal::in_memory().unwrap())).unwrap()
    }

    #[test]
    fn it_moves_ahead_and_remembers() {
        let clock = clock();
        let before = clock.now();
        clock.advance("P1DT2H").unwrap();
        assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(26));
        let resumed = StackClock::resume(Arc::clone(&clock.journal)).unwrap();
        assert!(resumed.now().duration_since(before) >= SignedDuration::from_hours(26));
    }

    #[test]
    fn it_moves_by_nothing_else() {
        let clock = clock();
        for bad in ["", "48", "P1M", "P1Y", "tomorrow", "-PT1H", "P99999999D", "PT48H "] {
            assert!(clock.advance(bad).is_err(), "{bad}");
        }
    }
}
