//! How much a person may have at once, also when they ask in parallel.

use futures_util::future::join_all;
use gatepass_testkit::{ada, grace, owen};
use serde_json::{Value, json};

use crate::harness::{Api, id_of};

async fn set(api: &Api, settings: Value) {
    api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(settings).send().await.expect(200);
}

fn order(app: &str) -> Value {
    json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": app },
    })
}

#[tokio::test]
async fn a_person_has_so_many_undecided_requests_and_no_more() {
    let api = Api::new().await;
    set(&api, json!({ "max_pending_per_person": 2 })).await;
    let submit = |app: &'static str| api.post("/v1/access-requests").by(&ada()).json(order(app)).send();
    let first = id_of(&submit("One").await.expect(201).body);
    let second = id_of(&submit("Two").await.expect(201).body);
    submit("Three").await.problem(429, "too-many-pending").is("problem_too_many_pending");
    // The cart counts in the same way.
    let item = json!({ "catalogue_id": "public-apis", "plan_id": "gold" });
    api.put("/v1/cart/items/maps-api").by(&ada()).json(item).send().await.expect(200);
    let cart = json!({ "new_app": { "name": "Three" } });
    api.post("/v1/cart/submit").by(&ada()).json(&cart).send().await.problem(429, "too-many-pending");
    // Others are not concerned, and whatever ends a wait makes room.
    api.post("/v1/access-requests").by(&grace()).json(order("One")).send().await.expect(201);
    api.post(&format!("/v1/access-requests/{first}/withdraw")).by(&ada()).send().await.expect(200);
    api.post("/v1/cart/submit").by(&ada()).json(&cart).send().await.expect(201);
    api.approve(&second).await;
    submit("Four").await.expect(201);
    submit("Five").await.problem(429, "too-many-pending");
}

#[tokio::test]
async fn fifty_parallel_submits_do_not_get_past_the_cap() {
    let api = Api::new().await;
    set(&api, json!({ "max_pending_per_person": 5 })).await;
    let who = ada();
    let submit = |n: u32| api.post("/v1/access-requests").by(&who).json(order(&format!("App {n}"))).send();
    let answers = join_all((0..50).map(submit)).await;
    let filed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(filed, 5);
    let refused = answers.into_iter().filter(|answer| answer.status != 201);
    refused.for_each(|answer| drop(answer.problem(429, "too-many-pending")));
    let pending = api.get("/v1/access-requests?status=pending").by(&who).send().await.expect(200);
    assert_eq!(pending.body["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_person_has_so_many_apps_and_no_more() {
    let api = Api::new().await;
    set(&api, json!({ "max_apps_per_person": 2 })).await;
    let create = |name: &'static str| api.post("/v1/apps").by(&ada()).json(json!({ "name": name })).send();
    let first = id_of(&create("One").await.expect(201).body);
    create("Two").await.expect(201);
    create("Three").await.problem(429, "too-many-apps").is("problem_too_many_apps");
    api.post("/v1/access-requests").by(&ada()).json(order("Three")).send().await.problem(429, "too-many-apps");
    api.delete(&format!("/v1/apps/{first}")).by(&ada()).send().await.expect(204);
    api.post("/v1/access-requests").by(&ada()).json(order("Three")).send().await.expect(201);
    create("Four").await.problem(429, "too-many-apps");
}

#[tokio::test]
async fn fifty_parallel_creations_do_not_get_past_the_cap() {
    let api = Api::new().await;
    set(&api, json!({ "max_apps_per_person": 5 })).await;
    let who = ada();
    let create = |n: u32| api.post("/v1/apps").by(&who).json(json!({ "name": format!("App {n}") })).send();
    let answers = join_all((0..50).map(create)).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    let apps = api.get("/v1/apps").by(&who).send().await.expect(200);
    assert_eq!(apps.body["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn caps_are_within_bounds() {
    let api = Api::new().await;
    let put = |settings| api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(settings).send();
    let answer = put(json!({ "max_pending_per_person": 0, "max_apps_per_person": 1001 })).await;
    let answer = answer.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/max_pending_per_person", "/max_apps_per_person"]);
    let answer = put(json!({ "max_apps_per_person": -1 })).await.problem(400, "invalid-body");
    assert_eq!(answer.body["errors"][0]["detail"], "must be a whole number, not negative and not too large");
}
