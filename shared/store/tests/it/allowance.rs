//! How often a person may ask for a plan: a window that slides.

use gatepass_domain::plan::Limit;
use gatepass_store::{Allowance, Guard, References, Transaction};
use gatepass_testkit::{Table, ada, at, context, grace};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::samples::slug;

proptest! {
    /// In no window are there more than the plan allows; what is refused is refused for a reason, until
    /// exactly the time that is named.
    #[test]
    fn no_window_holds_more_than_the_limit(requests in 1u64..6, per_seconds in 1u64..50, steps in prop::collection::vec(0i64..20_000, 1..60)) {
        let limit = Limit { requests, per_seconds };
        let interval = SignedDuration::from_secs(i64::try_from(per_seconds).unwrap());
        let mut now = at("2026-11-23T12:00:00Z");
        let mut allowance = Allowance::default();
        let mut granted: Vec<Timestamp> = Vec::new();
        for step in steps {
            now = now.checked_add(SignedDuration::from_millis(step)).unwrap();
            let in_window = granted.iter().filter(|time| now.duration_since(**time) < interval).count();
            match allowance.used(limit, now) {
                Ok(used) => {
                    prop_assert!(in_window < usize::try_from(requests).unwrap());
                    granted.push(now);
                    allowance = used;
                }
                Err(again) => {
                    prop_assert_eq!(in_window, usize::try_from(requests).unwrap());
                    prop_assert!(again > now);
                    prop_assert!(allowance.used(limit, again).is_ok());
                    let just_before = again.checked_sub(SignedDuration::from_millis(1)).unwrap();
                    prop_assert!(allowance.used(limit, just_before).is_err());
                }
            }
        }
    }
}

#[test]
fn a_plan_that_was_made_stricter_counts_what_was_asked_before() {
    let now = at("2026-11-23T12:00:00Z");
    let mut allowance = Allowance::default();
    for second in 0..5 {
        let time = now.checked_add(SignedDuration::from_secs(second)).unwrap();
        allowance = allowance.used(Limit { requests: 5, per_seconds: 60 }, time).unwrap();
    }
    // Of the five, four must have passed before one of at most two may follow.
    let again = allowance.used(Limit { requests: 2, per_seconds: 60 }, now).unwrap_err();
    assert_eq!(again, now.checked_add(SignedDuration::from_secs(63)).unwrap());
}

#[tokio::test]
async fn an_allowance_that_was_used_in_between_is_not_used_twice() {
    let store = Table::new().await.store();
    let limit = Limit { requests: 5, per_seconds: 60 };
    let plan = slug("free");
    let now = context().now;
    let use_it = |who: gatepass_domain::Person, read: &Allowance| {
        let used = read.used(limit, now).unwrap();
        Transaction::new(&mut context()).use_allowance(&who.id, &plan, used, limit, now)
    };
    let stale = Allowance::default();
    store.commit(use_it(ada(), &stale)).await.unwrap();
    let error = store.commit(use_it(ada(), &stale)).await.unwrap_err();
    assert!(error.is_refused_by(Guard::Allowance), "{error}");
    store.commit(use_it(grace(), &stale)).await.unwrap();

    let who = ada();
    let names = References {
        wanted: &[],
        plan_id: &plan,
        app_id: None,
        credential_id: None,
        requester: &who.id,
        reviewer: None,
    };
    for left in (0..4).rev() {
        let read = store.referenced_entities(&names).await.unwrap().allowance;
        store.commit(use_it(ada(), &read)).await.unwrap();
        let read = store.referenced_entities(&names).await.unwrap().allowance;
        assert_eq!(read.used(limit, now).is_ok(), left > 0);
    }
}
