use gatepass_app::cursors::make_key;
use gatepass_testkit::{ada, context, grace, person};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{Answer, Api, id_of};

fn ids(answer: &Answer) -> Vec<String> {
    answer.items().iter().map(id_of).collect()
}

#[tokio::test]
async fn nobody_has_a_list_that_is_not_there() {
    let api = Api::new().await;
    let answer = api.get("/v1/access-requests").by(&ada()).send().await.expect(200);
    assert_eq!(answer.body, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn ones_requests_come_newest_first_page_by_page() {
    let api = Api::new().await;
    let mut filed = Vec::new();
    for number in 0..5 {
        filed.insert(0, id_of(&api.request(&ada(), "weather-api", "gold", &format!("App {number}")).await));
        api.advance(SignedDuration::from_secs(1));
    }
    api.request(&grace(), "weather-api", "gold", "Hers").await;
    let all = api.get("/v1/access-requests").by(&ada()).send().await.expect(200);
    assert_eq!(ids(&all), filed);
    let first = api.get("/v1/access-requests?limit=2").by(&ada()).send().await.expect(200);
    assert_eq!(ids(&first), filed[..2]);
    first.is("access_requests_list");
    let cursor = first.text("/next_cursor");
    let second = api.get(&format!("/v1/access-requests?limit=2&cursor={cursor}")).by(&ada()).send().await.expect(200);
    assert_eq!(ids(&second), filed[2..4]);
    let cursor = second.text("/next_cursor");
    let last = api.get(&format!("/v1/access-requests?limit=100&cursor={cursor}")).by(&ada()).send().await.expect(200);
    assert_eq!((ids(&last), &last.body["next_cursor"]), (filed[4..].to_vec(), &json!(null)));
}

#[tokio::test]
async fn a_new_installation_lists_one_page_and_says_when_it_can_page() {
    let api = Api::new().await;
    api.world.without_cursor_key().await;
    for name in ["One", "Two"] {
        api.request(&ada(), "weather-api", "gold", name).await;
    }
    assert_eq!(ids(&api.get("/v1/access-requests?limit=2").by(&ada()).send().await.expect(200)).len(), 2);
    let refused = api.get("/v1/access-requests?limit=1").by(&ada()).send().await.problem(503, "unavailable");
    assert_eq!(refused.headers["retry-after"], "60");
    api.get("/v1/access-requests?cursor=x.y").by(&ada()).send().await.problem(503, "unavailable");
    // The same process pages as soon as the schedule has made the key.
    make_key(&api.world.store, &mut context()).await.unwrap();
    let first = api.get("/v1/access-requests?limit=1").by(&ada()).send().await.expect(200);
    assert!(first.body["next_cursor"].is_string());
}

#[tokio::test]
async fn a_list_is_narrowed_by_status() {
    let api = Api::new().await;
    let pending = id_of(&api.request(&ada(), "weather-api", "gold", "One").await);
    let withdrawn = id_of(&api.request(&ada(), "weather-api", "gold", "Two").await);
    api.post(&format!("/v1/access-requests/{withdrawn}/withdraw")).by(&ada()).send().await.expect(200);
    let list = |status: &str| api.get(&format!("/v1/access-requests?status={status}")).by(&ada()).send();
    assert_eq!(ids(&list("pending").await.expect(200)), [pending]);
    assert_eq!(ids(&list("withdrawn").await.expect(200)), [withdrawn]);
    assert_eq!(ids(&list("rejected").await.expect(200)), [""; 0]);
}

#[tokio::test]
async fn a_cursor_serves_its_caller_and_its_list_alone() {
    let api = Api::new().await;
    for name in ["One", "Two"] {
        api.request(&ada(), "weather-api", "gold", name).await;
        api.request(&grace(), "weather-api", "gold", name).await;
    }
    let first = api.get("/v1/access-requests?limit=1&status=pending").by(&ada()).send().await.expect(200);
    let cursor = first.text("/next_cursor");
    let with = |query: &str| format!("/v1/access-requests?{query}&cursor={cursor}");
    api.get(&with("status=pending")).by(&ada()).send().await.expect(200);
    for query in ["status=approved", "limit=1"] {
        api.get(&with(query)).by(&ada()).send().await.problem(400, "invalid-cursor");
    }
    let hers = api.get(&with("status=pending")).by(&grace()).send().await.problem(400, "invalid-cursor");
    hers.is("problem_invalid_cursor");
    let admin = with("status=pending").replace("/v1/", "/v1/admin/");
    api.get(&admin).by(&person("ada", &["api-owners"])).send().await.problem(400, "invalid-cursor");
    let mut forged = cursor.clone();
    forged.replace_range(0..1, if cursor.starts_with('M') { "N" } else { "M" });
    let halves: Vec<_> = cursor.split('.').collect();
    for cursor in ["", ".", "x", "x.y", halves[0], &forged, &format!("{cursor}x"), &format!("{cursor}.x")] {
        let path = format!("/v1/access-requests?status=pending&cursor={cursor}");
        api.get(&path).by(&ada()).send().await.problem(400, "invalid-cursor");
    }
}

#[tokio::test]
async fn parameters_are_known_and_within_bounds() {
    let api = Api::new().await;
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        ("status=open", "status"),
        ("status=Pending", "status"),
        ("product_id=weather-api", "product_id"),
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = api.get(&format!("/v1/access-requests?{query}")).by(&ada()).send().await;
        let answer = answer.problem(400, "invalid-parameter");
        assert_eq!(answer.text("/errors/0/parameter"), parameter, "{query}: {:#}", answer.body);
    }
    for limit in [1, 100] {
        api.get(&format!("/v1/access-requests?limit={limit}")).by(&ada()).send().await.expect(200);
    }
    api.get("/v1/access-requests?limit=101").by(&ada()).send().await.is("problem_parameter_out_of_bounds");
    api.get("/v1/access-requests?colour=red").by(&ada()).send().await.is("problem_unknown_parameter");
}
