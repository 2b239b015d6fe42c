//! One credential for several products.

use serde_json::json;

use crate::stack::{Stack, string};

/// R18: the same key opens what is added to it.
// Covers P6.
#[tokio::test]
async fn an_extended_credential_opens_more_with_the_same_key() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let first = string(&ada.submit("public-apis", &["weather-api"], "free", "Growing").await["id"]);
    let request = ada.until_provisioning(&first, "provisioned").await;
    let key = ada.reveal(&request).await;
    assert_eq!(stack.sample("maps-api", Some(&key)).await, 403);
    let more = |plan: &str, product: &str| {
        json!({
            "catalogue_id": "public-apis", "product_ids": [product], "plan_id": plan, "app_id": request["app"]["id"],
            "extends_credential_id": request["credential_id"],
        })
    };
    let path = "/v1/access-requests";
    ada.post(path, more("gold", "maps-api")).await.problem(422, "credential-not-compatible");
    ada.post(path, more("free", "payments-api")).await.problem(422, "credential-not-compatible");
    ada.post(path, more("free", "weather-api")).await.problem(422, "credential-not-compatible");

    let extended = ada.post(path, more("free", "maps-api")).await.expect(201).body;
    assert_eq!(extended["kind"], "extend");
    let extended = ada.until_provisioning(&string(&extended["id"]), "provisioned").await;
    assert_eq!(extended["credential_id"], request["credential_id"]);
    let credentials = ada.credentials(&string(&request["app"]["id"])).await;
    assert_eq!(credentials.len(), 1, "one credential");
    assert_eq!(credentials[0]["grants"].as_array().unwrap().len(), 2);
    assert_eq!(ada.reveal(&extended).await, key, "the same key");
    for product in ["weather-api", "maps-api"] {
        assert_eq!(stack.sample(product, Some(&key)).await, 200, "{product}");
    }
    assert_eq!(stack.sample("fleet-api", Some(&key)).await, 403);
}

/// An extension is decided in bulk like any other request, provided that its credential is still active.
#[tokio::test]
async fn an_extension_is_approved_in_bulk() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let first = string(&ada.submit("public-apis", &["weather-api"], "gold", "Growing").await["id"]);
    let decide = "/v1/admin/access-requests/decide";
    owen.post(decide, json!({ "decision": "approve", "ids": [first] })).await.expect(200);
    let request = ada.until_provisioning(&first, "provisioned").await;
    let more = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": request["app"]["id"],
        "extends_credential_id": request["credential_id"],
    });
    let extension = string(&ada.post("/v1/access-requests", more).await.expect(201).body["id"]);
    owen.post(decide, json!({ "decision": "approve", "ids": [extension] })).await.expect(200);
    let extended = ada.until_provisioning(&extension, "provisioned").await;
    let key = ada.reveal(&extended).await;
    assert_eq!(stack.sample("maps-api", Some(&key)).await, 200);
}
