//! `/v1/admin/products/{id}/openapi` and `/v1/products/{id}/openapi`

use gatepass_testkit::{ada, grace, owen};
use serde_json::{Value, json};

use crate::harness::{Answer, Api};

const ADMIN: &str = "/v1/admin/products/weather-api/openapi";
const READ: &str = "/v1/products/weather-api/openapi";
const YAML: &str = "openapi: 3.0.3
info: {title: Weather, version: '1'}
paths:
  /forecast:
    get:
      x-amazon-apigateway-integration: {uri: 'arn:aws:lambda:eu-west-1:123456789012:function:x'}
      responses: {200: {description: The forecast.}}
";

async fn put(api: &Api, media_type: &str, text: &str) -> Answer {
    api.put(ADMIN).by_owner(&owen()).text(text).header("content-type", media_type).send().await
}

/// A document of one operation with a description of `bytes` bytes that hardly compress.
fn large(bytes: usize) -> String {
    let mut state = 7_u64;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + u8::try_from(state >> 58).unwrap())
    })
    .filter(|character| character.is_ascii_alphanumeric())
    .take(bytes)
    .collect();
    json!({ "openapi": "3.1.0", "info": { "title": "Large", "version": "1", "description": noise }, "paths": {} })
        .to_string()
}

// Covers P41.
#[tokio::test]
async fn a_document_is_uploaded_read_and_deleted() {
    let api = Api::new().await;
    assert_eq!(api.get(ADMIN).by_owner(&owen()).send().await.expect(200).body, json!({ "document": null }));
    api.get(READ).by(&ada()).send().await.problem(404, "not-found");
    assert_eq!(api.get("/v1/products/weather-api").by(&ada()).send().await.expect(200).body["openapi"], Value::Null);

    let uploaded = put(&api, "application/yaml", YAML).await.expect(200);
    uploaded.is("admin_openapi_put");
    assert_eq!(uploaded.body["breaking_changes"], json!([]));
    let read = api.get(READ).by(&ada()).send().await.expect(200).body;
    assert_eq!(
        read["paths"]["/forecast"]["get"],
        json!({ "responses": { "200": { "description": "The forecast." } } })
    );
    let product = api.get("/v1/products/weather-api").by(&ada()).send().await.expect(200).body;
    assert_eq!(product["openapi"]["sha256"], uploaded.body["sha256"]);
    assert_eq!(product["version"], json!(2), "the product has another version");
    let standing = api.get(ADMIN).by_owner(&owen()).send().await.expect(200).body;
    assert_eq!(standing["document"]["title"], json!("Weather"));

    api.delete(ADMIN).by_owner(&owen()).send().await.expect(204);
    api.delete(ADMIN).by_owner(&owen()).send().await.expect(204);
    api.get(READ).by(&ada()).send().await.problem(404, "not-found");
    api.put("/v1/admin/products/no-api/openapi").by_owner(&owen()).json(read).send().await.problem(404, "not-found");
}

#[tokio::test]
async fn a_replacement_lists_what_breaks_and_the_same_document_changes_nothing() {
    let api = Api::new().await;
    put(&api, "application/yaml", YAML).await.expect(200);
    let again = put(&api, "text/yaml", YAML).await.expect(200);
    let product = api.get("/v1/products/weather-api").by(&ada()).send().await.expect(200).body;
    assert_eq!(product["version"], json!(2));
    let after = YAML.replace("/forecast", "/outlook");
    let changed = put(&api, "application/vnd.oai.openapi", &after).await.expect(200).body;
    assert_eq!(
        changed["breaking_changes"],
        json!([{ "operation": "GET /forecast", "pointer": "/paths/~1forecast/get", "detail": "the operation was removed" }])
    );
    assert_ne!(changed["sha256"], again.body["sha256"]);
    let stale = api.put(ADMIN).by_owner(&owen()).header("if-match", "\"2\"").text(YAML);
    stale.header("content-type", "application/yaml").send().await.problem(412, "version-mismatch");
    api.delete(ADMIN).by_owner(&owen()).header("if-match", "\"2\"").send().await.problem(412, "version-mismatch");
}

#[tokio::test]
async fn a_faulty_document_is_refused_with_lines_and_places() {
    let api = Api::new().await;
    let missing =
        put(&api, "application/yaml", &YAML.replace("title: Weather, ", "")).await.problem(400, "invalid-body");
    assert_eq!(missing.body["errors"], json!([{ "pointer": "/info", "line": 2, "detail": "`title` is missing" }]));
    let broken = put(&api, "application/yaml", "openapi: [").await.problem(400, "malformed-yaml");
    assert!(broken.body["errors"][0]["line"].is_u64(), "{}", broken.body);
    put(&api, "application/json", "{").await.problem(400, "malformed-json");
    put(&api, "text/plain", YAML).await.problem(415, "unsupported-media-type");
    assert_eq!(api.get(ADMIN).by_owner(&owen()).send().await.expect(200).body, json!({ "document": null }));
}

/// What is larger than an item of DynamoDB is kept in pieces.
#[tokio::test]
async fn a_document_of_two_mebibytes_is_kept_whole() {
    let api = Api::new().await;
    let overhead = large(0).len();
    let text = large(2 * 1024 * 1024 - overhead);
    let sent: Value = serde_json::from_str(&text).unwrap();
    put(&api, "application/json", &text).await.expect(200);
    assert_eq!(api.get(READ).by(&ada()).send().await.expect(200).body, sent);
    put(&api, "application/json", &format!("{text} ")).await.problem(413, "body-too-large");
    // A smaller one leaves nothing of it.
    put(&api, "application/yaml", YAML).await.expect(200);
    assert_eq!(api.get(READ).by(&ada()).send().await.expect(200).body["info"]["title"], json!("Weather"));
}

#[tokio::test]
async fn a_document_is_seen_by_those_who_see_the_product_and_goes_with_it() {
    let api = Api::new().await;
    let fleet = "/v1/admin/products/fleet-api/openapi";
    let upload = || api.put(fleet).by_owner(&owen()).text(YAML).header("content-type", "application/yaml").send();
    upload().await.expect(200);
    api.get("/v1/products/fleet-api/openapi").by(&ada()).send().await.problem(404, "not-found");
    api.get("/v1/products/fleet-api/openapi").by(&grace()).send().await.expect(200);
    let product = api.get("/v1/admin/products/fleet-api").by_owner(&owen()).send().await.expect(200).body;
    api.delete("/v1/admin/products/fleet-api").by_owner(&owen()).send().await.expect(204);
    let mut anew = product.as_object().unwrap().clone();
    for name in ["version", "created_at", "updated_at"] {
        anew.remove(name);
    }
    api.post("/v1/admin/products").by_owner(&owen()).json(Value::Object(anew)).send().await.expect(201);
    assert_eq!(api.get(fleet).by_owner(&owen()).send().await.expect(200).body, json!({ "document": null }));
}
