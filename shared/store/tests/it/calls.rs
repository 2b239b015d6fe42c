//! Calls are counted exactly, by one write each.

use gatepass_domain::id::{CredentialId, ProductId};
use gatepass_domain::plan::Limit;
use gatepass_store::{CallLimits, Count, Counted};
use gatepass_testkit::{Table, at, context};
use jiff::{SignedDuration, Timestamp};

fn limit(requests: u64, per_seconds: u64) -> Option<Limit> {
    Some(Limit { requests, per_seconds })
}

struct Calls {
    table: Table,
    id: CredentialId,
    limits: CallLimits,
    now: Timestamp,
}

impl Calls {
    async fn under(rate: Option<Limit>, quota: Option<Limit>) -> Self {
        let (table, limits) = (Table::new().await, CallLimits { rate, quota });
        Self { table, id: context().id(), limits, now: at("2026-11-23T12:00:00.5Z") }
    }

    async fn call(&self) -> Counted {
        let product: ProductId = "weather-api".parse().unwrap();
        self.table.store().count_call(self.id, &product, self.limits, self.now).await.unwrap()
    }

    /// How many of `calls` are within the limits.
    async fn within(&self, calls: usize) -> usize {
        let mut within = 0;
        for _ in 0..calls {
            within += usize::from(matches!(self.call().await, Counted::Within(_)));
        }
        within
    }

    fn later(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }
}

#[tokio::test]
async fn each_window_allows_what_the_rate_limit_says() {
    let mut calls = Calls::under(limit(5, 1), None).await;
    for _ in 0..70 {
        assert_eq!(calls.within(8).await, 5);
        calls.later(1);
    }
}

#[tokio::test]
async fn a_call_is_one_write_and_says_what_is_left() {
    let calls = Calls::under(limit(2, 60), limit(10, 3600)).await;
    calls.table.faults.calls();
    let Counted::Within(counts) = calls.call().await else { panic!("the first call is within the limits") };
    let resets_at = |time| at(time);
    let rate = Count { limit: limit(2, 60).unwrap(), calls: 1, resets_at: resets_at("2026-11-23T12:01:00Z") };
    let quota = Count { limit: limit(10, 3600).unwrap(), calls: 1, resets_at: resets_at("2026-11-23T13:00:00Z") };
    assert_eq!((counts.rate, counts.quota), (Some(rate), Some(quota)));
    assert_eq!(calls.within(2).await, 1);
    assert_eq!(calls.table.faults.calls(), ["UpdateItem"; 3]);
}

/// What a rate limit refuses is not taken from the quota.
#[tokio::test]
async fn a_refused_call_is_not_counted() {
    let mut calls = Calls::under(limit(2, 1), limit(5, 86_400)).await;
    assert_eq!(calls.within(10).await, 2);
    calls.later(1);
    assert_eq!(calls.within(10).await, 2);
    calls.later(1);
    assert_eq!(calls.within(10).await, 1);
    let Counted::Over(counts) = calls.call().await else { panic!("the quota is used up") };
    assert_eq!((counts.used_up_rate(), counts.used_up_quota().map(|count| count.calls)), (None, Some(5)));
    calls.later(86_400);
    assert_eq!(calls.within(10).await, 2, "the next day");
}

/// After a pause, the attribute of a window may still hold the count of an older one.
#[tokio::test]
async fn a_window_after_a_long_pause_begins_anew() {
    for pause in [30, 31, 32, 33, 63, 64, 65, 3200] {
        let mut calls = Calls::under(limit(3, 1), limit(1_000, 86_400)).await;
        assert_eq!(calls.within(5).await, 3);
        calls.later(pause);
        assert_eq!(calls.within(5).await, 3, "{pause}");
    }
}

#[tokio::test]
async fn other_limits_are_counted_from_their_beginning() {
    let mut calls = Calls::under(limit(3, 60), None).await;
    assert_eq!(calls.within(5).await, 3);
    calls.limits = CallLimits { rate: limit(5, 60), quota: None };
    assert_eq!(calls.within(5).await, 2, "the window goes on under the larger limit");
    calls.limits = CallLimits { rate: limit(2, 1), quota: None };
    assert_eq!(calls.within(5).await, 2);
    calls.limits = CallLimits { rate: Some(Limit { requests: u64::MAX, per_seconds: 1 }), quota: None };
    assert_eq!(calls.within(5).await, 5);
}

// Covers P22.
#[tokio::test]
async fn fifty_callers_at_once_get_what_the_quota_has() {
    let calls = Calls::under(None, limit(200, 86_400)).await;
    let calls = &calls;
    let each = futures_util::future::join_all((0..50).map(|_| async move { calls.within(10).await }));
    assert_eq!(each.await.into_iter().sum::<usize>(), 200);
}

/// Those that find an older window wait for none of the others, and yet only as many get through as in any window.
#[tokio::test]
async fn fifty_callers_at_once_after_a_pause_get_what_the_window_has() {
    let mut calls = Calls::under(limit(5, 1), limit(1_000, 86_400)).await;
    assert_eq!(calls.within(8).await, 5);
    calls.later(32);
    let calls = &calls;
    let each = futures_util::future::join_all((0..50).map(|_| async move { calls.within(2).await }));
    assert_eq!(each.await.into_iter().sum::<usize>(), 5);
}
