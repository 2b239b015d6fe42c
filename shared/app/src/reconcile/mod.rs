//! Find what stands still, by its state, and move it on.
//!
//! Events make things fast; this makes them certain. Every item that has to move on is listed in the index `WORK` with the
//! time at which this must look at it, and leaves the index when it has moved on. A run works through what is due,
//! oldest first. Each kind of work has a file here, with limits of its own: a kind that has used up its limits, or that
//! keeps failing, is skipped for the rest of the run, and the other kinds go on. An item that could not be moved on is put
//! off, so that it stands in nobody's way. When nothing is due a run costs one query.

mod auto_approve;
mod delete_app;
mod delete_offering;
mod end_credential;
mod provision;
mod set_aside;

use std::collections::BTreeMap;
use std::time::Duration;

use gatepass_domain::Context;
use gatepass_store::keys::WorkKind;
use gatepass_store::{DueItem, Store, StoreError, WorkPosition};
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
    /// Items of kinds that this version does not know: a newer one wrote them.
    pub unknown: usize,
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
struct Share {
    limits: Limits,
    tally: Tally,
    looked_at: usize,
    deadline: Deadline,
    is_given_up: bool,
}

impl Share {
    fn new(kind: WorkKind, deadline: Deadline) -> Self {
        let limits = limits(kind);
        let deadline = deadline.or_after(limits.time);
        Self { limits, tally: Tally::default(), looked_at: 0, deadline, is_given_up: false }
    }

    fn is_used_up(&self) -> bool {
        self.is_given_up
            || self.looked_at >= self.limits.items
            || self.tally.failed >= self.limits.failures
            || self.deadline.is_over()
    }
}

fn limits(kind: WorkKind) -> Limits {
    match kind {
        WorkKind::AutoApprove => auto_approve::LIMITS,
        WorkKind::Provision => provision::LIMITS,
        WorkKind::DeleteOffering => delete_offering::LIMITS,
        WorkKind::SetAside => set_aside::LIMITS,
        WorkKind::EndCredential => end_credential::LIMITS,
        WorkKind::DeleteApp => delete_app::LIMITS,
    }
}

async fn step(kind: WorkKind, store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    match kind {
        WorkKind::AutoApprove => auto_approve::step(store, context, item).await,
        WorkKind::Provision => provision::step(store, context, item).await,
        WorkKind::DeleteOffering => delete_offering::step(store, context, item).await,
        WorkKind::SetAside => set_aside::step(store, context, item).await,
        WorkKind::EndCredential => end_credential::step(store, context, item).await,
        WorkKind::DeleteApp => delete_app::step(store, context, item).await,
    }
}

/// Does what is due at `context.now`, until `deadline`. Items that fail are logged, counted and put off; they do not make
/// the run fail.
///
/// # Errors
/// [`StoreError`] when the list of due work cannot be read. What was done before stays done.
pub async fn reconcile(store: &Store, context: &mut Context, deadline: Deadline) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut shares: BTreeMap<WorkKind, Share> = BTreeMap::new();
    let mut position = WorkPosition::start();
    'pages: while !deadline.is_over() {
        let items = store.due_work(&position, context.now, PAGE).await?;
        if items.is_empty() {
            break;
        }
        for item in &items {
            let Some(kind) = item.kind else {
                tracing::warn!(key = item.key.pk, "background work of a kind that this version does not know");
                report.unknown += 1;
                position = item.position_after_kind();
                continue 'pages;
            };
            let share = shares.entry(kind).or_insert_with(|| Share::new(kind, deadline));
            if share.is_used_up() {
                position = item.position_after_kind();
                continue 'pages;
            }
            position = item.position();
            // A run starts in the minute in which work becomes due, which may be a moment before it is due.
            if item.due_at <= context.now {
                report.released.extend(look_at(kind, store, context, item, share).await);
            }
        }
    }
    report.kinds = shares.into_iter().map(|(kind, share)| (kind, share.tally)).collect();
    Ok(report)
}

/// Looks at one item. Gives the event that is to be published, if there is one.
async fn look_at(
    kind: WorkKind,
    store: &Store,
    context: &mut Context,
    item: &DueItem,
    share: &mut Share,
) -> Option<Released> {
    share.looked_at += 1;
    let done = step(kind, store, &mut context.fork(), item).await;
    let (kind, key) = (kind.as_str(), &item.key.pk);
    match done {
        Ok(Step::Done) => {
            share.tally.done += 1;
            return None;
        }
        Ok(Step::Publish(released)) => return Some(*released),
        Ok(Step::Nothing) => {}
        Err(failure) => {
            share.tally.failed += 1;
            tracing::error!(kind, key, failure = causes(&failure), "background work failed");
            // When others were faster each time, that is the item's trouble alone.
            if failure.is_transient() && !matches!(failure, Refused::Busy) {
                // The store is in trouble, not the item: the next run goes on here.
                share.is_given_up = true;
                return None;
            }
        }
    }
    let later = context.now.checked_add(share.limits.put_off).unwrap_or(context.now);
    if let Err(error) = store.put_off(item, later).await {
        tracing::error!(kind, key, %error, "the item could not be put off");
        share.is_given_up = true;
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
