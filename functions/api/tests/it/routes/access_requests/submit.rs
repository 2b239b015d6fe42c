use gatepass_domain::Plan;
use gatepass_domain::plan::Limit;
use gatepass_testkit::{ada, demo, grace, person};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Api, id_of};

fn order() -> Value {
    json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api", "maps-api"], "plan_id": "gold",
        "new_app": { "name": "Storm warnings" }, "justification": "Warn ships in time",
    })
}

/// R1, R2, R4, R5
#[tokio::test]
async fn a_request_for_review_is_filed() {
    let api = Api::new().await;
    let answer = api.post("/v1/access-requests").by(&ada()).json(order()).send().await.expect(201);
    answer.is("access_requests_submit");
    let there = api.get(&answer.headers["location"]).by(&ada()).send().await.expect(200);
    assert_eq!(there.text("/id"), answer.text("/id"));
    let app = api.get(&format!("/v1/apps/{}", answer.text("/app/id"))).by(&ada()).send().await.expect(200);
    assert_eq!(app.text("/name"), "Storm warnings");
}

/// R7, R33: the decision follows; the answer does not wait for it.
#[tokio::test]
async fn a_request_that_the_policy_approves_is_filed_as_automatic() {
    let api = Api::new().await;
    let mut body = order();
    body["plan_id"] = json!("free");
    let answer = api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201);
    assert_eq!((answer.text("/status"), answer.text("/policy/review")), ("pending".into(), "automatic".into()));
    answer.is("access_requests_submit_automatic");
}

/// Its record is looked up, since an earlier call may have succeeded before the rule was broken.
#[tokio::test]
async fn a_submit_that_a_rule_refuses_may_carry_an_idempotency_key() {
    let api = Api::new().await;
    let mut body = order();
    let filed = api.post("/v1/access-requests").by(&ada()).keyed("once").json(&body).send().await.expect(201);
    api.world.withdraw_offer::<Plan>(&"gold".parse().unwrap()).await;
    let again = api.post("/v1/access-requests").by(&ada()).keyed("once").json(&body).send().await.expect(201);
    assert_eq!(id_of(&again.body), id_of(&filed.body));
    body["new_app"]["name"] = json!("Another");
    let refused = api.post("/v1/access-requests").by(&ada()).keyed("other").json(&body).send().await;
    refused.problem(422, "plan-not-offered");
}

#[tokio::test]
async fn the_app_is_named_or_created_not_both_not_neither() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Existing").await;
    let submit = |body: Value| api.post("/v1/access-requests").by(&ada()).json(body).send();
    let mut neither = order();
    neither.as_object_mut().unwrap().remove("new_app");
    let answer = submit(neither.clone()).await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/app_id"]);
    answer.is("problem_neither_app");
    let mut both = order();
    both["app_id"] = json!(app);
    let answer = submit(both).await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/new_app"]);
    answer.is("problem_both_apps");
    // `null` is as good as absent.
    let mut existing = order();
    existing["app_id"] = json!(app);
    existing["new_app"] = json!(null);
    let answer = submit(existing).await.expect(201);
    assert_eq!(answer.text("/app/id"), app);
}

#[tokio::test]
async fn what_a_type_cannot_say_is_pointed_at() {
    let api = Api::new().await;
    let many: Vec<_> = (0..21).map(|number| format!("api-{number}")).collect();
    for (member, value, pointers) in [
        ("product_ids", json!([]), vec!["/product_ids"]),
        ("product_ids", json!(many), vec!["/product_ids"]),
        ("product_ids", json!(["weather-api", "maps-api", "weather-api"]), vec!["/product_ids/2"]),
        ("justification", json!("x".repeat(2001)), vec!["/justification"]),
        ("new_app", json!({ "name": "", "team": "builders" }), vec!["/new_app/name", "/new_app/team"]),
        ("extends_credential_id", json!("019351d0-0000-7000-8000-000000000000"), vec!["/extends_credential_id"]),
    ] {
        let mut body = order();
        body[member] = value;
        let answer = api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(400, "invalid-body");
        assert_eq!(answer.pointers(), pointers);
    }
}

