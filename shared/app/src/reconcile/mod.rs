//! Find what stands still, by its state, and move it on.
//!
//! Events make things fast; this makes them certain. Every item that has to move on is listed in the index `WORK` with the
//! time at which this must look at it, and leaves the index when it has moved on. Each kind of work has a file here, a range
//! of its own in the index, and a budget of its own: the budgets add up to a run, so that no kind takes another's time. The time
//! that kinds leave over goes to those that have more to do. An item that could not be moved on is put off, so that it stands
//! in nobody's way. When nothing is due a run costs one query for each kind.

mod auto_approve;
mod delete_app;
mod delete_offering;
mod end_credential;
mod provision;
mod set_aside;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

use gatepass_domain::Context;
use gatepass_store::keys::WorkKind;
use gatepass_store::{DueItem, Store, StoreError};
use jiff::SignedDuration;

use crate::deadline::Deadline;
use crate::error::Refused;

pub use set_aside::{Released, settle};

/// Rows of the index that are read at once.
const PAGE: i32 = 100;
/// The usual pause before an item that could not be moved on is looked at again.
const PUT_OFF: SignedDuration = SignedDuration::from_mins(10);

/// How much one run does of a kind of work.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Items.
    items: usize,
    /// Failures after which the kind is given up for this run.
    failures: usize,
    /// Time.
    time: Duration,
    /// The pause before an item that could not be moved on is looked at again.
    put_off: SignedDuration,
}

/// The result of looking at an item.
#[derive(Debug)]
enum Step {
    /// It was moved on.
    Done,
    /// It was moved on, and there is more to do: others of its kind come first.
    More,
    /// There was nothing to do, or not yet.
    Nothing,
    /// An event is to be published. Whoever started the run does that.
    Publish(Box<Released>),
}

/// The result of a run for one kind of work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items that were moved on.
    pub done: usize,
    /// Items that could not be moved on.
    pub failed: usize,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// By kind of work; kinds of which nothing was due are absent.
    pub kinds: BTreeMap<WorkKind, Tally>,
    /// Events that were set aside and can be published now; to be [settled](settle) then.
    pub released: Vec<Released>,
}

impl Report {
    /// Items that were moved on.
    pub fn done(&self) -> usize {
        self.kinds.values().map(|tally| tally.done).sum()
    }

    /// Items that could not be moved on.
    pub fn failed(&self) -> usize {
        self.kinds.values().map(|tally| tally.failed).sum()
    }
}

/// A kind's part of a run.
#[derive(Default)]
struct Share {
    tally: Tally,
    looked_at: usize,
    /// The item that was looked at last.
    position: Option<DueItem>,
    end: ShareEnd,
}

/// The reason for which a kind has no further part in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ShareEnd {
    /// There may be more to do.
    #[default]
    Open,
    /// Nothing is due any more, as many items were looked at as one run may, or too many failed.
    Over,
}

impl Share {
    fn is_over(&self, limits: &Limits) -> bool {
        self.end == ShareEnd::Over || self.looked_at >= limits.items || self.tally.failed >= limits.failures
    }
}

/// The time that a run takes at most, but for the step that it is at: the budgets of all kinds.
pub fn budget() -> Duration {
    WorkKind::ALL.into_iter().map(|kind| limits(kind).time).sum()
}

fn limits(kind: WorkKind) -> Limits {
    match kind {
        WorkKind::AutoApprove => auto_approve::LIMITS,
        WorkKind::Provision => provision::LIMITS,
        WorkKind::DeleteOffering => delete_offering::LIMITS,
        WorkKind::SetAside => set_aside::LIMITS,
        WorkKind::EndCredential => end_credential::LIMITS,
        WorkKind::DeleteApp => delete_app::LIMITS,
        WorkKind::Waiting => waiting::LIMITS,
    }
}

