//! Functions at a time of the test's choice.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use gatepass_lambda::Clock;
use jiff::Timestamp;

use crate::world::at;

/// A clock that shows `time` now, and runs on.
#[expect(clippy::disallowed_methods, reason = "how far that is ahead follows from the system's time")]
pub fn clock_at(time: &str) -> Clock {
    let ahead = at(time).as_millisecond() - Timestamp::now().as_millisecond();
    Clock::Ahead(Arc::new(AtomicI64::new(ahead)))
}
