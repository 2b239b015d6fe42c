//! Asynchronous invocation, as Lambda does it: events wait on record until their function has taken
//! them, are tried again when it fails, and become dead letters in the end.
//!
//! Lambda waits one minute and then two before it tries again ("How Lambda handles errors and retries with asynchronous
//! invocation"). Here the first wait is short, so that people need not wait for what a moment heals; the second is as
//! long as Lambda's shorter one, so that what a dead process has reserved is free again. Both pass
//! by the stack's clock, so that advancing it brings the next try on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatepass_lambda::causes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::StackClock;
use crate::function::Function;
use crate::journal::{DeadLetter, Delivery, Journal, JournalError};

/// How long the first and each later retry waits.
const WAITS: [SignedDuration; 2] = [SignedDuration::from_secs(1), SignedDuration::from_secs(60)];
/// How many events one function works on at a time.
const CONCURRENCY: usize = 4;
/// How long a queue sleeps at most, should time pass in leaps.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The queues of all functions that events come to.
pub(crate) struct Deliveries {
    journal: Arc<Journal>,
    clock: StackClock,
    queues: BTreeMap<String, Queue>,
    /// Those who wait for the first try of a delivery, by its id.
    waiting: Mutex<HashMap<i64, oneshot::Sender<Tried>>>,
}

/// The outcome of the first try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tried {
    Succeeded,
    /// The function failed, with the reason.
    Failed(String),
    /// The function is held back.
    HeldBack,
}

struct Queue {
    function: Arc<Function>,
    wake: Notify,
}

impl Deliveries {
    /// Queues for `functions`, by logical id, with what the journal still owes them.
    pub(crate) fn new(
        journal: Arc<Journal>,
        clock: StackClock,
        functions: impl IntoIterator<Item = Arc<Function>>,
    ) -> Arc<Self> {
        let queues = functions.into_iter().map(|function| {
            let id = function.logical_id.clone();
            (id, Queue { function, wake: Notify::new() })
        });
        Arc::new(Self { journal, clock, queues: queues.collect(), waiting: Mutex::default() })
    }

    /// Puts an event on record, with a delivery to each of `functions`, and has them made.
    pub(crate) fn publish(&self, event: &Value, functions: &[&str]) -> Result<(), JournalError> {
        self.journal.publish(event, functions, self.clock.now())?;
        for queue in functions.iter().filter_map(|function| self.queues.get(*function)) {
            queue.wake.notify_one();
        }
        Ok(())
    }

    /// Has `function` invoked with `event`, and waits for the first try, or until the function is held back.
    pub(crate) async fn deliver(&self, function: &str, event: &Value) -> Result<Tried, JournalError> {
        let (settled, mut outcome) = oneshot::channel();
        let id = {
            // Locked until the id is among those waited for: the queue may take the delivery at once.
            let mut waiting = self.waiting();
            let id = self.journal.enqueue(function, &event.to_string(), self.clock.now())?;
            waiting.insert(id, settled);
            id
        };
        let Some(queue) = self.queues.get(function) else { return Ok(Tried::HeldBack) };
        let mut pauses = queue.function.pauses();
        queue.wake.notify_one();
        while !queue.function.is_paused() {
            tokio::select! {
                Ok(tried) = &mut outcome => return Ok(tried),
                _ = pauses.changed() => {}
            }
        }
        self.waiting().remove(&id);
        Ok(Tried::HeldBack)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<i64, oneshot::Sender<Tried>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at every queue again: time has been moved.
    pub(crate) fn time_moved(&self) {
        self.queues.values().for_each(|queue| queue.wake.notify_one());
    }

    /// Makes deliveries until `stop`; those that are under way then are finished.
    pub(crate) fn run(self: &Arc<Self>, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        for id in self.queues.keys() {
            tasks.spawn(Arc::clone(self).run_queue(id.clone(), stop.clone()));
        }
    }

    async fn run_queue(self: Arc<Self>, id: String, stop: CancellationToken) {
        let Some(queue) = self.queues.get(&id) else { return };
        let mut pauses = queue.function.pauses();
        let mut under_way = HashSet::new();
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            for delivery in self.takeable(&queue.function, &under_way) {
                under_way.insert(delivery.id);
                running.spawn(Arc::clone(&self).make(Arc::clone(&queue.function), delivery));
            }
            let pause = self.until_next(&id);
            tokio::select! {
                () = stop.cancelled() => {}
                () = queue.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
                Ok(()) = pauses.changed() => {}
                Some(done) = running.join_next() => if let Ok(done) = done { under_way.remove(&done); },
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// The work that may be begun now.
    fn takeable(&self, function: &Function, under_way: &HashSet<i64>) -> Vec<Delivery> {
        if function.is_paused() {
            return Vec::new();
        }
        let due = self.journal.due(&function.logical_id, self.clock.now(), CONCURRENCY + under_way.len());
        let due = due.unwrap_or_else(|error| {
            tracing::error!(function = function.name, error = causes(&error), "cannot see what is to be delivered");
            Vec::new()
        });
        let free = CONCURRENCY.saturating_sub(under_way.len());
        due.into_iter().filter(|delivery| !under_way.contains(&delivery.id)).take(free).collect()
    }

    fn until_next(&self, function: &str) -> Duration {
        let now = self.clock.now();
        let next = self.journal.next_due(function, now).ok().flatten();
        let wait = next.map(|next| next.duration_since(now));
        wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    /// Makes one delivery, writes down what became of it, and gives its id back.
    async fn make(self: Arc<Self>, function: Arc<Function>, delivery: Delivery) -> i64 {
        let outcome = function.invoke(delivery.event.clone()).await;
        let (written, tried) = match outcome {
            Ok(_) => (self.journal.delivered(delivery.id), Tried::Succeeded),
            Err(error) => (self.failed(&function, &delivery, &error.to_string()), Tried::Failed(error.to_string())),
        };
        if let Err(error) = written {
            tracing::error!(
                function = function.name,
                error = causes(&error),
                "a delivery could not be settled; it will be made again"
            );
        }
        if let Some(waiting) = self.waiting().remove(&delivery.id) {
            // Whoever waited may have gone.
            let _ = waiting.send(tried);
        }
        delivery.id
    }

    fn failed(&self, function: &Function, delivery: &Delivery, error: &str) -> Result<(), JournalError> {
        let now = self.clock.now();
        let attempts = delivery.attempts + 1;
        if attempts <= function.retries {
            let due = retry_at(now, attempts);
            tracing::warn!(
                function = function.name,
                attempts,
                error,
                "an invocation failed and is tried again at {due}"
            );
            return self.journal.postpone(delivery.id, attempts, due);
        }
        tracing::error!(function = function.name, attempts, error, "an invocation failed for the last time");
        let event = serde_json::from_str(&delivery.event).unwrap_or(Value::Null);
        self.journal.give_up(delivery.id, &DeadLetter { function: &function.name, error, event, at: now })
    }
}

fn retry_at(now: Timestamp, attempts: u32) -> Timestamp {
    let [first, later] = WAITS;
    let wait = if attempts <= 1 { first } else { later };
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
