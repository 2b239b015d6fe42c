//! Texts that people enter: none with characters that the people who read them cannot see.

use axum::http::Method;
use gatepass_testkit::{ada, owen};
use serde_json::{Value, json};

use crate::harness::{Api, NOBODYS};

/// The endpoints that take a text, with a body and the pointer to the text in it, which stands for `{text}`.
fn single_lines() -> Vec<(Method, String, Value, &'static str)> {
    let put = |path: &str, body, pointer| (Method::PUT, path.to_owned(), body, pointer);
    let post = |path: &str, body, pointer| (Method::POST, path.to_owned(), body, pointer);
    let catalogue = |name: &str, groups: Value| json!({ "id": "c", "name": name, "audience": groups });
    let plan = |more: Value| {
        let mut plan = json!({ "id": "p", "name": "P" });
        plan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        plan
    };
    let product = |more: Value| {
        let mut product = json!({ "id": "x", "name": "X", "auth_method": "api_key", "gateway": { "kind": "builtin" } });
        product.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        product
    };
    let ask = |app: &str| {
        json!({
            "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": app },
        })
    };
    let everyone = json!({ "kind": "everyone" });
    vec![
        post("/v1/apps", json!({ "name": "{text}" }), "/name"),
        post("/v1/access-requests", ask("{text}"), "/new_app/name"),
        post("/v1/admin/catalogues", catalogue("{text}", everyone), "/name"),
        post(
            "/v1/admin/catalogues",
            catalogue("C", json!({ "kind": "groups", "groups": ["{text}"] })),
            "/audience/groups/0",
        ),
        post("/v1/admin/products", product(json!({ "name": "{text}" })), "/name"),
        post("/v1/admin/products", product(json!({ "owners": ["{text}@example.com"] })), "/owners/0"),
        post(
            "/v1/admin/products",
            product(json!({ "documentation_url": "https://example.com/{text}" })),
            "/documentation_url",
        ),
        post("/v1/admin/products", product(json!({ "gateway": { "kind": "builtin", "{text}": 1 } })), "/gateway"),
        post("/v1/apps", json!({ "name": "a", "redirect_uris": ["https://example.com/{text}"] }), "/redirect_uris/0"),
        post("/v1/admin/plans", plan(json!({ "name": "{text}" })), "/name"),
        post("/v1/admin/plans", plan(json!({ "scopes": ["{text}"] })), "/scopes/0"),
        post("/v1/admin/plans", plan(json!({ "metadata": { "{text}": "x" } })), "/metadata"),
        post(
            "/v1/admin/plans",
            plan(json!({ "auto_approve_when": { "groups": ["{text}"] } })),
            "/auto_approve_when/groups/0",
        ),
        post(
            "/v1/admin/plans",
            plan(json!({ "auto_approve_when": { "users": ["{text}"] } })),
            "/auto_approve_when/users/0",
        ),
        put("/v1/admin/settings", json!({ "mail_subjects": { "approve": "{text}" } }), "/mail_subjects/approve"),
    ]
}

