use std::time::Duration;

use gatepass_app::Deadline;
use gatepass_domain::Context;
use gatepass_store::LogPosition;
use gatepass_testkit::{ada, grace, owen};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::harness::{Api, id_of};

/// The day of an entity's creation.
fn day_of(entity: &Value) -> Date {
    entity["created_at"].as_str().unwrap()[..10].parse().unwrap()
}

async fn statistics(api: &Api, query: &str) -> Value {
    api.get(&format!("/v1/admin/statistics{query}")).by_owner(&owen()).send().await.expect(200).body
}

/// Counts what the log has gained by `context`'s time.
async fn count_up(api: &Api, mut context: Context) {
    let deadline = Deadline::after(Duration::from_secs(60));
    gatepass_app::statistics::count_up(&api.world.store, &mut context, deadline).await.unwrap();
}

/// Fresh, whether or not anything has been counted yet; and counted, the same to the last figure.
#[tokio::test]
async fn what_happened_is_in_the_statistics_at_once_and_stays_there() {
    let api = Api::new().await;
    let waits = api.request(&ada(), "weather-api", "gold", "Waits").await;
    let approved = id_of(&api.request(&ada(), "weather-api", "gold", "Approved").await);
    let rejected = id_of(&api.request(&grace(), "maps-api", "gold", "Rejected").await);
    api.advance(SignedDuration::from_secs(600));
    api.approve(&approved).await;
    api.provision(&approved).await;
    api.world.rejected(rejected.parse().unwrap(), "No").await;
    let app = id_of(&waits["app"]);
    let asked = json!({ "product_ids": ["fleet-api"], "plan_id": "gold" });
    let granted =
        api.post(&format!("/v1/admin/apps/{app}/grants")).by_owner(&owen()).json(asked).send().await.expect(201);

    let day = day_of(&granted.body);
    let query = format!("?from={}&to={day}", day.saturating_sub(1.day()));
    let fresh = statistics(&api, &query).await;
    assert_eq!(fresh["totals"]["submitted"], 3);
    assert_eq!(fresh["totals"]["granted"], 1);
    assert_eq!((&fresh["totals"]["approved"], &fresh["totals"]["provisioned"]), (&json!(1), &json!(1)));
    assert_eq!((&fresh["open"]["pending"], &fresh["open"]["queued"]), (&json!(1), &json!(1)));
    assert_eq!(fresh["open"]["oldest_pending_at"], waits["created_at"]);
    // Each decision of a person has a waiting time; what was granted has waited for nobody.
    let decided = fresh["totals"]["approved"].as_u64().unwrap() + fresh["totals"]["rejected"].as_u64().unwrap();
    assert_eq!(fresh["time_to_decision"]["decisions"], decided);
    let p90 = fresh["time_to_decision"]["p90_seconds"].as_f64().unwrap();
    assert!((599.0..=750.0).contains(&p90), "ten minutes, at most a fifth too high: {p90}");

    // Counted at any time, once or again, it is the same.
    let now: Timestamp = granted.text("/created_at").parse().unwrap();
    for minutes in [1, 3, 3, 30, 600] {
        let later = now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        count_up(&api, Context::seeded(later, minutes as u64)).await;
        let mut counted = statistics(&api, &query).await;
        counted["open"] = fresh["open"].clone();
        assert_eq!(counted, fresh, "counted {minutes} minutes later");
    }
    let marker = api.world.store.counted_to().await.unwrap().unwrap();
    assert!(marker > LogPosition::at(now), "it was counted indeed");
}

/// Two that count at once count once.
#[tokio::test]
async fn two_counters_do_not_count_twice() {
    let api = Api::new().await;
    let request = api.request(&ada(), "weather-api", "gold", "One").await;
    let now: Timestamp = request["created_at"].as_str().unwrap().parse().unwrap();
    let later = now.checked_add(SignedDuration::from_mins(30)).unwrap();
    tokio::join!(count_up(&api, Context::seeded(later, 1)), count_up(&api, Context::seeded(later, 2)));
    count_up(&api, Context::seeded(later, 3)).await;
    let day = day_of(&request);
    let answer = statistics(&api, &format!("?from={day}&to={day}")).await;
    assert_eq!(answer["totals"]["submitted"], 1);
}

#[tokio::test]
async fn what_is_queued_and_what_failed_is_counted_apart() {
    let api = Api::new().await;
    for app in ["One", "Two"] {
        api.approve(&id_of(&api.request(&ada(), "weather-api", "gold", app).await)).await;
    }
    // Its gateway is not one of this installation.
    let failing = id_of(&api.request(&ada(), "payments-api", "gold", "Shop").await);
    api.approve(&failing).await;
    api.provision(&failing).await;
    let open = &statistics(&api, "").await["open"];
    assert_eq!((&open["queued"], &open["failed"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn every_day_of_the_span_is_there() {
    let api = Api::new().await;
    assert_eq!(statistics(&api, "").await["days"].as_array().unwrap().len(), 30);
    let quiet = statistics(&api, "?from=2024-02-28&to=2024-03-01").await;
    let dates: Vec<_> = quiet["days"].as_array().unwrap().iter().map(|day| day["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2024-02-28", "2024-02-29", "2024-03-01"]);
    assert_eq!(quiet["time_to_decision"], json!({ "decisions": 0, "p50_seconds": null, "p90_seconds": null }));
    for query in
        ["?from=2026-03-02&to=2026-03-01", "?from=2020-01-01&to=2026-01-01", "?from=x", "?to=2026-13-01", "?day=1"]
    {
        let path = format!("/v1/admin/statistics{query}");
        api.get(&path).by_owner(&owen()).send().await.problem(400, "invalid-parameter");
    }
    let no_day = api.get("/v1/admin/statistics?from=2026-02-30").by_owner(&owen()).send().await;
    assert!(no_day.problem(400, "invalid-parameter").text("/detail").ends_with("must be a day such as `2026-11-23`."));
}
