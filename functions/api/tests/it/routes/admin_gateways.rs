use gatepass_testkit::owen;
use serde_json::{Value, json};

use crate::harness::Api;

fn product(auth_method: &str, gateway: Value) -> Value {
    json!({
        "id": "tides-api", "name": "Tides API", "auth_method": auth_method, "gateway": gateway,
        "owners": ["tides@example.com"], "published": true,
    })
}

#[tokio::test]
async fn the_kinds_of_gateway_say_whether_they_are_available() {
    let api = Api::new().await;
    let answer = api.get("/v1/admin/gateways").by_owner(&owen()).send().await.expect(200);
    let available = |kind: &Value| (kind["kind"].as_str().unwrap().to_owned(), kind["available"].as_bool().unwrap());
    let kinds: Vec<_> = answer.body["items"].as_array().unwrap().iter().map(available).collect();
    let expected = ["builtin", "aws_api_gateway", "cognito", "oauth2_dcr", "tyk"];
    assert_eq!(kinds, expected.map(|kind| (kind.to_owned(), kind == "builtin")));
}

#[tokio::test]
async fn a_product_whose_gateway_cannot_be_provisioned_is_refused_with_the_remedy() {
    let api = Api::new().await;
    let elsewhere = [
        ("api_key", json!({ "kind": "aws_api_gateway", "rest_api_id": "a1b2c3d4e5", "stage": "prod" })),
        ("api_key", json!({ "kind": "tyk", "api_id": "b84fe1a04e" })),
        ("oauth2", json!({ "kind": "cognito", "user_pool_id": "eu-central-1_AbCdEfGhI" })),
        ("oauth2", json!({ "kind": "oauth2_dcr", "issuer": "https://id.example.com", "scopes": ["tides:read"] })),
    ];
    let create = |body: Value| api.post("/v1/admin/products").by_owner(&owen()).json(body);
    for (auth_method, gateway) in &elsewhere {
        let refused = create(product(auth_method, gateway.clone())).send().await;
        let detail = refused.problem(422, "gateway-not-available").text("/detail");
        assert!(detail.contains(gateway["kind"].as_str().unwrap()) && detail.contains("choose `builtin`"), "{detail}");
    }
    create(product("api_key", json!({ "kind": "builtin" }))).send().await.expect(201);
    let replace =
        |body: Value| api.put("/v1/admin/products/tides-api").by_owner(&owen()).header("if-match", "\"1\"").json(body);
    for (auth_method, gateway) in elsewhere {
        replace(product(auth_method, gateway)).send().await.problem(422, "gateway-not-available");
    }
    let enforcing = json!({ "kind": "builtin", "enforce": true, "over_limit": "forward" });
    let replaced = replace(product("api_key", enforcing.clone())).send().await.expect(200);
    assert_eq!(replaced.body["gateway"], enforcing);
}

#[tokio::test]
async fn a_gateway_has_the_members_of_its_kind_and_no_others() {
    let api = Api::new().await;
    for (auth_method, gateway, pointer) in [
        ("api_key", json!({ "kind": "builtin", "issuer": "https://id.example.com" }), "/gateway"),
        ("api_key", json!({ "kind": "builtin", "over_limit": "warn" }), "/gateway"),
        ("api_key", json!({ "kind": "builtin", "enforce": "yes" }), "/gateway"),
        ("api_key", json!({ "kind": "kong" }), "/gateway"),
        ("api_key", json!({ "enforce": true }), "/gateway"),
        ("api_key", json!({ "kind": "aws_api_gateway", "stage": "prod" }), "/gateway"),
        ("oauth2", json!({ "kind": "builtin" }), "/gateway/kind"),
        ("api_key", json!({ "kind": "oauth2_dcr", "issuer": "https://id.example.com" }), "/gateway/kind"),
        ("oauth2", json!({ "kind": "oauth2_dcr", "issuer": "http://127.0.0.1:3000" }), "/gateway/issuer"),
        ("oauth2", json!({ "kind": "oauth2_dcr", "issuer": "https://169.254.169.254" }), "/gateway/issuer"),
    ] {
        let call = api.post("/v1/admin/products").by_owner(&owen()).json(product(auth_method, gateway.clone()));
        let answer = call.send().await;
        let pointers = answer.problem(400, "invalid-body").pointers();
        assert!(pointers.len() == 1 && pointers[0].starts_with(pointer), "{gateway}: {pointers:?}");
    }
}
