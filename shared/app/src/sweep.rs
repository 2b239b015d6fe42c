//! Find what was recorded and never published: what the stream lost.
//!
//! The sweeper compares the log with the receipts of what was published, page by page, and writes down how far it got.
//! The log is in the order of the clocks of those who wrote it, and clocks differ: an event may be recorded behind what was
//! compared already. So the last minutes are compared again in each run.
//!
//! Before it hands a page's lost events out to be published it writes that down too, and takes it back for what was
//! certainly not published. An event is so handed to EventBridge three times at most, whatever fails in between: what two
//! attempts at its page have left without an answer is set aside, and background work makes the third. An event that cannot
//! be read, that EventBridge refuses, or for which its answer is lost, is set aside too and holds up no others.

use gatepass_domain::Event;
use gatepass_domain::id::EventId;
use gatepass_store::{
    LogPosition, Receipts, SetAside, SetAsideReason, Store, StoreError, SweepClaim, SweepState, UnreadableItem, keys,
};
use jiff::{SignedDuration, Timestamp};

use crate::Deadline;
use crate::relay::Answer;

/// The time that an event may be on its way from the table to the bus.
pub(crate) const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
/// The time, beyond that, in which an event may still be recorded behind what was compared: the clocks of two functions
/// may differ by ten minutes, and a transaction may be late.
pub(crate) const RECORDED_LATE: SignedDuration = SignedDuration::from_mins(12);
/// How far the first sweep looks back.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(1);
/// Events of each of the log's shards that are compared at once.
const PAGE: i32 = 50;
/// How often an event is handed to EventBridge without an answer on record.
pub(crate) const MOST_ATTEMPTS: u32 = 3;
/// How many of them are made with its page.
const MOST_ATTEMPTS_OF_PAGE: u32 = 2;
/// The pause after an attempt without an answer: EventBridge may hang for minutes, and there are few attempts.
pub(crate) const AFTER_NO_ANSWER: SignedDuration = SignedDuration::from_mins(10);

/// A comparison of the log with the receipts, up to two minutes before it began.
#[derive(Debug)]
pub struct Sweep {
    now: Timestamp,
    run: String,
    until: LogPosition,
    /// Nothing more is recorded before it.
    complete_until: LogPosition,
    /// The row of the table.
    stored: Option<SweepState>,
    /// How far this run has got, which is ahead of what the table says.
    position: LogPosition,
    /// Where the run goes on after the page that an earlier run left claimed.
    after_claim: Option<LogPosition>,
    receipts: Receipts,
}

/// Events without a receipt, to be published.
#[derive(Debug)]
pub struct LostPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    claimed: SweepState,
    /// Attempts without an answer on record, this one included.
    attempts: u32,
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
    /// The bus is out of order, or the function may not publish.
    #[error("EventBridge took none of {0} events")]
    NoneTaken(usize),
}

