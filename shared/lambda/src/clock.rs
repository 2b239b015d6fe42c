//! The time that a function works with, and the contexts made from it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gatepass_domain::Context;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

/// The operating system's random source failed: nothing that needs ids or keys can be done.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random source failed")]
pub struct NoEntropy(#[source] rand::rngs::SysError);

/// The source of the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's time: what is deployed.
    #[default]
    System,
    /// The system's time, moved ahead by so many milliseconds: the local stack, whose clock can be
    /// advanced.
    Ahead(Arc<AtomicI64>),
    /// The time and the entropy of a simulation: the same seed gives the same run.
    Simulated(Simulated),
}

/// Time and entropy that a simulation hands out instead of the system's.
#[derive(Clone)]
pub struct Simulated {
    /// The time now.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A seed for the ids and keys of one unit of work.
    pub seed: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulated").finish_non_exhaustive()
    }
}

impl Clock {
    /// The time now, in whole milliseconds: what is written is written with three decimals at most.
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::System => Timestamp::now(),
            Self::Ahead(millis) => {
                let now = Timestamp::now();
                let ahead = SignedDuration::from_millis(millis.load(Ordering::SeqCst));
                now.checked_add(ahead).unwrap_or(now)
            }
            Self::Simulated(simulated) => (simulated.now)(),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The surroundings of one unit of work that belongs to `correlation_id`.
    ///
    /// # Errors
    /// [`NoEntropy`] when the operating system has none to give.
    pub fn context(&self, correlation_id: impl Into<String>) -> Result<Context, NoEntropy> {
        let rng = match self {
            Self::Simulated(simulated) => StdRng::seed_from_u64((simulated.seed)()),
            Self::System | Self::Ahead(_) => StdRng::try_from_rng(&mut SysRng).map_err(NoEntropy)?,
        };
        Ok(Context::new(self.now(), rng, correlation_id))
    }
}
