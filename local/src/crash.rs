//! Fault points: the process ends itself, by SIGKILL, at a chosen moment.
//!
//! The moment is after a backend has done what it was asked and before the caller hears of it: the
//! worst one, at which a caller cannot know whether its call took effect.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rustix::process::{Signal, getpid, kill_process};

/// A kind of call after which the process can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `TransactWriteItems` of DynamoDB.
    Commit,
    /// `PutEvents` of EventBridge.
    PutEvents,
    /// `SendEmail` of SES.
    Mail,
}

/// End after the `nth` successful call of a kind, counted from when the stack is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrashAfter {
    /// The kind of call.
    pub call: Call,
    /// Which of them, from 1.
    pub nth: u32,
}

/// A text that names no fault point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a fault point: {}", CrashAfter::FORM)]
pub struct NoFaultPoint;

impl CrashAfter {
    /// How a fault point is written.
    pub(crate) const FORM: &str = "it must be `commit:n`, `put-events:n` or `mail:n`, with n from 1";
}

impl FromStr for CrashAfter {
    type Err = NoFaultPoint;

    fn from_str(text: &str) -> Result<Self, NoFaultPoint> {
        let (call, nth) = text.split_once(':').ok_or(NoFaultPoint)?;
        let call = match call {
            "commit" => Call::Commit,
            "put-events" => Call::PutEvents,
            "mail" => Call::Mail,
            _ => return Err(NoFaultPoint),
        };
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or(NoFaultPoint)?;
        Ok(Self { call, nth })
    }
}

/// Counts calls, and ends the process at the one that was chosen.
#[derive(Debug)]
pub(crate) struct FaultPoint {
    chosen: Option<CrashAfter>,
    armed: AtomicBool,
    seen: AtomicU32,
}

impl FaultPoint {
    pub(crate) fn new(chosen: Option<CrashAfter>) -> Self {
        Self { chosen, armed: AtomicBool::new(false), seen: AtomicU32::new(0) }
    }

    /// Starts to count: what the stack did to become ready does not matter to a test.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// To be called when `call` has succeeded, before it is answered. Never returns at the chosen one.
    pub(crate) async fn passed(&self, call: Call) {
        if self.is_reached(call) {
            tracing::warn!(?call, "ending the process here, as GATEPASS_CRASH_AFTER says");
            if let Err(error) = kill_process(getpid(), Signal::KILL) {
                tracing::error!(%error, "could not end the process");
            }
            std::future::pending::<()>().await;
        }
    }

    fn is_reached(&self, call: Call) -> bool {
        let Some(chosen) = self.chosen else { return false };
        chosen.call == call
            && self.armed.load(Ordering::SeqCst)
            && self.seen.fetch_add(1, Ordering::SeqCst) + 1 == chosen.nth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_nth_call_of_the_chosen_kind_counts_once_armed() {
        let point = FaultPoint::new(Some("commit:2".parse().unwrap()));
        assert!(!point.is_reached(Call::Commit), "not armed");
        point.arm();
        assert!(!point.is_reached(Call::Commit));
        assert!(!point.is_reached(Call::Mail));
        assert!(point.is_reached(Call::Commit));
        assert!(!point.is_reached(Call::Commit));
    }
}
