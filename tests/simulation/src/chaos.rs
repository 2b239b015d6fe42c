//! The decisions of a history: everything random is drawn here, in order, from one seed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// What goes wrong with a call of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused and does nothing.
    Throttle,
    /// It fails in the service and does nothing.
    ServiceError,
    /// It never arrives.
    Unreachable,
    /// It is carried out and its answer is lost.
    LostReply,
    /// The caller hears nothing, and it is carried out later all the same.
    AppliedLate,
    /// A transaction meets another one, on one or several of its parts.
    TransactionConflict,
    /// An index read is served from a replica that lags behind.
    StaleIndex,
    /// Some entries of a `PutEvents` are refused.
    EntryRefused,
    /// The mail service refuses a mail for good.
    MailRefused,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::ServiceError => "service error",
            Self::Unreachable => "unreachable",
            Self::LostReply => "lost reply",
            Self::AppliedLate => "applied late",
            Self::TransactionConflict => "transaction conflict",
            Self::StaleIndex => "stale index",
            Self::EntryRefused => "entry refused",
            Self::MailRefused => "mail refused",
        }
    }
}

/// The random decisions of one history, and how many faults they injected.
#[derive(Debug)]
pub struct Chaos {
    rng: Mutex<StdRng>,
    /// Faults are injected in so many of a thousand calls.
    per_thousand: u32,
    calm: AtomicBool,
    injected: Mutex<BTreeMap<&'static str, u64>>,
}

impl Chaos {
    /// The decisions that follow from `seed`; calm until [`Chaos::set_calm`] says otherwise.
    pub fn new(seed: u64, per_thousand: u32) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            per_thousand,
            calm: AtomicBool::new(true),
            injected: Mutex::default(),
        }
    }

    /// Switches faults off or on.
    pub fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::SeqCst);
    }

    /// Whether faults are off.
    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    /// A number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.rng().random_range(0..end.max(1))
    }

    /// One of `choices`.
    pub fn pick<'a, T>(&self, choices: &'a [T]) -> Option<&'a T> {
        let index = self.below(choices.len() as u64);
        choices.get(usize::try_from(index).unwrap_or(0))
    }

    /// A number for somebody who draws on by themselves.
    pub fn seed(&self) -> u64 {
        self.rng().next_u64()
    }

    /// Whether something happens that happens in `per_thousand` of a thousand cases, and never in a calm.
    pub fn strikes(&self, what: &'static str, per_thousand: u32) -> bool {
        let drawn = self.below(1000);
        let strikes = !self.is_calm() && drawn < u64::from(per_thousand);
        if strikes {
            self.count(what);
        }
        strikes
    }

    /// The time that a call takes one way.
    pub fn latency(&self) -> Duration {
        let drawn = self.below(1000);
        let millis = match drawn {
            0..=949 => 1 + drawn % 8,
            950..=994 => 20 + drawn,
            _ if self.is_calm() => 20,
            _ => 2_000,
        };
        Duration::from_millis(millis)
    }

    /// The fault of a call to which any of `possible` may happen.
    pub fn fault(&self, possible: &[Fault]) -> Option<Fault> {
        let drawn = self.below(1000);
        let fault = self.pick(possible).copied();
        if self.is_calm() || drawn >= u64::from(self.per_thousand) {
            return None;
        }
        if let Some(fault) = fault {
            self.count(fault.name());
        }
        fault
    }

    /// How many faults of each kind were injected.
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.injected.lock().expect("nothing panics while it counts").clone()
    }

    fn count(&self, what: &'static str) {
        *self.injected.lock().expect("nothing panics while it counts").entry(what).or_default() += 1;
    }

    fn rng(&self) -> std::sync::MutexGuard<'_, StdRng> {
        self.rng.lock().expect("nothing panics while it draws")
    }
}
