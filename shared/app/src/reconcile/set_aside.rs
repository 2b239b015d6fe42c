//! Events that were set aside: they are published as soon as that is possible, and reported until then. An event that
//! EventBridge may have taken three times is left to a person.

use std::time::Duration;

use gatepass_domain::{Context, Event};
use gatepass_store::{DueItem, SetAside, SetAsideReason, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::{Limits, Step};
use crate::error::Refused;
use crate::relay::Answer;
use crate::sweep::{AFTER_NO_ANSWER, MOST_ATTEMPTS};

/// The pause between two looks at the same event. Each look at one that cannot be published is reported, so that the alarm
/// lasts as long as there is one.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
pub(super) const LIMITS: Limits = Limits { items: 1000, failures: 1000, time: Duration::from_secs(1), put_off: PAUSE };

/// An event that was set aside and can be read: to be published, and then [settled](settle).
#[derive(Debug)]
pub struct Released {
    /// The event.
    pub event: Event,
    entry: SetAside,
}

pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some(mut entry) = store.event_set_aside(&item.key).await? else { return Ok(Step::Nothing) };
    let Some(found) = store.event_item(&entry.event()).await? else {
        // Restored from a backup: what it was about is not there any more.
        store.take_back(&entry.event()).await?;
        return Ok(Step::Done);
    };
    let key = entry.event_pk.clone();
    let event = match found {
        Ok(event) => event,
        Err(unreadable) => {
            report(&key, &unreadable.cause);
            return Ok(Step::Nothing);
        }
    };
    if store.published(std::slice::from_ref(&event)).await?.contains(&event.id) {
        store.take_back(&entry.event()).await?;
        return Ok(Step::Done);
    }
    if entry.attempts >= MOST_ATTEMPTS {
        report(&key, &entry.cause);
        return Ok(Step::Nothing);
    }
    entry.attempts += 1;
    // When this run ends before the answer is on record, the event was an attempt without one.
    store.set_aside(&entry, later(context, AFTER_NO_ANSWER)).await?;
    Ok(Step::Publish(Box::new(Released { event, entry })))
}

fn later(context: &Context, pause: SignedDuration) -> Timestamp {
    context.now.checked_add(pause).unwrap_or(context.now)
}

/// The metric behind the alarm "event errors": one for each look at an event that cannot be published.
fn report(key: &str, cause: &str) {
    tracing::error!(alarm = "set-aside", key, cause, "an event is set aside and cannot be published");
}

/// Writes down what the bus answered for events that were released. Gives how many were published.
///
/// # Errors
/// The first [`StoreError`], once everything else is written down.
pub async fn settle(
    store: &Store,
    context: &Context,
    released: &[Released],
    answers: &[Answer],
) -> Result<usize, StoreError> {
    let mut published = Vec::new();
    let mut done = Ok(());
    for (one, answer) in released.iter().zip(answers) {
        let (entry, pause) = match answer {
            Answer::Published => {
                published.push(one);
                continue;
            }
            Answer::Refused(cause) | Answer::NotTaken(cause) => {
                report(&one.entry.event_pk, cause);
                (SetAside { attempts: one.entry.attempts - 1, ..one.entry.clone() }, PAUSE)
            }
            Answer::Unanswered(cause) => {
                report(&one.entry.event_pk, cause);
                let (reason, cause) = (SetAsideReason::Unconfirmed, cause.clone());
                (SetAside { reason, cause, ..one.entry.clone() }, AFTER_NO_ANSWER)
            }
        };
        done = done.and(store.set_aside(&entry, later(context, pause)).await);
    }
    let ids: Vec<_> = published.iter().map(|one| one.event.id).collect();
    match store.put_receipts(&ids, context.now).await {
        Ok(()) => {
            for one in &published {
                done = done.and(store.take_back(&one.entry.event()).await);
            }
        }
        failed => done = done.and(failed),
    }
    done.map(|()| published.len())
}
