//! Statistics from counters that are kept up to a moment, and from the log since that moment: exact, fresh,
//! and the same few reads however much has happened.

use gatepass_domain::statistics::{Day, Statistics, Tally};
use gatepass_domain::{ApiOwner, Context};
use gatepass_store::{CountedDay, Guard, Store, Transaction};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::error::Refused;

/// How long an event may be on its way into the table: so long the log of a moment is left alone.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
/// How much of the log is worth counting: what is younger is added up when somebody asks.
const WORTH_COUNTING: SignedDuration = SignedDuration::from_hours(1);
/// How much of the log is counted at once, at most.
const STRIDE: SignedDuration = SignedDuration::from_hours(6);
/// How far back the first count begins.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Counts what the log has gained since the last time, an hour's worth at least; gives how many events. Two at once count once: the
/// second finds its start taken and leaves the rest to the first.
///
/// # Errors
/// [`Refused::Store`]. What was counted stays counted.
pub async fn count_up(store: &Store, context: &mut Context) -> Result<usize, Refused> {
    let settled = context.now.checked_sub(ON_ITS_WAY).unwrap_or(context.now);
    let mut counted = 0;
    let mut marker = store.counted_to().await?;
    loop {
        let from = marker.unwrap_or_else(|| settled.checked_sub(FIRST_LOOK).unwrap_or(settled));
        if settled.duration_since(from) < WORTH_COUNTING {
            return Ok(counted);
        }
        let date = date_of(from);
        let until = from.checked_add(STRIDE).unwrap_or(settled).min(settled).min(midnight_after(date));
        let standing = store.counted_day(date).await?;
        let mut tally = standing.map(|day| day.tally).unwrap_or_default();
        counted += add_log(store, &mut tally, from, until).await?;
        let day = CountedDay { date, tally, until };
        match store.commit(Transaction::new(context).counted(&day, marker)).await {
            Ok(()) => marker = Some(until),
            Err(error) if error.is_refused_by(Guard::Statistics) => return Ok(counted),
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
}

/// The statistics of the days from `from` to `to`, both included, in UTC.
///
/// # Errors
/// [`Refused::Store`].
pub async fn statistics(
    store: &Store,
    now: Timestamp,
    _owner: &ApiOwner,
    from: Date,
    to: Date,
) -> Result<Statistics, Refused> {
    // Read before the days: what is counted in between is in a day that says so itself.
    let marker = store.counted_to().await?;
    let marker = marker.unwrap_or_else(|| now.checked_sub(FIRST_LOOK).unwrap_or(now));
    let counted = store.counted_days(from, to).await?;
    let mut totals = Tally::default();
    let mut days = Vec::new();
    for date in from.series(1.day()).take_while(|date| *date <= to) {
        let standing = counted.iter().find(|day| day.date == date);
        let mut tally = standing.map(|day| day.tally.clone()).unwrap_or_default();
        let since = standing.map_or(marker, |day| day.until.max(marker)).max(midnight_before(date));
        let until = midnight_after(date);
        if since < until && since <= now {
            add_log(store, &mut tally, since, until).await?;
        }
        totals.add(&tally);
        days.push(Day { date, counts: tally.counts });
    }
    Ok(Statistics {
        from,
        to,
        days,
        totals: totals.counts,
        time_to_decision: totals.time_to_decision(),
        open: store.open_work().await?,
    })
}

/// Adds what happened from `from` until before `until`; both on one day.
async fn add_log(store: &Store, tally: &mut Tally, from: Timestamp, until: Timestamp) -> Result<usize, Refused> {
    let events = store.events_of_day(from, until).await?;
    let counted = events.iter().filter(|event| event.occurred_at < until);
    Ok(counted.map(|event| tally.count(event)).count())
}

/// The day of `at`, in UTC.
pub fn date_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

fn midnight_before(date: Date) -> Timestamp {
    date.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MIN, |midnight| midnight.timestamp())
}

fn midnight_after(date: Date) -> Timestamp {
    date.tomorrow().map_or(Timestamp::MAX, midnight_before)
}
