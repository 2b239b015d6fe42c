use gatepass_domain::Product;
use gatepass_testkit::{ada, demo, owen};
use serde_json::{Value, json};

use super::put_item::put;
use crate::harness::{Api, NOBODYS};

fn order() -> Value {
    json!({ "new_app": { "name": "Storm warnings" }, "justification": "Warn ships in time" })
}

/// R20
#[tokio::test]
async fn all_that_is_in_the_cart_is_asked_for_at_once() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    put(&api, &ada(), "maps-api", "gold").await.expect(200);
    let submit = |key: &str| api.post("/v1/cart/submit").by(&ada()).keyed(key).json(order()).send();
    let first = submit("k").await.expect(201);
    first.is("cart_submit");
    assert_eq!(api.get("/v1/cart").by(&ada()).send().await.items().len(), 0);
    // Although the cart is empty now.
    assert_eq!(submit("k").await.expect(201).body, first.body);
    submit("k2").await.problem(422, "empty-cart").is("problem_empty_cart");
}

#[tokio::test]
async fn a_cart_that_was_changed_in_another_window_is_not_submitted() {
    let api = Api::new().await;
    let seen = put(&api, &ada(), "weather-api", "gold").await.expect(200).headers["etag"].clone();
    put(&api, &ada(), "maps-api", "gold").await.expect(200);
    let submit =
        |tag: &str| api.post("/v1/cart/submit").by(&ada()).keyed(tag).header("if-match", tag).json(order()).send();
    submit(&seen).await.problem(412, "version-mismatch");
    let current = api.get("/v1/cart").by(&ada()).send().await.expect(200).headers["etag"].clone();
    let first = submit(&current).await.expect(201);
    assert_eq!(submit(&current).await.expect(201).body, first.body, "a repetition gets the first answer");
}

#[tokio::test]
async fn what_is_no_longer_available_is_named_and_the_cart_kept() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    put(&api, &ada(), "maps-api", "gold").await.expect(200);
    let weather = demo::products().swap_remove(0);
    api.world.offer(Product { published: false, ..weather }).await;
    let answer = api.post("/v1/cart/submit").by(&ada()).json(order()).send().await;
    let answer = answer.problem(422, "no-longer-available");
    assert!(answer.text("/detail").contains("`weather-api`"), "{:#}", answer.body);
    assert_eq!(api.get("/v1/cart").by(&ada()).send().await.items().len(), 2);
    api.delete("/v1/cart/items/weather-api").by(&ada()).send().await.expect(204);
    api.post("/v1/cart/submit").by(&ada()).json(order()).send().await.expect(201);
}

#[tokio::test]
async fn the_app_is_named_or_created_not_both_not_neither() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    let app = api.app(&ada(), "Existing").await;
    let submit = |body: Value| api.post("/v1/cart/submit").by(&ada()).json(body).send();
    assert_eq!(submit(json!({})).await.problem(400, "invalid-body").pointers(), ["/app_id"]);
    let both = json!({ "app_id": app, "new_app": { "name": "Other" } });
    assert_eq!(submit(both).await.problem(400, "invalid-body").pointers(), ["/new_app"]);
    submit(json!({ "app_id": app })).await.expect(201);
}

#[tokio::test]
async fn one_of_many_submits_of_one_cart_files_the_request() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    let submit = || api.post("/v1/cart/submit").by(&ada()).json(json!({ "app_id": app })).send();
    let (a, b, c, d) = tokio::join!(submit(), submit(), submit(), submit());
    let (filed, others): (Vec<_>, Vec<_>) = [a, b, c, d].into_iter().partition(|answer| answer.status == 201);
    assert_eq!(filed.len(), 1);
    for answer in others {
        answer.problem(422, "empty-cart");
    }
}

/// The body comes before the rules, and among these the empty cart near the end.
#[tokio::test]
async fn an_empty_cart_is_not_the_first_thing_to_say() {
    let api = Api::new().await;
    let submit = |body: Value| api.post("/v1/cart/submit").by(&ada()).json(body).send();
    let long = "x".repeat(2001);
    for (body, pointer) in [
        (json!({ "new_app": { "name": "" } }), "/new_app/name"),
        (json!({ "app_id": NOBODYS, "justification": long }), "/justification"),
        (json!({ "new_app": { "name": "App" }, "extends_credential_id": NOBODYS }), "/extends_credential_id"),
        (json!({ "new_app": ["App"] }), "/new_app"),
    ] {
        assert_eq!(submit(body).await.problem(400, "invalid-body").pointers(), [pointer]);
    }
    submit(json!({ "app_id": NOBODYS })).await.problem(422, "app-not-usable");
    submit(order()).await.problem(422, "empty-cart");
    let settings = api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*");
    settings.json(json!({ "access_flow": "direct" })).send().await.expect(200);
    submit(json!({ "app_id": NOBODYS })).await.problem(422, "access-flow-disabled");
}
