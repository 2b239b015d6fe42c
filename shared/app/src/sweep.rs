//! Find what was recorded and never published: what the stream lost.
//!
//! The sweeper compares the log with the receipts of what was published, page by page, and writes down how far it got.
//! The log is in the order of the clocks of those who wrote it, and clocks differ: an event may be recorded behind what was
//! compared already. So the last minutes are compared again in each run.
//!
//! Before it hands a page's lost events out to be published it writes that down too: a page is handed out three times at
//! most, whatever fails in between. An event that cannot be read, or that EventBridge refuses, is set aside and holds up no
//! others.

use gatepass_domain::Event;
use gatepass_domain::id::EventId;
use gatepass_store::{
    LogPosition, SetAside, SetAsideReason, Store, StoreError, SweepClaim, SweepState, UnreadableItem, keys,
};
use jiff::{SignedDuration, Timestamp};

use crate::Deadline;
use crate::relay::Answer;

/// The time that an event may be on its way from the table to the bus.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
/// The time, beyond that, in which an event may still be recorded behind what was compared: the clocks of two functions
/// may differ by ten minutes, and a transaction may be late.
const RECORDED_LATE: SignedDuration = SignedDuration::from_mins(12);
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
    /// Nothing more is recorded before it.
    complete_until: LogPosition,
    /// The row of the table.
    stored: Option<SweepState>,
    /// How far this run has got, which is ahead of what the table says.
    position: LogPosition,
    /// Where the run goes on after the page that an earlier run left claimed.
    after_claim: Option<LogPosition>,
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
        let complete_until = LogPosition::at(until.checked_sub(RECORDED_LATE).unwrap_or(until));
        let stored = store.sweep_state().await?;
        let first = LogPosition::at(until.checked_sub(FIRST_LOOK).unwrap_or(until));
        let position = stored.as_ref().map_or(first, |state| state.position.clone());
        let claimed = stored.as_ref().and_then(|state| state.claim.as_ref()).map(|claim| claim.page.clone());
        let (position, after_claim) = match claimed {
            Some(page) => (page, Some(position)),
            None => (position, None),
        };
        Ok(Self { now, until: LogPosition::at(until), complete_until, stored, position, after_claim })
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
                self.set_aside_unreadable(store, unreadable).await?;
            }
            let published = store.published(&page.events).await?;
            let mut lost: Vec<_> = page.events.into_iter().filter(|event| !published.contains(&event.id)).collect();
            if !lost.is_empty() {
                // Background work publishes those.
                let set_aside = store.set_aside_among(&lost).await?;
                lost.retain(|event| !set_aside.contains(&event.id));
            }
            if lost.is_empty() {
                self.go_on(page.end);
                continue;
            }
            let claim = self.stored.as_ref().and_then(|state| state.claim.as_ref());
            let attempts = claim.filter(|claim| claim.page == self.position).map_or(0, |claim| claim.attempts);
            if attempts >= MOST_ATTEMPTS {
                for event in &lost {
                    set_aside(store, event, SetAsideReason::Unconfirmed, "published without a receipt", self.now)
                        .await?;
                }
                self.go_on(page.end);
                continue;
            }
            let claimed = self.state(Some(SweepClaim { page: self.position.clone(), attempts: attempts + 1 }));
            if !store.move_sweep(self.stored.as_ref(), &claimed).await? {
                return Ok(None);
            }
            self.stored = Some(claimed.clone());
            return Ok(Some(LostPage { events: lost, claimed, end: page.end }));
        }
        if self.after_claim.is_none() {
            let reached = self.state(None);
            let is_new = |state: &SweepState| state.position != reached.position || state.claim.is_some();
            if self.stored.as_ref().is_none_or(is_new) {
                store.move_sweep(self.stored.as_ref(), &reached).await?;
                self.stored = Some(reached);
            }
        }
        Ok(None)
    }

    /// Writes down what the bus answered for each event of a page, and moves on.
    ///
    /// # Errors
    /// [`SweepError::NoAnswer`], after which the sweep stays where it is; [`SweepError::Store`], after which the page's
    /// events without a receipt are published again, as often as that may be.
    pub async fn settle(&mut self, store: &Store, page: LostPage, answers: &[Answer]) -> Result<Settled, SweepError> {
        let answered = || page.events.iter().zip(answers);
        let published = answered().filter(|(_, answer)| **answer == Answer::Published);
        let published: Vec<EventId> = published.map(|(event, _)| event.id).collect();
        if published.is_empty() && answers.iter().all(|answer| matches!(answer, Answer::Unanswered(_))) {
            // Nothing was published, so that this was no attempt.
            let claim = page.claimed.claim.clone();
            let claim = claim.map(|claim| SweepClaim { attempts: claim.attempts - 1, ..claim });
            let before = SweepState { claim, turn: page.claimed.turn + 1, ..page.claimed.clone() };
            store.move_sweep(Some(&page.claimed), &before).await?;
            return Err(SweepError::NoAnswer(page.events.len()));
        }
        self.confirm(store, &published).await?;
        let mut refused = 0;
        for (event, answer) in answered() {
            if let Answer::Refused(cause) | Answer::Unanswered(cause) = answer {
                set_aside(store, event, SetAsideReason::Refused, cause, self.now).await?;
                refused += 1;
            }
        }
        self.go_on(page.end);
        let moved = self.state(None);
        store.move_sweep(Some(&page.claimed), &moved).await?;
        self.stored = Some(moved);
        Ok(Settled { published: published.len(), refused })
    }

    fn go_on(&mut self, end: LogPosition) {
        self.position = self.after_claim.take().unwrap_or(end);
    }

    /// What is to be written down now: how far everything is compared that will ever be recorded.
    fn state(&self, claim: Option<SweepClaim>) -> SweepState {
        let reached = self.after_claim.as_ref().unwrap_or(&self.position).min(&self.complete_until);
        let (before, turn) = match &self.stored {
            Some(state) => (&state.position, state.turn + 1),
            None => (reached, 0),
        };
        SweepState { position: before.max(reached).clone(), claim, turn }
    }

    /// Leaves receipts. Without them the events are published again, so that it is tried twice.
    async fn confirm(&self, store: &Store, ids: &[EventId]) -> Result<(), StoreError> {
        match store.put_receipts(ids, self.now).await {
            Err(error) if error.is_transient() => store.put_receipts(ids, self.now).await,
            written => written,
        }
    }

    /// Sets an unreadable event aside, unless an earlier run has: how often it was tried since is on record there.
    async fn set_aside_unreadable(&self, store: &Store, unreadable: UnreadableItem) -> Result<(), StoreError> {
        let UnreadableItem { key, cause } = unreadable;
        if store.event_set_aside(&keys::set_aside(&key)).await?.is_some() {
            return Ok(());
        }
        store.set_aside(&SetAside::new(key, SetAsideReason::Unreadable, cause), self.now).await
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
