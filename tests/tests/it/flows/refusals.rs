//! Refusals, and their form.

use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Stack, send, string};

/// R8 (only what is offered), R15 (one authentication method), R16 (one plan), R17 (a usable app).
#[tokio::test]
async fn a_request_that_breaks_a_rule_is_refused_with_it() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);

    ada.ask("partner-apis", &["fleet-api"], "free", "Trucks").await.problem(422, "product-not-offered");
    ada.ask("public-apis", &["fleet-api"], "free", "Trucks").await.problem(422, "product-not-offered");
    ada.ask("public-apis", &["gone-api"], "free", "Trucks").await.problem(422, "product-not-offered");
    ada.ask("gone", &["weather-api"], "free", "Trucks").await.problem(422, "product-not-offered");
    ada.ask("public-apis", &["weather-api"], "platinum", "Trucks").await.problem(422, "plan-not-offered");
    let silver = json!({ "id": "silver", "name": "Silver" });
    owen.post("/v1/admin/plans", silver).await.expect(201);
    ada.ask("public-apis", &["weather-api"], "silver", "Trucks").await.problem(422, "plan-not-offered");
    let mixed = ["weather-api", "payments-api"];
    ada.ask("public-apis", &mixed, "free", "Trucks").await.problem(422, "mixed-authentication-methods");

    let foreign = owen.post("/v1/apps", json!({ "name": "Owen's" })).await.expect(201).text("/id");
    for app_id in [foreign.as_str(), "019ab1c2-0000-7000-8000-000000000003"] {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free", "app_id": app_id,
        });
        ada.post("/v1/access-requests", body).await.problem(422, "app-not-usable");
    }
    assert_eq!(ada.get("/v1/apps").await.expect(200).items(), Vec::<Value>::new(), "no app was left behind");
    assert_eq!(ada.get("/v1/access-requests").await.expect(200).items(), Vec::<Value>::new());
}

/// Bodies that cannot be read, and callers who are nobody.
#[tokio::test]
async fn bodies_and_tokens_that_are_no_good() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let path = "/v1/access-requests";
    let good = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free", "new_app": { "name": "X" },
    });
    let post = async |text: String| {
        let call = ada.call(Method::POST, path).header("content-type", "application/json").body(text);
        send(format!("POST {path}"), call).await
    };
    let mut unknown = good.clone();
    unknown["colour"] = json!("green");
    let answer = ada.post(path, unknown).await.problem(400, "invalid-body");
    assert_eq!(answer.text("/errors/0/pointer"), "/colour");
    post("{\"catalogue_id\": ".to_owned()).await.expect(400);
    post(json!({ "justification": "x".repeat(1 << 20) }).to_string()).await.expect(413);
    let plain = ada.call(Method::POST, path).header("content-type", "text/plain").body(good.to_string());
    send("text/plain".into(), plain).await.expect(415);

    let unauthorized = json!({ "message": "Unauthorized" });
    let without = send("no token".into(), stack.call(Method::POST, path).json(&good)).await.expect(401);
    assert_eq!(without.body, unauthorized);
    let expired = stack.person("ada&expires_in=-1").await;
    assert_eq!(expired.post(path, good.clone()).await.expect(401).body, unauthorized);
    let forged = stack.call(Method::POST, path).bearer_auth("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.").json(&good);
    assert_eq!(send("unsigned token".into(), forged).await.expect(401).body, unauthorized);
    assert_eq!(stack.get("/v1/nowhere").await.expect(404).body, json!({ "message": "Not Found" }));
    assert_eq!(ada.get(path).await.expect(200).items(), Vec::<Value>::new());
    stack.get("/v1/openapi.json").await.expect(200);
}

/// A product that the app has, or waits for, is not asked for twice.
#[tokio::test]
async fn a_product_is_held_once_by_an_app() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let first = ada.submit("public-apis", &["weather-api"], "free", "Twice").await;
    let id = string(&first["id"]);
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api", "weather-api"], "plan_id": "gold",
        "app_id": first["app"]["id"],
    });
    let refused = ada.post("/v1/access-requests", body.clone()).await.problem(409, "duplicate-access");
    assert_eq!(refused.body["conflicting_request_id"], id.as_str());
    ada.until_provisioning(&id, "provisioned").await;
    let refused = ada.post("/v1/access-requests", body).await.problem(409, "duplicate-access");
    assert_eq!(refused.body["conflicting_request_id"], id.as_str());
    ada.ask("public-apis", &["maps-api"], "free", "Twice").await.problem(409, "name-taken");
}
