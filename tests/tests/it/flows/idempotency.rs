//! Requests that are sent twice.

use serde_json::json;

use crate::stack::{Stack, string};

/// R1, R6: a request that is repeated with its `Idempotency-Key` is filed once, and answered the same.
#[tokio::test]
async fn a_repeated_request_is_filed_once() {
    let stack = Stack::new().await;
    let (ada, grace, owen) = (stack.person("ada").await, stack.person("grace").await, stack.person("owen").await);
    let body = |product: &str| {
        json!({
            "catalogue_id": "public-apis", "product_ids": [product], "plan_id": "free", "new_app": { "name": "Once" },
        })
    };
    let path = "/v1/access-requests";
    let first = ada.post_keyed(path, body("weather-api"), "k-1").await.unwrap().expect(201);
    ada.until_provisioning(&first.text("/id"), "provisioned").await;
    let again = ada.post_keyed(path, body("weather-api"), "k-1").await.unwrap().expect(201);
    assert_eq!(again.body, first.body, "the same answer, whatever has happened since");
    assert_eq!(again.headers["location"], first.headers["location"]);
    let other = ada.post_keyed(path, body("maps-api"), "k-1").await.unwrap();
    other.problem(422, "idempotency-key-reused");
    grace.post_keyed(path, body("weather-api"), "k-1").await.unwrap().expect(201);
    assert_eq!(ada.get(path).await.expect(200).items().len(), 1);

    let id = string(&grace.submit("partner-apis", &["fleet-api"], "gold", "Decided").await["id"]);
    let approve = format!("/v1/admin/access-requests/{id}/approve");
    let (left, right) =
        tokio::join!(owen.post_keyed(&approve, json!({}), "k-2"), owen.post_keyed(&approve, json!({}), "k-2"),);
    assert_eq!(left.unwrap().expect(200).body, right.unwrap().expect(200).body);
    owen.post_keyed(&approve, json!({}), "k-3").await.unwrap().problem(409, "already-decided");
}
