//! Schedules: functions that run every so often, by the stack's clock.

use std::sync::Arc;
use std::time::Duration;

use gatepass_lambda::causes;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::clock::StackClock;
use crate::delivery::{Deliveries, Tried};
use crate::fresh::fresh_id;
use crate::function::Function;
use crate::template::{self, ACCOUNT, REGION};

/// The time from one look at the clock to the next.
const TICK: Duration = Duration::from_millis(500);

/// The longest that somebody who moved the clock waits for a schedule to run: what API Gateway would wait.
const PATIENCE: Duration = Duration::from_secs(29);

/// The outcome of one run, for whoever moved the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    /// The schedule's name.
    name: String,
    #[serde(flatten)]
    outcome: Outcome,
}

/// The outcome of a schedule that was due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Succeeded,
    /// It failed, and is tried again as the template says.
    Failed {
        error: String,
    },
    /// Its function is held back.
    HeldBack,
    /// It has been running for longer than a caller waits, and goes on.
    StillRunning,
}

/// One schedule of the template.
pub(crate) struct Schedule {
    function: Arc<Function>,
    name: String,
    every: SignedDuration,
    input: Option<String>,
    /// When it runs next; locked while it runs.
    next: Mutex<Timestamp>,
    deliveries: Arc<Deliveries>,
    clock: StackClock,
}

impl Schedule {
    /// A schedule that runs `function` for the first time when its interval has passed.
    pub(crate) fn new(
        wiring: &template::Schedule,
        function: Arc<Function>,
        deliveries: Arc<Deliveries>,
        clock: StackClock,
    ) -> Self {
        let every = SignedDuration::try_from(wiring.every).unwrap_or(SignedDuration::MAX);
        let next = Mutex::new(after(clock.now(), every));
        Self { function, name: wiring.name.clone(), every, input: wiring.input.clone(), next, deliveries, clock }
    }

    /// Runs it whenever it is due, until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = async { tokio::time::sleep(TICK).await; self.run_if_due().await } => {}
            }
        }
    }

    /// Runs it if it is due, as [`Schedule::run_if_due`], for somebody who waits; `None` when it is not due.
    pub(crate) async fn run_for_caller(&self) -> Option<Run> {
        let outcome = outcome_of(self.run_if_due()).await?;
        Some(Run { name: self.name.clone(), outcome })
    }

    /// Runs it once if it is due, however long that has been so, and waits for the end of that; `None` when it is not
    /// due. While its function is held back, it skips.
    async fn run_if_due(&self) -> Option<Tried> {
        let mut next = self.next.lock().await;
        let now = self.clock.now();
        if now < *next {
            return None;
        }
        let scheduled = std::mem::replace(&mut *next, after(now, self.every));
        if self.function.is_paused() {
            return Some(Tried::HeldBack);
        }
        let event = self.event(scheduled);
        match self.deliveries.deliver(&self.function.logical_id, &event).await {
            Ok(tried) => Some(tried),
            Err(error) => {
                tracing::error!(schedule = self.name, error = causes(&error), "a schedule could not run");
                Some(Tried::Failed(causes(&error)))
            }
        }
    }

    /// The event from EventBridge Scheduler: the given input, or an event of its own.
    fn event(&self, scheduled: Timestamp) -> Value {
        let Some(input) = &self.input else {
            let arn = format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{}", self.name);
            return json!({
                "version": "0",
                "id": fresh_id(),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": ACCOUNT,
                "time": scheduled.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "region": REGION,
                "resources": [arn],
                "detail": "{}",
            });
        };
        serde_json::from_str(input).unwrap_or_else(|_| Value::String(input.clone()))
    }
}

/// The outcome of a run for somebody who waits; `None` when it was not due.
async fn outcome_of(run: impl Future<Output = Option<Tried>>) -> Option<Outcome> {
    match tokio::time::timeout(PATIENCE, run).await {
        Ok(None) => None,
        Ok(Some(Tried::Succeeded)) => Some(Outcome::Succeeded),
        Ok(Some(Tried::Failed(error))) => Some(Outcome::Failed { error }),
        Ok(Some(Tried::HeldBack)) => Some(Outcome::HeldBack),
        Err(_) => Some(Outcome::StillRunning),
    }
}

fn after(now: Timestamp, every: SignedDuration) -> Timestamp {
    now.checked_add(every).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In virtual time: the caller's patience is over at once.
    #[tokio::test(start_paused = true)]
    async fn who_moves_the_clock_is_told_that_a_schedule_is_still_running() {
        assert_eq!(outcome_of(std::future::pending()).await, Some(Outcome::StillRunning));
        let run = Run { name: "EveryMinute".into(), outcome: Outcome::StillRunning };
        assert_eq!(json!(run), json!({ "name": "EveryMinute", "outcome": "still_running" }));
        assert_eq!(outcome_of(async { None }).await, None);
    }
}