fn many_lines() -> Vec<(Method, String, Value, &'static str)> {
    let post = |path: &str, body, pointer| (Method::POST, path.to_owned(), body, pointer);
    let on_request = |verb: &str| format!("/v1/admin/access-requests/{NOBODYS}/{verb}");
    let on_credential = |verb: &str| format!("/v1/admin/credentials/{NOBODYS}/{verb}");
    vec![
        post("/v1/apps", json!({ "name": "a", "description": "{text}" }), "/description"),
        post(
            "/v1/access-requests",
            json!({
                "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
                "new_app": { "name": "a" }, "justification": "{text}",
            }),
            "/justification",
        ),
        post("/v1/cart/submit", json!({ "new_app": { "name": "a" }, "justification": "{text}" }), "/justification"),
        post(
            "/v1/admin/catalogues",
            json!({ "id": "c", "name": "C", "audience": { "kind": "everyone" }, "description": "{text}" }),
            "/description",
        ),
        post("/v1/admin/plans", json!({ "id": "p", "name": "P", "description": "{text}" }), "/description"),
        post("/v1/admin/plans", json!({ "id": "p", "name": "P", "metadata": { "k": "{text}" } }), "/metadata/k"),
        post(&on_request("approve"), json!({ "note": "{text}" }), "/note"),
        post(&on_request("reject"), json!({ "reason": "{text}" }), "/reason"),
        post(&on_request("revoke"), json!({ "reason": "{text}" }), "/reason"),
        post(
            "/v1/admin/access-requests/decide",
            json!({ "decision": "reject", "ids": [NOBODYS], "reason": "{text}" }),
            "/reason",
        ),
        post(&on_credential("suspend"), json!({ "reason": "{text}" }), "/reason"),
        post(&on_credential("resume"), json!({ "reason": "{text}" }), "/reason"),
        post(&on_credential("revoke"), json!({ "reason": "{text}" }), "/reason"),
        post(
            &format!("/v1/admin/apps/{NOBODYS}/grants"),
            json!({ "product_ids": ["weather-api"], "plan_id": "gold", "note": "{text}" }),
            "/note",
        ),
    ]
}

/// `body` with `text` where it says `{text}`.
fn filled(body: &Value, text: &str) -> String {
    let inside = Value::from(text).to_string();
    body.to_string().replace("{text}", inside.trim_matches('"'))
}

async fn refused_at(api: &Api, method: &Method, path: &str, body: &str) -> Vec<String> {
    let who = if path.contains("/admin/") { owen().person().clone() } else { ada() };
    let call = api.of(method.clone(), path).by(&who).header("if-match", "*").keyed("k").text(body);
    let answer = call.send().await;
    if answer.body["type"] == "/problems/invalid-body" { answer.expect(400).pointers() } else { Vec::new() }
}

#[tokio::test]
async fn no_text_holds_a_character_that_cannot_be_seen() {
    let api = Api::new().await;
    for (method, path, body, pointer) in single_lines().into_iter().chain(many_lines()) {
        for hidden in ["a\u{0}b", "a\u{1b}[2Jb", "a\u{7f}b", "\u{202e}ab", "a\u{200b}b", "a\u{feff}", "\u{2800}"] {
            let pointers = refused_at(&api, &method, &path, &filled(&body, hidden)).await;
            assert_eq!(pointers, [pointer], "{method} {path} {body} with {hidden:?}");
        }
    }
}

#[tokio::test]
async fn line_breaks_and_tabs_stay_where_a_text_has_many_lines() {
    let api = Api::new().await;
    for (method, path, body, pointer) in single_lines() {
        let pointers = refused_at(&api, &method, &path, &filled(&body, "a\r\nb")).await;
        assert_eq!(pointers, [pointer], "{method} {path} {body}");
    }
    for (method, path, body, _) in many_lines() {
        let pointers = refused_at(&api, &method, &path, &filled(&body, "a\n\tb")).await;
        assert_eq!(pointers, [] as [String; 0], "{method} {path} {body}");
    }
}

#[tokio::test]
async fn an_address_is_one_that_a_browser_may_follow() {
    let api = Api::new().await;
    for address in [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://example.com/",
        "https://example.com/\r\nX: y",
        "https://bank.example@evil.example/",
        &format!("https://example.com/{}", "x".repeat(512)),
    ] {
        let app = json!({ "name": "a", "redirect_uris": [address] });
        api.post("/v1/apps").by(&ada()).json(app).send().await.problem(400, "invalid-body");
        let product = json!({
            "id": "x", "name": "X", "auth_method": "api_key", "gateway": { "kind": "builtin" },
            "documentation_url": address,
        });
        api.post("/v1/admin/products").by_owner(&owen()).json(product).send().await.problem(400, "invalid-body");
    }
    let app = json!({ "name": "a", "redirect_uris": ["http://localhost:8080/back", "https://example.com/back"] });
    api.post("/v1/apps").by(&ada()).json(app).send().await.expect(201);
}
