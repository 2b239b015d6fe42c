//! Texts that no answer ever has.

use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::key::{PREFIX, PlainKey};
use gatepass_domain::plan::AutoApproveWhen;
use gatepass_domain::{Catalogue, Plan, Product};
use gatepass_testkit::{Fault, ada, demo, grace};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};

/// Holds `answer` against what it must not say.
pub(crate) fn check(answer: &Answer) {
    let route = answer.route.to_string();
    if route == "GET /v1/openapi.json" {
        return;
    }
    let mut texts = Vec::new();
    collect("", &answer.body, &mut texts);
    for (name, _) in texts.iter().filter(|(_, text)| holds_key(text)) {
        let shown_on_purpose = route.ends_with("/reveal") && *name == "key";
        assert!(shown_on_purpose, "{route} shows a key in `{name}`");
    }
    let about_offerings =
        ["catalogues", "products", "plans"].iter().any(|kind| route.contains(&format!("/v1/admin/{kind}")));
    for (name, text) in texts.iter().filter(|_| !about_offerings) {
        // The API Owners' addresses, and what errors of ours, the SDK and KMS would say.
        for secret in ["-owner@example.com", "DynamoDB is", "GetItem", "arn:aws", "InvalidCiphertext", "gatepass-1"] {
            assert!(!text.contains(secret), "{route} says `{secret}` in `{name}`");
        }
        assert!(
            !["gateway", "owners", "auto_approve_when", "audience", "sealed", "digest"].contains(name),
            "{route}: {name}"
        );
    }
}

/// Whether a whole key stands somewhere in `text`. Its checksum tells it from a cursor that has its first letters by
/// chance.
fn holds_key(text: &str) -> bool {
    let length = PREFIX.len() + 43 + 6;
    text.match_indices(PREFIX).any(|(at, _)| text.get(at..at + length).is_some_and(|key| PlainKey::parse(key).is_ok()))
}

/// Every member's name with its text; nameless for what holds others.
fn collect<'a>(name: &'a str, value: &'a Value, texts: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::Object(members) => {
            texts.push((name, ""));
            members.iter().for_each(|(name, value)| collect(name, value, texts));
        }
        Value::Array(items) => {
            texts.push((name, ""));
            items.iter().for_each(|item| collect(name, item, texts));
        }
        Value::String(text) => texts.push((name, text)),
        _ => texts.push((name, "")),
    }
}

/// The check above is made on each answer; here it has something to find.
#[tokio::test]
async fn consumers_see_neither_owners_nor_gateways_nor_whom_a_plan_trusts() {
    let api = Api::new().await;
    let plan = Plan {
        auto_approve: true,
        auto_approve_when: AutoApproveWhen { users: vec!["boss".into()], ..AutoApproveWhen::default() },
        ..demo::plan("gold", "Gold")
    };
    api.world.offer(plan).await;
    for path in ["/v1/catalogues", "/v1/catalogues/partner-apis", "/v1/products/fleet-api", "/v1/products/weather-api"]
    {
        let answer = api.get(path).by(&grace()).send().await.expect(200);
        let text = answer.body.to_string();
        for secret in ["boss", "builtin", "oauth2_dcr", "@example.com"] {
            assert!(!text.contains(secret), "{path} says {secret}: {text}");
        }
    }
}

#[tokio::test]
async fn a_consumer_never_meets_anothers_things() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let (id, app, credential) = (id_of(&request), id_of(&request["app"]), request["credential_id"].as_str().unwrap());
    for path in [format!("/v1/access-requests/{id}"), format!("/v1/apps/{app}"), format!("/v1/apps/{app}/credentials")]
    {
        api.get(&path).by(&ada()).send().await.expect(200);
        api.get(&path).by(&grace()).send().await.problem(404, "not-found");
    }
    for path in
        [format!("/v1/access-requests/{id}/withdraw"), format!("/v1/apps/{app}/credentials/{credential}/reveal")]
    {
        api.post(&path).by(&grace()).send().await.problem(404, "not-found");
    }
    for path in ["/v1/access-requests", "/v1/apps"] {
        assert_eq!(api.get(path).by(&grace()).send().await.expect(200).items(), [] as [Value; 0], "{path}");
    }
    let mine = api.app(&grace(), "Fleet").await;
    api.post(&format!("/v1/apps/{mine}/credentials/{credential}/reveal"))
        .by(&grace())
        .send()
        .await
        .problem(404, "not-found");
}

/// Nothing that is not there can be told from what is somebody else's.
#[tokio::test]
async fn what_is_anothers_is_answered_like_what_does_not_exist() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let anothers = api.get(&format!("/v1/access-requests/{id}")).by(&grace()).send().await;
    let nobodys = api.get("/v1/access-requests/019351d0-0000-7000-8000-000000000000").by(&grace()).send().await;
    let malformed = api.get("/v1/access-requests/1").by(&grace()).send().await;
    assert_eq!(anothers.body, nobodys.body);
    assert_eq!(anothers.body, malformed.body);
    anothers.is("problem_not_found");
}

#[tokio::test]
async fn a_database_out_of_reach_is_said_without_details() {
    let api = Api::new().await;
    api.world.table.faults.plan("Query", Fault::Unreachable, 100);
    api.get("/v1/catalogues").by(&ada()).send().await.problem(503, "unavailable").is("problem_unavailable");
}

#[tokio::test]
async fn a_failure_of_ours_discloses_nothing() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let (app, credential) = (id_of(&request["app"]), request["credential_id"].as_str().unwrap());
    let reveal = format!("/v1/apps/{app}/credentials/{credential}/reveal");
    api.kms.refuse("AccessDeniedException", 1);
    let answer = api.post(&reveal).by(&ada()).send().await.problem(500, "internal-error");
    answer.is("problem_internal_error");
    api.kms.refuse("ThrottlingException", 1);
    api.post(&reveal).by(&ada()).send().await.problem(503, "unavailable");
}

#[tokio::test]
async fn what_is_not_published_is_nowhere() {
    let api = Api::new().await;
    let weather = demo::products().swap_remove(0);
    api.world.offer(Product { published: false, ..weather }).await;
    let shelf = api.get("/v1/catalogues/public-apis").by(&ada()).send().await.expect(200);
    assert_eq!(shelf.body["product_ids"], json!(["maps-api", "payments-api"]));
    assert_eq!(shelf.body["products"].as_array().unwrap().len(), 2);
    api.get("/v1/products/weather-api").by(&ada()).send().await.problem(404, "not-found");
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": "App" },
    });
    api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(422, "product-not-offered");
    let catalogue = Catalogue {
        audience: Audience { kind: AudienceKind::Public, groups: vec![] },
        ..demo::catalogues().swap_remove(0)
    };
    api.world.offer(catalogue).await;
    for path in ["/v1/public/catalogues", "/v1/public/catalogues/public-apis"] {
        let seen = api.get(path).send().await.expect(200);
        assert!(!seen.body.to_string().contains("weather"), "{path}: {:#}", seen.body);
    }
    for path in ["/v1/catalogues", "/v1/catalogues/public-apis", "/v1/products/maps-api", "/v1/cart"] {
        let seen = api.get(path).by(&ada()).send().await.expect(200);
        assert!(!seen.body.to_string().contains("weather"), "{path}: {:#}", seen.body);
    }
    let body = json!({ "catalogue_id": "public-apis", "plan_id": "gold" });
    api.put("/v1/cart/items/weather-api").by(&ada()).json(body).send().await.problem(422, "product-not-offered");
}