#[tokio::test]
async fn a_product_is_asked_for_once_for_each_app() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let submit = |products: &[&str]| {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": products, "plan_id": "gold", "app_id": app,
        });
        api.post("/v1/access-requests").by(&ada()).json(body).send()
    };
    let first = submit(&["weather-api"]).await.expect(201);
    let answer = submit(&["maps-api", "weather-api"]).await.problem(409, "duplicate-access");
    assert_eq!(answer.text("/conflicting_request_id"), first.text("/id"));
    answer.is("problem_duplicate_access");
    submit(&["maps-api"]).await.expect(201);
}

#[tokio::test]
async fn nothing_is_left_of_a_new_app_whose_request_was_refused() {
    let api = Api::new().await;
    let mut body = order();
    body["plan_id"] = json!("platinum");
    api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(422, "plan-not-offered");
    assert_eq!(api.get("/v1/apps").by(&ada()).send().await.items().len(), 0);
    api.post("/v1/access-requests").by(&ada()).json(order()).send().await.expect(201);
    api.post("/v1/access-requests").by(&ada()).json(order()).send().await.problem(409, "name-taken");
}

#[tokio::test]
async fn an_allowance_that_is_used_up_says_when_there_is_more() {
    let api = Api::new().await;
    let plan = Plan { request_allowance: Some(Limit { requests: 1, per_seconds: 3600 }), ..demo::plan("gold", "Gold") };
    api.world.offer(plan).await;
    let submit = |app: &str| {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": app },
        });
        api.post("/v1/access-requests").by(&ada()).json(body)
    };
    submit("One").send().await.expect(201);
    let answer = submit("Two").send().await.problem(429, "plan-access-quota-exceeded");
    let wait: i64 = answer.headers["retry-after"].parse().unwrap();
    assert!((3500..=3600).contains(&wait), "{wait}");
    assert!(answer.text("/detail").starts_with("Plan access quota exceeded"));
    // Somebody else's is not touched, and asking in vain has not prolonged the wait.
    let other = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": "One" },
    });
    api.post("/v1/access-requests").by(&grace()).json(other).send().await.expect(201);
    api.advance(SignedDuration::from_secs(wait));
    submit("Two").send().await.expect(201);
}

#[tokio::test]
async fn a_credential_is_extended() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let extend = |product: &str, plan: &str| {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": [product], "plan_id": plan, "app_id": access["app"]["id"],
            "extends_credential_id": access["credential_id"],
        });
        api.post("/v1/access-requests").by(&ada()).json(body).send()
    };
    extend("maps-api", "free").await.problem(422, "credential-not-compatible");
    extend("weather-api", "gold").await.problem(422, "credential-not-compatible");
    extend("payments-api", "gold").await.problem(422, "credential-not-compatible");
    let answer = extend("maps-api", "gold").await.expect(201);
    answer.is("access_requests_submit_extend");
    let id = id_of(&answer.body);
    api.approve(&id).await;
    api.provision(&id).await;
    let credentials = format!("/v1/apps/{}/credentials", id_of(&access["app"]));
    let credentials = api.get(&credentials).by(&ada()).send().await;
    assert_eq!(credentials.items().len(), 1, "no second credential");
    let grants: Vec<_> =
        credentials.items()[0]["grants"].as_array().unwrap().iter().map(|g| &g["product_id"]).collect();
    assert_eq!(grants, ["weather-api", "maps-api"]);
}

/// Team mates see an app; access is asked for by its owner.
#[tokio::test]
async fn a_mates_app_cannot_be_used() {
    let api = Api::new().await;
    let body = json!({ "name": "Ours", "visibility": "team", "team": "builders" });
    let app = api.post("/v1/apps").by(&ada()).json(body).send().await.expect(201).text("/id");
    let body = json!({ "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": app });
    let answer = api.post("/v1/access-requests").by(&person("bob", &["builders"])).json(body).send().await;
    answer.problem(422, "app-not-usable");
}
