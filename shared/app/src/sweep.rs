//! Find what was recorded and never published: what the stream lost.
//!
//! The sweeper compares the log with the receipts of what was published, page by page, and writes down how far it got after each page. Before
//! it hands a page's lost events out to be published it writes that down too: a page is handed out three times at
//! most, whatever fails in between. An event that cannot be read, or that EventBridge refuses, is set aside and holds up no
//! others.

use gatepass_domain::Event;
use gatepass_domain::id::EventId;
use gatepass_store::{LogPosition, SetAside, SetAsideReason, Store, StoreError, SweepState, keys};
use jiff::{SignedDuration, Timestamp};

use crate::Deadline;
use crate::relay::Answer;

/// The time that an event may be on its way from the table to the bus.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
/// How far the first sweep looks back.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(1);
/// Events of each of the log's shards that are compared at once.
const PAGE: i32 = 50;
/// How often a page is handed out to be published.
const MOST_ATTEMPTS: u32 = 3;

/// A comparison of the log with the receipts, up to two minutes before it began.
#[derive(Debug)]
pub struct Sweep {
    now: Timestamp,
    until: LogPosition,
    /// The rows of the table.
    stored: Option<SweepState>,
    /// How far this run has got, which is ahead of what the table says while nothing is found.
    position: LogPosition,
}

/// Events without a receipt, to be published.
#[derive(Debug)]
pub struct LostPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    claimed: SweepState,
    end: LogPosition,
}

/// The result of publishing a page of lost events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Events that were published.
    pub published: usize,
    /// Events that were refused and set aside.
    pub refused: usize,
}

/// The sweep cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The bus did not answer: it is out of order, or the function may not publish.
    #[error("EventBridge did not answer for any of {0} events")]
    NoAnswer(usize),
}

impl Sweep {
    /// Begins where the last sweep ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let until = now.checked_sub(ON_ITS_WAY).unwrap_or(now);
        let stored = store.sweep_state().await?;
        let first = until.checked_sub(FIRST_LOOK).unwrap_or(until);
        let position = stored.as_ref().map_or_else(|| LogPosition::at(first), |state| state.position.clone());
        Ok(Self { now, until: LogPosition::at(until), stored, position })
    }

    /// The next events without a receipt; `None` when everything is compared, the time is used up, or another run is at it.
    /// Each page must be [settled](Self::settle) before the next is asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next(&mut self, store: &Store, deadline: Deadline) -> Result<Option<LostPage>, StoreError> {
        while self.position < self.until && !deadline.is_over() {
            let page = store.log_page(&self.position, self.until.time(), PAGE).await?;
            for unreadable in page.unreadable {
                let event = SetAside::new(unreadable.key, SetAsideReason::Unreadable, unreadable.cause);
                store.set_aside(&event, self.now).await?;
            }
            let published = store.published(&page.events).await?;
            let lost: Vec<_> = page.events.into_iter().filter(|event| !published.contains(&event.id)).collect();
            if lost.is_empty() {
                self.position = page.end;
                continue;
            }
            let attempts = match &self.stored {
                Some(state) if state.position == self.position => state.attempts,
                _ => 0,
            };
            if attempts >= MOST_ATTEMPTS {
                for event in &lost {
                    set_aside(store, event, SetAsideReason::Unconfirmed, "published without a receipt", self.now)
                        .await?;
                }
                self.position = page.end;
                continue;
            }
            let claimed = SweepState { position: self.position.clone(), attempts: attempts + 1 };
            if !store.move_sweep(self.stored.as_ref(), &claimed).await? {
                return Ok(None);
            }
            self.stored = Some(claimed.clone());
            return Ok(Some(LostPage { events: lost, claimed, end: page.end }));
        }
        let reached = SweepState { position: self.position.clone(), attempts: 0 };
        if self.stored.as_ref().is_none_or(|state| state.position != reached.position) {
            store.move_sweep(self.stored.as_ref(), &reached).await?;
            self.stored = Some(reached);
        }
        Ok(None)
    }

    /// Writes down what the bus answered for each event of a page, and moves on.
    ///
    /// # Errors
    /// [`SweepError::NoAnswer`], after which the sweep stays where it is; [`SweepError::Store`].
    pub async fn settle(&mut self, store: &Store, page: LostPage, answers: &[Answer]) -> Result<Settled, SweepError> {
        let answered = || page.events.iter().zip(answers);
        let published = answered().filter(|(_, answer)| **answer == Answer::Published);
        let published: Vec<EventId> = published.map(|(event, _)| event.id).collect();
        if published.is_empty() && answers.iter().all(|answer| matches!(answer, Answer::Unanswered(_))) {
            // Nothing was published, so that this was no attempt.
            let before = SweepState { attempts: page.claimed.attempts - 1, ..page.claimed.clone() };
            store.move_sweep(Some(&page.claimed), &before).await?;
            return Err(SweepError::NoAnswer(page.events.len()));
        }
        // Without a receipt the page's end still says that it is published.
        if let Err(error) = store.put_receipts(&published, self.now).await {
            tracing::error!(%error, "a receipt could not be written");
        }
        let mut refused = 0;
        for (event, answer) in answered() {
            if let Answer::Refused(cause) | Answer::Unanswered(cause) = answer {
                set_aside(store, event, SetAsideReason::Refused, cause, self.now).await?;
                refused += 1;
            }
        }
        let moved = SweepState { position: page.end.clone(), attempts: 0 };
        store.move_sweep(Some(&page.claimed), &moved).await?;
        self.position = page.end;
        self.stored = Some(moved);
        Ok(Settled { published: published.len(), refused })
    }
}

async fn set_aside(
    store: &Store,
    event: &Event,
    reason: SetAsideReason,
    cause: &str,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    store.set_aside(&SetAside::new(keys::event(event), reason, cause), due_at).await
}
