//! Collecting products, and asking for all of them at once.

use serde_json::{Value, json};

use crate::stack::{Stack, string};

/// R11, R12, R14 (collect), R15 (one authentication method), R16 (one plan), R17, R19, R20 (submit, with a
/// new app), of two products at once.
#[tokio::test]
async fn a_cart_becomes_one_request() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let put = async |product: &str, plan: &str| {
        let body = json!({ "plan_id": plan, "catalogue_id": "public-apis" });
        ada.put(&format!("/v1/cart/items/{product}"), body).await
    };
    let new_app = json!({ "new_app": { "name": "Collected" }, "justification": "both" });
    ada.post("/v1/cart/submit", new_app.clone()).await.problem(422, "empty-cart");
    put("weather-api", "free").await.expect(200);
    put("maps-api", "gold").await.problem(422, "mixed-plans");
    put("payments-api", "free").await.problem(422, "mixed-authentication-methods");
    put("fleet-api", "free").await.problem(422, "product-not-offered");
    let cart = put("maps-api", "free").await.expect(200).body;
    assert_eq!(cart["plan_id"], "free");
    let products: Vec<_> = cart["items"].as_array().unwrap().iter().map(|item| string(&item["product_id"])).collect();
    assert_eq!(products, ["weather-api", "maps-api"]);

    let submit = || ada.post("/v1/cart/submit", new_app.clone());
    let answers = tokio::join!(submit(), submit(), submit(), submit(), submit(), submit());
    let answers = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5];
    let (filed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(filed.len(), 1, "{:?}", refused.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for answer in refused {
        answer.problem(422, "empty-cart");
    }
    let cart = ada.get("/v1/cart").await.expect(200).body;
    assert_eq!((&cart["items"], &cart["plan_id"]), (&json!([]), &Value::Null), "empty afterwards");

    let request = ada.until_provisioning(&filed[0].text("/id"), "provisioned").await;
    assert_eq!(request["product_ids"], json!(["weather-api", "maps-api"]));
    assert_eq!(request["justification"], "both");
    let key = ada.reveal(&request).await;
    for product in ["weather-api", "maps-api"] {
        assert_eq!(stack.sample(product, Some(&key)).await, 200, "{product}");
    }
    assert_eq!(ada.get("/v1/apps").await.expect(200).items().len(), 1, "one app was created");
}

/// R19: an existing app is selected; what was collected can be taken out again.
// Covers R17.
#[tokio::test]
async fn a_cart_for_an_app_that_is_there() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let app = ada.post("/v1/apps", json!({ "name": "Standing" })).await.expect(201).text("/id");
    let body = json!({ "plan_id": "free", "catalogue_id": "public-apis" });
    for product in ["weather-api", "maps-api"] {
        ada.put(&format!("/v1/cart/items/{product}"), body.clone()).await.expect(200);
    }
    ada.delete("/v1/cart/items/weather-api").await.expect(204);
    ada.delete("/v1/cart/items/weather-api").await.problem(404, "not-found");
    let request = ada.post("/v1/cart/submit", json!({ "app_id": app })).await.expect(201);
    assert_eq!(request.body["product_ids"], json!(["maps-api"]));
    let request = ada.until_provisioning(&request.text("/id"), "provisioned").await;
    assert_eq!(request["app"]["id"], app.as_str());
    ada.put("/v1/cart/items/maps-api", body).await.expect(200);
    ada.delete("/v1/cart").await.expect(204);
    assert_eq!(ada.get("/v1/cart").await.expect(200).body["items"], json!([]));
}
