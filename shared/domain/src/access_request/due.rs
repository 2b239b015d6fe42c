//! When a request is to be looked at again if nothing happens to it.

use jiff::{SignedDuration, Timestamp};

use super::lifecycle::{AccessRequest, Queued};
use crate::policy::Review;

/// The time that an event has to bring about what it is about, before background work steps in.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// The time after which a request that is approved and not provisioned is queued again for the first time. Whoever
/// asked is then told that access is being prepared.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(2);
/// The longest pause between two times that background work queues the same request.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);

impl AccessRequest {
    /// When background work must look at the request, unless it has moved on by then; `None` for a request
    /// that waits for nothing.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending(pending) if pending.facts().submission.policy.review == Review::Automatic => {
                pending.facts().created_at.checked_add(PATIENCE).ok()
            }
            Self::Pending(pending) => pending.waiting().next_step(pending.facts().created_at).map(|(_, at)| at),
            Self::Queued(queued) => queued.due_at(),
            _ => None,
        }
    }
}

impl Queued {
    /// Whether the attempt that should have been made by now has been overdue for five minutes: its event was lost, or
    /// its function failed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let expected = self.next_attempt_at.unwrap_or(self.approved.facts.updated_at);
        expected.checked_add(PATIENCE).is_ok_and(|end| end <= now)
    }

    /// When provisioning is to be queued again: when the pause after a failed attempt is over, or, while an
    /// attempt should be on its way, after two minutes and then after five. The pause doubles each time, up to
    /// six hours, so that a function that is out of order for days is not flooded with events.
    pub fn due_at(&self) -> Option<Timestamp> {
        if self.next_attempt_at.is_some() {
            return self.next_attempt_at;
        }
        let since_approval = self.approved.facts.updated_at.duration_since(self.approved.decision.at);
        let pause = if since_approval.is_zero() { FIRST_LOOK } else { since_approval.clamp(PATIENCE, LONGEST_PAUSE) };
        self.approved.facts.updated_at.checked_add(pause).ok()
    }
}
