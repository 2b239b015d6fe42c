//! Statistics from counters that are kept up to a moment, and from the log since that moment: exact, fresh,
//! and the same few reads however much has happened.

use gatepass_domain::statistics::{Day, Statistics, Tally};
use gatepass_domain::{ApiOwner, Context};
use gatepass_store::{CountedDay, Guard, LogPosition, Store, Transaction};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::Deadline;
use crate::error::Refused;
use crate::sweep::{ON_ITS_WAY, RECORDED_LATE};

/// How much of the log is worth counting: what is younger is added up when somebody asks.
const WORTH_COUNTING: SignedDuration = SignedDuration::from_mins(10);
/// Events of each of the log's shards that are read at once.
const PAGE: i32 = 250;
/// Events after which what was counted is written down.
const MOST_UNSAVED: usize = 5_000;
/// How far back the first count begins.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Counts what the log has gained since the last time, if it is worth it, until `deadline`; gives how many events. Two runs
/// at once count once: the second finds its start taken and leaves the rest to the first.
///
/// # Errors
/// [`Refused::Store`]. What was counted stays counted.
pub async fn count_up(store: &Store, context: &mut Context, deadline: Deadline) -> Result<usize, Refused> {
    // An event that is recorded behind what is counted would never be counted.
    let settled = context.now.checked_sub(ON_ITS_WAY).and_then(|time| time.checked_sub(RECORDED_LATE));
    let settled = settled.unwrap_or(context.now);
    let first = LogPosition::at(settled.checked_sub(FIRST_LOOK).unwrap_or(settled));
    let mut counted = 0;
    let mut marker = store.counted_to().await?;
    loop {
        let from = marker.clone().unwrap_or_else(|| first.clone());
        if settled.duration_since(from.time()) < WORTH_COUNTING || deadline.is_over() {
            return Ok(counted);
        }
        let date = date_of(from.time());
        let end = LogPosition::at(midnight_after(date).min(settled));
        let standing = store.counted_day(date).await?;
        let mut tally = standing.map(|day| day.tally).unwrap_or_default();
        let (mut position, mut added) = (from, 0);
        while position < end && added < MOST_UNSAVED && !deadline.is_over() {
            let page = store.log_page(&position, end.time(), PAGE).await?;
            page.events.iter().for_each(|event| tally.count(event));
            added += page.events.len();
            position = page.end;
        }
        let day = CountedDay { date, tally, until: position.clone() };
        match store.commit(Transaction::new(context).counted(&day, marker.as_ref())).await {
            Ok(()) => marker = Some(position),
            Err(error) if error.is_refused_by(Guard::Statistics) => return Ok(counted),
            Err(error) => return Err(Refused::unexpected(error)),
        }
        counted += added;
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
    let marker = marker.unwrap_or_else(|| LogPosition::at(now.checked_sub(FIRST_LOOK).unwrap_or(now)));
    let counted = store.counted_days(from, to).await?;
    let mut totals = Tally::default();
    let mut days = Vec::new();
    for date in from.series(1.day()).take_while(|date| *date <= to) {
        let standing = counted.iter().find(|day| day.date == date);
        let mut tally = standing.map(|day| day.tally.clone()).unwrap_or_default();
        let since = standing.map_or(&marker, |day| (&day.until).max(&marker)).clone();
        let since = since.max(LogPosition::at(midnight_before(date)));
        if since.time() <= now {
            add_log(store, &mut tally, since, midnight_after(date)).await?;
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

/// Adds what happened after `position` and before `until`, page by page.
async fn add_log(store: &Store, tally: &mut Tally, mut position: LogPosition, until: Timestamp) -> Result<(), Refused> {
    let end = LogPosition::at(until);
    while position < end {
        let page = store.log_page(&position, until, PAGE).await?;
        page.events.iter().for_each(|event| tally.count(event));
        position = page.end;
    }
    Ok(())
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
