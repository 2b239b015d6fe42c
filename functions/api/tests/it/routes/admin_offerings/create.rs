use gatepass_testkit::owen;
use serde_json::{Value, json};

use crate::harness::Api;

fn examples() -> [(&'static str, Value); 3] {
    [
        (
            "catalogues",
            json!({
                "id": "harbour-apis", "name": "Harbour APIs", "audience": { "kind": "groups", "groups": ["harbour"] },
                "product_ids": ["weather-api"], "plan_ids": ["gold"],
            }),
        ),
        (
            "products",
            json!({
                "id": "tides-api", "name": "Tides API", "auth_method": "api_key", "gateway": { "kind": "builtin" },
                "owners": ["tides@example.com"], "published": true,
            }),
        ),
        ("plans", json!({ "id": "silver", "name": "Silver", "rate_limit": { "requests": 50, "per_seconds": 1 } })),
    ]
}

/// R29–R32
#[tokio::test]
async fn offerings_are_created_under_a_slug_of_the_owners_choice() {
    let api = Api::new().await;
    for (kind, body) in examples() {
        let create = || api.post(&format!("/v1/admin/{kind}")).by_owner(&owen()).json(&body);
        let answer = create().keyed(kind).send().await.expect(201);
        assert_eq!(create().keyed(kind).send().await.expect(201).body, answer.body);
        answer.is(&format!("admin_{kind}_create"));
        let there = api.get(&answer.headers["location"]).by_owner(&owen()).send().await.expect(200);
        assert_eq!(there.body, answer.body);
        create().send().await.problem(409, "name-taken");
    }
}

#[tokio::test]
async fn faults_are_pointed_at() {
    let api = Api::new().await;
    for ((kind, mut body), (member, value)) in examples().into_iter().zip([
        ("audience", json!({ "kind": "nobody" })),
        ("owners", json!(["not an address"])),
        ("approvals_required", json!(3)),
    ]) {
        body[member] = value;
        let answer = api.post(&format!("/v1/admin/{kind}")).by_owner(&owen()).json(&body).send().await;
        let pointers = answer.problem(400, "invalid-body").pointers();
        assert!(pointers.len() == 1 && pointers[0].starts_with(&format!("/{member}")), "{pointers:?}");
    }
}

#[tokio::test]
async fn a_catalogue_names_products_and_plans_that_exist() {
    let api = Api::new().await;
    let catalogue = |products: &[&str], plans: &[&str]| {
        json!({
            "id": "harbour-apis", "name": "Harbour APIs", "audience": { "kind": "everyone" },
            "product_ids": products, "plan_ids": plans,
        })
    };
    let create = |body: Value| api.post("/v1/admin/catalogues").by_owner(&owen()).json(body).send();
    let answer = create(catalogue(&["weather-api", "no-api"], &["lead", "gold"])).await;
    let answer = answer.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/product_ids/1", "/plan_ids/0"]);
    answer.is("problem_unknown_product_and_plan");
    let repeated = create(catalogue(&["weather-api", "weather-api"], &["gold", "gold"])).await;
    assert_eq!(repeated.problem(400, "invalid-body").pointers(), ["/product_ids/1", "/plan_ids/1"]);
    create(catalogue(&["weather-api"], &["gold"])).await.expect(201);
    let put = |body: Value| {
        api.put("/v1/admin/catalogues/harbour-apis").by_owner(&owen()).header("if-match", "*").json(body).send()
    };
    let answer = put(catalogue(&["weather-api"], &["lead"])).await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/plan_ids/0"]);
}

// Covers R22.
#[tokio::test]
async fn a_product_that_nobody_is_told_of_cannot_be_published() {
    let api = Api::new().await;
    let create = |id: &str, more: Value| {
        let mut body = json!({
            "id": id, "name": "Tides API", "auth_method": "api_key", "gateway": { "kind": "builtin" }, "published": true,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.post("/v1/admin/products").by_owner(&owen()).json(body)
    };
    let refused = create("nobodys", json!({})).send().await.problem(400, "invalid-body");
    assert_eq!(refused.pointers(), ["/published"]);
    create("draft", json!({ "published": false })).send().await.expect(201);
    create("owned", json!({ "owners": ["tides@example.com"] })).send().await.expect(201);
    create("approved", json!({ "approver_groups": ["tides"] })).send().await.expect(201);
    let draft = api.get("/v1/admin/products/draft").by_owner(&owen()).send().await.expect(200);
    let mut publish = draft.body.clone();
    for member in ["version", "created_at", "updated_at"] {
        publish.as_object_mut().unwrap().remove(member);
    }
    publish["published"] = json!(true);
    let put = || {
        let tag = &draft.headers["etag"];
        api.put("/v1/admin/products/draft").by_owner(&owen()).header("if-match", tag).json(&publish)
    };
    assert_eq!(put().send().await.problem(400, "invalid-body").pointers(), ["/published"]);
    let settings = json!({ "fallback_owners": ["team@example.com"] });
    api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(settings).send().await.expect(200);
    put().send().await.expect(200);
}