impl Sweep {
    /// Begins where the last sweep ended. No two sweeps have the same `run`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(store: &Store, now: Timestamp, run: String) -> Result<Self, StoreError> {
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
        let (until, receipts) = (LogPosition::at(until), Receipts::default());
        Ok(Self { now, run, until, complete_until, stored, position, after_claim, receipts })
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
            let published = store.published_by(&mut self.receipts, &page.events).await?;
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
            let attempts = self.claim_of_page().map_or(0, |claim| claim.attempts);
            if attempts >= MOST_ATTEMPTS_OF_PAGE {
                let lost = lost.iter().map(|event| (event, "no answer is on record")).collect();
                self.set_aside(store, SetAsideReason::Unconfirmed, attempts, lost).await?;
                self.go_on(page.end);
                continue;
            }
            let attempts = attempts + 1;
            let claimed = self.state(Some(SweepClaim { page: self.position.clone(), attempts }));
            if !store.move_sweep(self.stored.as_ref(), &claimed).await? {
                return Ok(None);
            }
            self.stored = Some(claimed.clone());
            return Ok(Some(LostPage { events: lost, claimed, attempts, end: page.end }));
        }
        if self.after_claim.is_none() && self.claim_of_page().is_none() {
            let reached = self.state(None);
            let is_new = |state: &SweepState| state.position != reached.position || state.claim.is_some();
            if self.stored.as_ref().is_none_or(is_new) {
                store.move_sweep(self.stored.as_ref(), &reached).await?;
                self.stored = Some(reached);
            }
        }
        Ok(None)
    }

    /// Writes down what the bus answered for each event of a page. What it did not take is on the next page again.
    ///
    /// # Errors
    /// [`SweepError::NoneTaken`], after which the sweep stays where it is; [`SweepError::Store`], after which the page's
    /// events without a receipt are published again, as often as that may be.
    pub async fn settle(&mut self, store: &Store, page: LostPage, answers: &[Answer]) -> Result<Settled, SweepError> {
        let LostPage { events, claimed, attempts, end } = page;
        let (mut published, mut refused, mut unanswered, mut not_taken) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (event, answer) in events.iter().zip(answers) {
            match answer {
                Answer::Published => published.push(event.id),
                Answer::Refused(cause) => refused.push((event, cause.as_str())),
                Answer::Unanswered(cause) => unanswered.push((event, cause.as_str())),
                Answer::NotTaken(_) => not_taken += 1,
            }
        }
        let settled = Settled { published: published.len(), refused: refused.len() };
        let none_taken = SweepError::NoneTaken(not_taken + unanswered.len());
        let confirmed = self.confirm(store, &published).await;
        let kept = self.set_aside(store, SetAsideReason::Refused, attempts - 1, refused).await;
        let also_kept = self.set_aside(store, SetAsideReason::Unconfirmed, attempts, unanswered).await;
        // What may have been published and is nowhere on record keeps the attempt.
        confirmed.and(also_kept)?;
        let moved = if not_taken == 0 && kept.is_ok() {
            self.go_on(end);
            self.state(None)
        } else {
            let before = Some(attempts - 1).filter(|attempts| *attempts > 0);
            self.state(before.map(|attempts| SweepClaim { page: self.position.clone(), attempts }))
        };
        store.move_sweep(Some(&claimed), &moved).await?;
        self.stored = Some(moved);
        kept?;
        if settled.published + settled.refused == 0 { Err(none_taken) } else { Ok(settled) }
    }

    /// The claim of the page that begins here, which this run or an earlier one left.
    fn claim_of_page(&self) -> Option<&SweepClaim> {
        self.stored.as_ref()?.claim.as_ref().filter(|claim| claim.page == self.position)
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
        SweepState { position: before.max(reached).clone(), claim, turn, run: self.run.clone() }
    }

    /// Leaves receipts. Without them the events are published again, so that it is tried twice.
    async fn confirm(&mut self, store: &Store, ids: &[EventId]) -> Result<(), StoreError> {
        match store.put_receipts(ids, self.now).await {
            Err(error) if error.is_transient() => store.put_receipts(ids, self.now).await?,
            written => written?,
        }
        self.receipts.add(ids);
        Ok(())
    }

    /// Sets each of `events` aside, with its cause. Gives the first error in the end.
    async fn set_aside(
        &self,
        store: &Store,
        reason: SetAsideReason,
        attempts: u32,
        events: Vec<(&Event, &str)>,
    ) -> Result<(), StoreError> {
        let pause = if reason == SetAsideReason::Unconfirmed { AFTER_NO_ANSWER } else { SignedDuration::ZERO };
        let due_at = self.now.checked_add(pause).unwrap_or(self.now);
        let mut done = Ok(());
        for (event, cause) in events {
            let entry = SetAside { attempts, ..SetAside::new(keys::event(event), reason, cause) };
            done = done.and(store.set_aside(&entry, due_at).await);
        }
        done
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