/// Moves one item on. Work that has many steps of its own stops when `until` is over.
async fn step(
    kind: WorkKind,
    store: &Store,
    context: &mut Context,
    item: &DueItem,
    until: Deadline,
) -> Result<Step, Refused> {
    match kind {
        WorkKind::AutoApprove => auto_approve::step(store, context, item).await,
        WorkKind::Provision => provision::step(store, context, item).await,
        WorkKind::DeleteOffering => delete_offering::step(store, context, item, until).await,
        WorkKind::SetAside => set_aside::step(store, context, item).await,
        WorkKind::EndCredential => end_credential::step(store, context, item).await,
        WorkKind::DeleteApp => delete_app::step(store, context, item, until).await,
        WorkKind::Waiting => waiting::step(store, context, item).await,
    }
}

/// Does what is due at `context.now`, until `deadline`: each kind of work for the time of its own budget, and then those that
/// have more to do for what is left. Items that fail are logged, counted and put off; they do not make the run fail.
///
/// # Errors
/// [`StoreError`] when the list of due work cannot be read. What was done before stays done.
pub async fn reconcile(store: &Store, context: &mut Context, deadline: Deadline) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut shares: BTreeMap<WorkKind, Share> = BTreeMap::new();
    for turn in [Turn::OwnBudget, Turn::LeftOver] {
        for kind in WorkKind::ALL {
            let until = match turn {
                Turn::OwnBudget => deadline.or_after(limits(kind).time),
                Turn::LeftOver => deadline,
            };
            let share = shares.entry(kind).or_default();
            work_through(kind, store, context, share, until, &mut report.released).await?;
        }
    }
    let kinds = shares.into_iter().filter(|(_, share)| share.looked_at > 0);
    report.kinds = kinds.map(|(kind, share)| (kind, share.tally)).collect();
    Ok(report)
}

/// The time that a kind of work may use.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// The kind's own.
    OwnBudget,
    /// The time that the other kinds did not need.
    LeftOver,
}

/// Works through what is due of one kind, oldest first, until the time or the kind's limits are used up.
async fn work_through(
    kind: WorkKind,
    store: &Store,
    context: &mut Context,
    share: &mut Share,
    until: Deadline,
    released: &mut Vec<Released>,
) -> Result<(), StoreError> {
    let limits = limits(kind);
    while !until.is_over() && !share.is_over(&limits) {
        let items = store.due_work(kind, share.position.as_ref(), context.now, PAGE).await?;
        if items.is_empty() {
            share.end = ShareEnd::Over;
        }
        for item in items {
            if until.is_over() || share.is_over(&limits) {
                return Ok(());
            }
            released.extend(look_at(kind, store, context, &item, share, until).await);
            share.position = Some(item);
        }
    }
    Ok(())
}

/// Looks at one item. Gives the event that is to be published, if there is one.
async fn look_at(
    kind: WorkKind,
    store: &Store,
    context: &mut Context,
    item: &DueItem,
    share: &mut Share,
    until: Deadline,
) -> Option<Released> {
    share.looked_at += 1;
    let done = step(kind, store, &mut context.fork(), item, until).await;
    let put_off = limits(kind).put_off;
    let (kind, key) = (kind.as_str(), &item.key.pk);
    let pause = match done {
        Ok(Step::Done) => {
            share.tally.done += 1;
            return None;
        }
        Ok(Step::Publish(released)) => return Some(*released),
        Ok(Step::More) => {
            share.tally.done += 1;
            SignedDuration::ZERO
        }
        Ok(Step::Nothing) => put_off,
        Err(failure) => {
            share.tally.failed += 1;
            let cause = causes(&failure);
            // When others were faster each time, that is the item's trouble alone.
            if matches!(failure, Refused::Busy) {
                tracing::warn!(kind, key, failure = cause, "others were faster than background work");
            } else if !failure.is_transient() {
                tracing::error!(alarm = "work-failed", kind, key, failure = cause, "background work failed");
            } else {
                tracing::error!(kind, key, failure = cause, "background work failed");
                // The store is in trouble, not the item: the next run goes on here.
                share.end = ShareEnd::Over;
                return None;
            }
            put_off
        }
    };
    let later = context.now.checked_add(pause).unwrap_or(context.now);
    if let Err(error) = store.put_off(item, later).await {
        tracing::error!(kind, key, %error, "the item could not be put off");
        share.end = ShareEnd::Over;
    }
    None
}

/// An error with the chain of its causes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
