//! The table's stream, read for a function as Lambda's event source mapping does it: shard by shard,
//! in order, in batches, with the position on record.
//!
//! See "Using AWS Lambda with Amazon DynamoDB" in the Lambda developer guide.

mod batch;
mod record;
mod shards;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodbstreams::types::Record;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::StackClock;
use crate::function::Function;
use crate::journal::{Journal, JournalError};
use crate::pattern::{NotMatchable, Patterns};
use crate::template::StreamSource;
use batch::Batches;
use shards::{Shard, Shards};

/// The time from one look at the stream to the next, when nothing is known to have been written. What is
/// written through the stack is known at once; this is for what somebody else writes to the table.
const PAUSE: Duration = Duration::from_millis(200);
/// The time after which a stream that could not be read is tried again.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// The time after which new shards are looked for.
const SHARDS_LAST: Duration = Duration::from_secs(10);

/// Reads the stream for one function.
pub(crate) struct Pump {
    pub(crate) client: aws_sdk_dynamodbstreams::Client,
    pub(crate) stream_arn: String,
    pub(crate) function: Arc<Function>,
    pub(crate) source: StreamSource,
    pub(crate) journal: Arc<Journal>,
    pub(crate) clock: StackClock,
    /// Counts the writes that the stack has seen.
    pub(crate) writes: watch::Receiver<u64>,
}

/// Why the stream could not be read.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the stream cannot be read: {0}")]
    Stream(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Checks that the filters of a source can run.
///
/// # Errors
/// The parts that cannot.
pub(crate) fn filters(source: &StreamSource) -> Result<Patterns, NotMatchable> {
    Patterns::new(&source.filters)
}

impl Pump {
    /// Reads until `stop`; a batch that is under way then is finished.
    pub(crate) async fn run(mut self, filters: Patterns, stop: CancellationToken) {
        let mut pauses = self.function.pauses();
        let mut shards = Shards::new(self.client.clone(), self.stream_arn.clone());
        let batches = Batches {
            function: Arc::clone(&self.function),
            source: self.source.clone(),
            journal: Arc::clone(&self.journal),
            clock: self.clock.clone(),
            stop: stop.clone(),
        };
        while !stop.is_cancelled() {
            self.writes.mark_unchanged();
            let mut pause = PAUSE;
            if !self.function.is_paused() {
                match self.round(&mut shards, &batches, &filters).await {
                    Ok(0) => {}
                    Ok(_) => continue,
                    Err(trouble) => {
                        tracing::warn!(function = self.function.name, %trouble, "trying again soon");
                        shards.forget();
                        pause = TROUBLE_PAUSE;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                _ = pauses.changed() => {}
                changed = self.writes.changed(), if pause == PAUSE => {
                    // Nobody writes any more when the other side is gone: the stack is stopping.
                    if changed.is_err() { tokio::time::sleep(pause).await; }
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One look at every shard that can be read; gives the number of records found.
    async fn round(&self, shards: &mut Shards, batches: &Batches, filters: &Patterns) -> Result<usize, Trouble> {
        shards.refresh(SHARDS_LAST, &self.journal).await?;
        let mut found = 0;
        for shard in shards.readable() {
            if self.function.is_paused() || batches.stop.is_cancelled() {
                break;
            }
            let records = shard.read(&self.client, &self.journal, self.source.batch_size).await?;
            found += records.len();
            self.hand_over(shard, records, batches, filters).await?;
        }
        Ok(found)
    }

    async fn hand_over(
        &self,
        shard: &mut Shard,
        records: Vec<Record>,
        batches: &Batches,
        filters: &Patterns,
    ) -> Result<(), Trouble> {
        let last = records.last().and_then(|record| record.dynamodb()).and_then(|change| change.sequence_number());
        let last = last.map(str::to_owned);
        let events = records.iter().map(|record| record::event(record, &self.stream_arn));
        let wanted = events.filter(|event| self.source.filters.is_empty() || !filters.matching(&event.json).is_empty());
        let done = batches.process(&shard.name, wanted.collect()).await?;
        match last {
            Some(last) if done => Ok(self.journal.set_position(&shard.name, &last)?),
            // The stack is stopping, or the function was paused, in the middle of the batch: from the position on
            // record it goes on.
            Some(_) => {
                shard.rewind();
                Ok(())
            }
            None => Ok(shard.close_if_exhausted(&self.journal)?),
        }
    }
}
