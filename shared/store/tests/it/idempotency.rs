//! Results are recorded in the transaction that brings them about, and kept for a day.

use gatepass_domain::PersonId;
use gatepass_store::{Guard, IdempotencyKey, Recorded, Store, Transaction};
use gatepass_testkit::{Table, at, context};
use jiff::{SignedDuration, Timestamp};

fn key(who: &str, key: &str, fingerprint: &str) -> IdempotencyKey {
    IdempotencyKey { who: PersonId(who.into()), key: key.into(), fingerprint: fingerprint.into() }
}

async fn record(
    store: &Store,
    key: &IdempotencyKey,
    body: &str,
    now: Timestamp,
) -> Result<(), gatepass_store::CommitError> {
    store.commit(Transaction::new(&mut context()).result(key, body.into(), now)).await
}

#[tokio::test]
async fn a_result_is_found_again_by_the_same_call_alone() {
    let store = Table::new().await.store();
    let now = context().now;
    let mine = key("ada", "once", "body");
    assert_eq!(store.recorded(&mine, now).await.unwrap(), None);
    record(&store, &mine, "first", now).await.unwrap();
    assert_eq!(store.recorded(&mine, now).await.unwrap(), Some(Recorded::Same("first".into())));
    assert_eq!(store.recorded(&key("ada", "once", "other"), now).await.unwrap(), Some(Recorded::Other));
    // What clients choose as keys never meets.
    for other in [key("grace", "once", "body"), key("ada", "twice", "body"), key("adaonce", "", "body")] {
        assert_eq!(store.recorded(&other, now).await.unwrap(), None, "{other:?}");
    }
}

#[tokio::test]
async fn the_second_call_with_a_key_learns_the_result_of_the_first() {
    let store = Table::new().await.store();
    let now = context().now;
    let mine = key("ada", "once", "body");
    record(&store, &mine, "first", now).await.unwrap();
    let error = record(&store, &mine, "second", now).await.unwrap_err();
    assert!(error.is_refused_by(Guard::Idempotency));
    assert_eq!(error.already_recorded(&mine, now), Some(Recorded::Same("first".into())));
    let other = key("ada", "once", "other");
    let error = record(&store, &other, "second", now).await.unwrap_err();
    assert_eq!(error.already_recorded(&other, now), Some(Recorded::Other));
}

/// Also where the fractions of the two times are written in different lengths.
#[tokio::test]
async fn a_result_is_forgotten_after_a_day_to_the_millisecond() {
    let store = Table::new().await.store();
    for (n, start) in ["12:00:00Z", "12:00:00.5Z", "12:00:00.25Z", "12:00:00.123Z"].into_iter().enumerate() {
        let start = at(&format!("2026-11-23T{start}"));
        let mine = key("ada", &n.to_string(), "body");
        record(&store, &mine, "first", start).await.unwrap();
        for (after, forgotten) in [(-500, false), (-1, false), (0, true), (1, true), (500, true)] {
            let then = start
                .checked_add(SignedDuration::from_hours(24))
                .and_then(|end| end.checked_add(SignedDuration::from_millis(after)))
                .unwrap();
            assert_eq!(store.recorded(&mine, then).await.unwrap().is_none(), forgotten, "{start} {after}");
            if !forgotten {
                assert!(record(&store, &mine, "second", then).await.is_err(), "{start} {after}");
            }
        }
        for (after, body) in [(0, "at the end"), (24 * 3_600_000 + 500, "half a second later")] {
            let then = start.checked_add(SignedDuration::from_millis(24 * 3_600_000 + after)).unwrap();
            record(&store, &mine, body, then).await.unwrap();
            assert_eq!(store.recorded(&mine, then).await.unwrap(), Some(Recorded::Same(body.into())));
        }
    }
}
