//! Find what was recorded and never published: what the stream lost.

use gatepass_domain::Event;
use gatepass_store::{Store, StoreError};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How long an event may be on its way from the table to the bus.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
/// How much of the past one sweep compares at most.
const STRIDE: SignedDuration = SignedDuration::from_hours(6);
/// How far the first sweep looks back.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(1);

/// What a sweep found.
#[derive(Debug)]
pub struct Sweep {
    /// Events without a receipt, oldest first: to be published again.
    pub lost: Vec<Event>,
    /// Until when the sweep compared. To be kept by [`Store::set_swept_to`] once all are published.
    pub until: Timestamp,
}

/// Compares the log with the receipts of the relay, from where the last sweep ended to two minutes ago.
///
/// # Errors
/// [`StoreError`].
pub async fn find_lost(store: &Store, now: Timestamp) -> Result<Option<Sweep>, StoreError> {
    let settled = now.checked_sub(ON_ITS_WAY).unwrap_or(now);
    let first = settled.checked_sub(FIRST_LOOK).unwrap_or(settled);
    let from = store.swept_to().await?.unwrap_or(first);
    if from >= settled {
        return Ok(None);
    }
    let until = from.checked_add(STRIDE).unwrap_or(settled).min(settled).min(end_of_day(from));
    let published = store.published(from, now).await?;
    let recorded = store.events_of_day(from, until).await?;
    let lost = recorded.into_iter().filter(|event| !published.contains(&event.id)).collect();
    Ok(Some(Sweep { lost, until }))
}

/// The first moment of the next day, in UTC: the log is kept by day.
fn end_of_day(at: Timestamp) -> Timestamp {
    let next = at.to_zoned_datetime(TimeZone::UTC).date().tomorrow();
    let midnight = next.and_then(|date| date.to_zoned_datetime(TimeZone::UTC));
    midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}
