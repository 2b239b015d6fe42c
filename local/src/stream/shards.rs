//! The shards of a stream: which there are, in which order they are to be read, and how far each was.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::ProvideErrorMetadata;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use gatepass_lambda::causes;

use super::Trouble;
use crate::journal::{Journal, JournalError};

/// The position of a shard that was read to its end.
const FINISHED: &str = "finished";

/// The shards of one stream.
pub(super) struct Shards {
    client: Client,
    stream_arn: String,
    known: BTreeMap<String, Shard>,
    refreshed: Option<Instant>,
}

/// One shard.
pub(super) struct Shard {
    /// Unique among all shards of all streams.
    pub(super) name: String,
    id: String,
    stream_arn: String,
    parent: Option<String>,
    iterator: Option<String>,
    /// The last answer said that nothing will follow.
    exhausted: bool,
    finished: bool,
}

impl Shards {
    pub(super) fn new(client: Client, stream_arn: String) -> Self {
        Self { client, stream_arn, known: BTreeMap::new(), refreshed: None }
    }

    /// Drops what is known, so that the next round begins with what is on record.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.refreshed = None;
    }

    /// Looks for shards, unless that was done within `lasts`.
    pub(super) async fn refresh(&mut self, lasts: Duration, journal: &Journal) -> Result<(), Trouble> {
        if self.refreshed.is_some_and(|at| at.elapsed() < lasts) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let call = self.client.describe_stream().stream_arn(&self.stream_arn);
            let described = call.set_exclusive_start_shard_id(after).send().await;
            let described = described.map_err(|error| trouble(&error))?;
            let description = described.stream_description();
            for shard in description.map(|description| description.shards()).unwrap_or_default() {
                let id = shard.shard_id().unwrap_or_default().to_owned();
                if !self.known.contains_key(&id) {
                    let shard = Shard::new(&self.stream_arn, id.clone(), shard.parent_shard_id(), journal)?;
                    self.known.insert(id, shard);
                }
            }
            after = description.and_then(|description| description.last_evaluated_shard_id()).map(str::to_owned);
            if after.is_none() {
                self.refreshed = Some(Instant::now());
                return Ok(());
            }
        }
    }

    /// The shards that can be read now: a child only once its parent has been read to its end.
    pub(super) fn readable(&mut self) -> impl Iterator<Item = &mut Shard> {
        let unfinished: Vec<_> =
            self.known.iter().filter(|(_, shard)| !shard.finished).map(|(id, _)| id.clone()).collect();
        self.known.values_mut().filter(move |shard| {
            !shard.finished && shard.parent.as_ref().is_none_or(|parent| !unfinished.contains(parent))
        })
    }
}

impl Shard {
    fn new(stream_arn: &str, id: String, parent: Option<&str>, journal: &Journal) -> Result<Self, JournalError> {
        let name = format!("{stream_arn}/{id}");
        let finished = journal.position(&name)?.as_deref() == Some(FINISHED);
        let parent = parent.map(str::to_owned);
        Ok(Self { name, id, stream_arn: stream_arn.to_owned(), parent, iterator: None, exhausted: false, finished })
    }

    /// The next records, at most `limit`.
    pub(super) async fn read(
        &mut self,
        client: &Client,
        journal: &Journal,
        limit: usize,
    ) -> Result<Vec<Record>, Trouble> {
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => self.position(client, journal).await?,
        };
        let limit = i32::try_from(limit.min(1000)).unwrap_or(1000);
        let answer = client.get_records().shard_iterator(iterator).limit(limit).send().await;
        let answer = answer.map_err(|error| trouble(&error))?;
        self.exhausted = answer.next_shard_iterator.is_none();
        self.iterator = answer.next_shard_iterator;
        Ok(answer.records.unwrap_or_default())
    }

    /// Reads on from the position on record.
    pub(super) fn rewind(&mut self) {
        self.iterator = None;
        self.exhausted = false;
    }

    /// Takes note when there is nothing more to come.
    pub(super) fn close_if_exhausted(&mut self, journal: &Journal) -> Result<(), JournalError> {
        if self.exhausted {
            journal.set_position(&self.name, FINISHED)?;
            self.finished = true;
        }
        Ok(())
    }

    /// An iterator from the position on record, or from the beginning.
    async fn position(&self, client: &Client, journal: &Journal) -> Result<String, Trouble> {
        let call = client.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(&self.id);
        let from_the_beginning = call.clone().shard_iterator_type(ShardIteratorType::TrimHorizon);
        let answer = match journal.position(&self.name)? {
            None => from_the_beginning.send().await,
            Some(position) => {
                let on = call.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(position);
                match on.send().await {
                    // Records live for a day; the sweeper finds what was missed.
                    Err(error) if error.code() == Some("TrimmedDataAccessException") => from_the_beginning.send().await,
                    other => other,
                }
            }
        };
        let answer = answer.map_err(|error| trouble(&error))?;
        answer.shard_iterator.ok_or_else(|| Trouble::Stream("an empty answer".into()))
    }
}

fn trouble(error: &dyn std::error::Error) -> Trouble {
    Trouble::Stream(causes(error))
}
