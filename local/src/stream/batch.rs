//! Batches: handed to the function, tried again, halved, given up.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::streams::DynamoDbEventResponse;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Trouble;
use super::record::Event;
use crate::clock::StackClock;
use crate::function::Function;
use crate::journal::{DeadLetter, Journal, Log};
use crate::template::StreamSource;

/// The waits before the first retries of a batch; the last one is for all that follow.
const WAITS: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(5)];

/// The services with which batches are processed.
pub(super) struct Batches {
    pub(super) function: Arc<Function>,
    pub(super) source: StreamSource,
    pub(super) journal: Arc<Journal>,
    pub(super) clock: StackClock,
    pub(super) stop: CancellationToken,
}

/// The result of one invocation.
enum Outcome {
    Done,
    /// The records from this one on were not processed, for this reason.
    From(usize, String),
    /// None was.
    Failed(String),
}

impl Batches {
    /// Has the function process `events` of the shard `shard`, in order. Whenever some are done, the
    /// position says so. Gives whether all were: processed or, in the end, given up.
    pub(super) async fn process(&self, shard: &str, events: Vec<Event>) -> Result<bool, Trouble> {
        // What is still to be done, in order: a batch and the tries that it has had.
        let mut waiting = vec![(events, 0_u32)];
        while let Some((mut events, tries)) = waiting.pop() {
            let Some(last) = events.last().map(|event| event.sequence_number.clone()) else { continue };
            let (error, left, tries) = match self.invoke(&events).await {
                Outcome::Done => {
                    self.journal.set_position(shard, &last)?;
                    continue;
                }
                Outcome::Failed(_) if self.source.bisects && events.len() > 1 => {
                    let later = events.split_off(events.len() / 2);
                    waiting.push((later, tries));
                    waiting.push((events, tries));
                    continue;
                }
                Outcome::Failed(error) => (error, events, tries),
                Outcome::From(first, error) => {
                    let left = events.split_off(first);
                    if let Some(before) = events.last() {
                        self.journal.set_position(shard, &before.sequence_number)?;
                    }
                    // A batch that got ahead is another batch.
                    (error, left, if first > 0 { 0 } else { tries })
                }
            };
            if self.source.retries.is_some_and(|retries| tries >= retries) {
                self.give_up(&left, &error)?;
                self.journal.set_position(shard, &last)?;
                continue;
            }
            tracing::warn!(function = self.function.name, tries, error, "a batch of the stream failed");
            if !self.wait(tries).await {
                return Ok(false);
            }
            waiting.push((left, tries + 1));
        }
        Ok(true)
    }

    async fn invoke(&self, events: &[Event]) -> Outcome {
        let answer = match self.function.invoke(json!({ "Records": records(events) }).to_string()).await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        if !self.source.reports_items {
            return Outcome::Done;
        }
        // `null` and an empty list both say that all is well.
        let answer: Option<DynamoDbEventResponse> = match serde_json::from_str(&answer) {
            Ok(answer) => answer,
            Err(error) => return Outcome::Failed(format!("the answer cannot be read: {error}")),
        };
        let failures = answer.map(|answer| answer.batch_item_failures).unwrap_or_default();
        let place = |failure: &str| events.iter().position(|event| event.sequence_number == failure);
        let mut first = None;
        for failure in failures {
            let identifier = failure.item_identifier.unwrap_or_default();
            match place(&identifier) {
                Some(at) => first = Some(first.map_or(at, |first: usize| first.min(at))),
                None => {
                    return Outcome::Failed(format!("the function names a record that it did not get: `{identifier}`"));
                }
            }
        }
        first.map_or(Outcome::Done, |first| Outcome::From(first, "the function reported the record as failed".into()))
    }

    /// Waits before the next try; `false` when there is none, for now.
    async fn wait(&self, tries: u32) -> bool {
        let [.., longest] = WAITS;
        let wait = usize::try_from(tries).ok().and_then(|tries| WAITS.get(tries)).copied().unwrap_or(longest);
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(wait) => !self.function.is_paused(),
        }
    }

    fn give_up(&self, events: &[Event], error: &str) -> Result<(), Trouble> {
        tracing::error!(function = self.function.name, error, "a batch of the stream failed for the last time");
        let at: Timestamp = self.clock.now();
        let event = json!({ "Records": records(events) });
        let letter = DeadLetter { function: &self.function.name, error, event, at };
        Ok(self.journal.append(Log::DeadLetters, &letter)?)
    }
}

fn records(events: &[Event]) -> Vec<&Value> {
    events.iter().map(|event| &event.json).collect()
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
