//! The end of a key is announced before it comes.

use gatepass_domain::Plan;
use gatepass_testkit::{demo, owen};
use jiff::SignedDuration;
use serde_json::json;

use super::held::Held;
use crate::harness::Api;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How often the end of the credential was announced, and how often it has come.
async fn told(held: &Held<'_>) -> (usize, usize) {
    let events = held.events().await;
    let count = |name: &str| events.iter().filter(|event| event.detail.event_type() == name).count();
    (count("CredentialExpiring"), count("CredentialExpired"))
}

/// Lets so many hours pass, in which the schedule does not run, and then runs it twice.
async fn hours_later(api: &Api, hours: i32) {
    api.advance(HOUR * hours);
    api.reconcile().await;
    api.reconcile().await;
}

#[tokio::test]
async fn the_end_is_announced_fourteen_and_two_days_before_it() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    hours_later(&api, 16 * 24 - 1).await;
    assert_eq!(told(&held).await, (0, 0));
    hours_later(&api, 2).await;
    assert_eq!(told(&held).await, (1, 0));
    hours_later(&api, 12 * 24 - 3).await;
    assert_eq!(told(&held).await, (1, 0));
    hours_later(&api, 3).await;
    assert_eq!(told(&held).await, (2, 0));
    hours_later(&api, 48).await;
    assert_eq!(told(&held).await, (2, 1));
}

#[tokio::test]
async fn a_schedule_that_ran_late_announces_once_and_nothing_after_the_end() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    hours_later(&api, 29 * 24).await;
    assert_eq!(told(&held).await, (1, 0));
    let other = Api::new().await;
    let held = Held::under(&other, "free").await;
    hours_later(&other, 50 * 24).await;
    assert_eq!(told(&held).await, (0, 1));
}

// Covers P9.
#[tokio::test]
async fn a_renewal_moves_the_announcements() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    hours_later(&api, 29 * 24).await;
    assert_eq!(told(&held).await, (1, 0));
    held.change("renew", json!({})).await;
    hours_later(&api, 24).await;
    assert_eq!(told(&held).await, (1, 0), "the old end is no end any more");
    hours_later(&api, 16 * 24 + 1).await;
    assert_eq!(told(&held).await, (2, 0));
}

#[tokio::test]
async fn another_plan_moves_the_announcements() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    held.change("change-plan", json!({ "plan_id": "gold" })).await;
    hours_later(&api, 40 * 24).await;
    assert_eq!(told(&held).await, (0, 0), "keys of gold do not expire");
}

#[tokio::test]
async fn a_key_that_lives_shorter_is_not_announced() {
    let api = Api::new().await;
    let gold = Plan { key_expires_in_seconds: Some(2 * 86_400), ..demo::plan("gold", "Gold") };
    api.world.offer::<Plan>(gold).await;
    let held = Held::under(&api, "gold").await;
    hours_later(&api, 47).await;
    assert_eq!(told(&held).await, (0, 0));
    hours_later(&api, 2).await;
    assert_eq!(told(&held).await, (0, 1));
}

#[tokio::test]
async fn administrators_choose_when_the_end_is_announced() {
    let api = Api::new().await;
    let put = async |times: serde_json::Value| {
        let body = json!({ "expiry_notices_seconds": times });
        api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(body).send().await
    };
    for (faulty, pointer) in [
        (json!([59]), "/expiry_notices_seconds/0"),
        (json!([3600, 3600]), "/expiry_notices_seconds/1"),
        (json!([60, 61, 62, 63, 64, 65]), "/expiry_notices_seconds"),
    ] {
        let refused = put(faulty).await.problem(400, "invalid-body");
        assert_eq!(refused.pointers(), [pointer]);
    }
    put(json!([3600])).await.expect(200);
    let held = Held::under(&api, "free").await;
    hours_later(&api, 30 * 24 - 2).await;
    assert_eq!(told(&held).await, (0, 0));
    hours_later(&api, 1).await;
    assert_eq!(told(&held).await, (1, 0));
}

#[tokio::test]
async fn without_times_only_the_end_is_told() {
    let api = Api::new().await;
    let body = json!({ "expiry_notices_seconds": [] });
    api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(body).send().await.expect(200);
    let held = Held::under(&api, "free").await;
    hours_later(&api, 30 * 24 - 1).await;
    hours_later(&api, 2).await;
    assert_eq!(told(&held).await, (0, 1));
}

// Covers P10.
#[tokio::test]
async fn the_earlier_of_key_end_and_access_end_is_shown_with_its_reason() {
    for (key, access, days, because) in [
        (Some(30), None, 30, "key"),
        (Some(30), Some(10), 10, "access"),
        (Some(5), Some(10), 5, "key"),
        (None, Some(10), 10, "access"),
    ] {
        let api = Api::new().await;
        let seconds = |days: Option<u64>| days.map(|days| days * 86_400);
        let gold = demo::plan("gold", "Gold");
        let (key_expires_in_seconds, access_expires_in_seconds) = (seconds(key), seconds(access));
        api.world.offer::<Plan>(Plan { key_expires_in_seconds, access_expires_in_seconds, ..gold }).await;
        let held = Held::under(&api, "gold").await;
        let (shown, key) = (held.listed().await, held.reveal().await);
        assert_eq!(shown["expires_because"], because, "{shown}");
        api.advance(HOUR * (days * 24 - 1));
        assert!(held.opens(&key).await, "{days}");
        api.advance(HOUR);
        assert!(!held.opens(&key).await, "{days}");
    }
}
