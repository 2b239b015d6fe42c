//! How long a request waits for people, and what happens meanwhile.

use jiff::{SignedDuration, Timestamp};

use crate::plan::Plan;
use crate::settings::Settings;

/// The pause between two reminders that a requester sends.
const REMINDER_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// A decision in the second in which a request expires counts.
const LAST_SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The times of a request that waits for people. They are set at submit: a plan that changes later does not change them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Seconds between two reminders; `None` for no reminders.
    pub remind_after_seconds: Option<u64>,
    /// Time of the last reminder.
    pub reminded_at: Option<Timestamp>,
    /// Time of the last reminder that the requester sent.
    pub asked_at: Option<Timestamp>,
    /// The time at which it is escalated; `None` for never.
    pub escalate_at: Option<Timestamp>,
    /// The time at which it was escalated.
    pub escalated_at: Option<Timestamp>,
    /// The time by which somebody must decide; `None` for no limit.
    pub decide_by: Option<Timestamp>,
}

/// The next thing that happens to a request that nobody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Those who decide are reminded.
    Remind,
    /// Others are told.
    Escalate,
    /// It ends.
    Expire,
}

impl Waiting {
    /// The times of a request under `plan` that is submitted at `now`. What the plan does not say is as the settings have it.
    pub fn begin(plan: &Plan, settings: &Settings, now: Timestamp) -> Self {
        let after = |of_plan: Option<u64>, of_settings: Option<u64>| of_plan.or(of_settings);
        let at = |seconds: Option<u64>| seconds.and_then(|seconds| later(now, seconds));
        Self {
            remind_after_seconds: after(plan.remind_after_seconds, settings.remind_after_seconds),
            escalate_at: at(after(plan.escalate_after_seconds, settings.escalate_after_seconds)),
            decide_by: at(after(plan.expire_after_seconds, settings.expire_after_seconds)),
            ..Self::default()
        }
    }

    /// The next step of a request that was submitted at `created_at`, and its time. Of several that are overdue it is the one
    /// that matters most: what expires is neither escalated nor brought to mind.
    pub fn next_step(&self, created_at: Timestamp) -> Option<(NextStep, Timestamp)> {
        let expire = self.decide_by.and_then(|at| at.checked_add(LAST_SECOND).ok()).map(|at| (NextStep::Expire, at));
        let escalate = self.escalate_at.filter(|_| self.escalated_at.is_none()).map(|at| (NextStep::Escalate, at));
        let since = self.reminded_at.unwrap_or(created_at);
        let remind =
            self.remind_after_seconds.and_then(|seconds| later(since, seconds)).map(|at| (NextStep::Remind, at));
        [expire, escalate, remind].into_iter().flatten().min_by_key(|(_, at)| *at)
    }

    /// The step that is due at `now`.
    pub fn due_step(&self, created_at: Timestamp, now: Timestamp) -> Option<NextStep> {
        let expires = self.decide_by.and_then(|at| at.checked_add(LAST_SECOND).ok()).is_some_and(|at| at <= now);
        let escalates = self.escalated_at.is_none() && self.escalate_at.is_some_and(|at| at <= now);
        match self.next_step(created_at) {
            Some((_, at)) if at > now => None,
            None => None,
            Some(_) if expires => Some(NextStep::Expire),
            Some(_) if escalates => Some(NextStep::Escalate),
            Some(_) => Some(NextStep::Remind),
        }
    }

    /// The time from which the requester may send a reminder; `None` for now.
    pub fn next_reminder_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.asked_at.and_then(|at| at.checked_add(REMINDER_PAUSE).ok()).filter(|at| *at > now)
    }
}

fn later(since: Timestamp, seconds: u64) -> Option<Timestamp> {
    since.checked_add(SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
}
