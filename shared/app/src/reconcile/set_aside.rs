//! Events that were set aside: they are published as soon as that is possible, and reported until then.

use std::time::Duration;

use gatepass_domain::{Context, Event};
use gatepass_store::{DueItem, SetAside, SetAsideReason, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::{Limits, Step};
use crate::error::Refused;
use crate::relay::Answer;

/// The pause between two looks at the same event. Each look at one that cannot be published is reported, so that the alarm
/// lasts as long as there is one.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
pub(super) const LIMITS: Limits = Limits { items: 100, failures: 100, time: Duration::from_secs(5), put_off: PAUSE };
/// How often an event is handed out to be published.
const MOST_ATTEMPTS: u32 = 3;

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
    if entry.reason == SetAsideReason::Unconfirmed || entry.attempts >= MOST_ATTEMPTS {
        report(&key, &entry.cause);
        return Ok(Step::Nothing);
    }
    entry.attempts += 1;
    store.set_aside(&entry, later(context)).await?;
    Ok(Step::Publish(Box::new(Released { event, entry })))
}

/// When an event is looked at again: not within the same run.
fn later(context: &Context) -> Timestamp {
    context.now.checked_add(PAUSE).unwrap_or(context.now)
}

/// The figure behind the alarm "event errors": one for each look at an event that cannot be published.
fn report(key: &str, cause: &str) {
    tracing::error!(alarm = "set-aside", key, cause, "an event is set aside and cannot be published");
}

/// Writes down what the bus answered for events that were released. Gives how many were published.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(
    store: &Store,
    context: &Context,
    released: &[Released],
    answers: &[Answer],
) -> Result<usize, StoreError> {
    let mut published = 0;
    for (one, answer) in released.iter().zip(answers) {
        match answer {
            Answer::Published => {
                store.put_receipts(&[one.event.id], context.now).await?;
                store.take_back(&one.entry.event()).await?;
                published += 1;
            }
            Answer::Refused(cause) | Answer::Unanswered(cause) => {
                report(&one.entry.event_pk, cause);
                let entry = SetAside { attempts: one.entry.attempts - 1, ..one.entry.clone() };
                store.set_aside(&entry, later(context)).await?;
            }
        }
    }
    Ok(published)
}
