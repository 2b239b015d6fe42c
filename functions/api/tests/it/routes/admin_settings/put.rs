use gatepass_testkit::{ada, olga, owen};
use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn settings_are_changed_by_one_owner_at_a_time() {
    let api = Api::new().await;
    let body = json!({
        "access_flow": "cart", "mail_subjects": { "approve": "Welcome to {{ products }}" }, "muted_mails": ["submitted"],
    });
    let put = |tag: &str| api.put("/v1/admin/settings").header("if-match", tag).json(&body);
    put("\"0\"").by_owner(&owen()).send().await.expect(200).is("admin_settings_put");
    put("\"0\"").by_owner(&olga()).send().await.problem(412, "version-mismatch");
    assert_eq!(put("\"1\"").by_owner(&olga()).send().await.expect(200).headers["etag"], "\"2\"");
    let order = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": "App" },
    });
    let answer = api.post("/v1/access-requests").by(&ada()).json(order).send().await;
    answer.problem(422, "access-flow-disabled").is("problem_access_flow_disabled");
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_pointed_at() {
    let api = Api::new().await;
    let put = |body: Value| api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(body).send();
    for (body, pointer) in [
        (json!({ "mail_subjects": { "approve": "{{ nonsense" } }), "/mail_subjects/approve"),
        (json!({ "mail_subjects": { "approve": "" } }), "/mail_subjects/approve"),
        (json!({ "access_flow": "none" }), "/access_flow"),
        (json!({ "muted_mails": ["welcome"] }), "/muted_mails/0"),
        (json!({ "version": 1 }), "/version"),
    ] {
        let answer = put(body.clone()).await.problem(400, "invalid-body");
        assert_eq!(answer.pointers()[0], pointer, "{body}: {:#}", answer.body);
    }
}

// Covers R22.
#[tokio::test]
async fn the_fallback_owners_stay_as_long_as_published_products_rely_on_them() {
    let api = Api::new().await;
    let put = |body: Value| api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(body).send();
    put(json!({ "fallback_owners": ["desk@example.com"] })).await.expect(200);
    let mut product = json!({
        "id": "tides-api", "name": "Tides", "description": "", "auth_method": "api_key", "gateway": { "kind": "builtin" },
        "owners": [], "published": true,
    });
    api.post("/v1/admin/products").by_owner(&owen()).json(&product).send().await.expect(201);
    let refused = put(json!({ "fallback_owners": [] })).await.problem(400, "invalid-body");
    assert_eq!(refused.pointers(), ["/fallback_owners"]);
    assert!(refused.body.to_string().contains("`tides-api`"), "{}", refused.body);
    put(json!({ "fallback_owners": ["other@example.com"] })).await.expect(200);
    product["owners"] = json!(["tides@example.com"]);
    let call = api.put("/v1/admin/products/tides-api").by_owner(&owen()).header("if-match", "*");
    call.json(&product).send().await.expect(200);
    put(json!({ "fallback_owners": [] })).await.expect(200);
}
