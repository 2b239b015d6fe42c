//! Approvals of less than was asked for.

use gatepass_domain::{Person, Plan};
use gatepass_testkit::{ada, demo, grace, olga, owen, person};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::approvers::{approved_by, asked, decide};
use crate::harness::{Api, id_of};

const BOTH: [&str; 2] = ["weather-api", "maps-api"];

async fn approve(api: &Api, who: &Person, id: &str, body: Value) -> Value {
    decide(api, who, id, "approve", body).await.expect(200).body
}

// Covers P16.
#[tokio::test]
async fn an_approval_is_for_less_than_was_asked_and_both_are_on_record() {
    let api = Api::new().await;
    let request = asked(&api, &ada(), &BOTH, "Storm warnings").await;
    assert_eq!(request["asked"], Value::Null);
    let id = id_of(&request);
    let end = api.now().checked_add(SignedDuration::from_hours(24)).unwrap();
    let body = json!({
        "note": "Maps come later", "product_ids": ["weather-api"], "plan_id": "free", "access_expires_at": end,
    });
    let answer = decide(&api, owen().person(), &id, "approve", body).await.expect(200);
    answer.is("admin_access_requests_approve_less");
    let approved = answer.body;
    assert_eq!((&approved["status"], &approved["product_ids"]), (&json!("approved"), &json!(["weather-api"])));
    assert_eq!((&approved["plan_id"], &approved["access_expires_at"]), (&json!("free"), &json!(end)));
    assert_eq!((&approved["asked"]["product_ids"], &approved["asked"]["plan_id"]), (&json!(BOTH), &json!("gold")));
    assert_eq!(approved["approvals_restarted_at"], Value::Null, "nobody had approved before");
    assert_eq!(approved["policy"]["inputs"]["product_ids"], json!(BOTH), "the policy saw what was asked for");

    api.provision(&id).await;
    let seen = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200).body;
    let history: Vec<_> = seen["history"].as_array().unwrap().iter().map(|one| one["type"].clone()).collect();
    let story = ["AccessRequestSubmitted", "AccessRequestNarrowed", "AccessRequestApproved", "AccessProvisioned"];
    assert_eq!(history, story);
    assert_eq!(seen["history"][1]["reason"], "Maps come later");
    let path = format!("/v1/apps/{}/credentials", approved["app"]["id"].as_str().unwrap());
    let credential = &api.get(&path).by(&ada()).send().await.expect(200).items()[0].clone();
    assert_eq!(credential["grants"].as_array().unwrap().len(), 1);
    assert_eq!((&credential["plan_id"], &credential["expires_at"]), (&json!("free"), &json!(end)));

    // What was dropped can be asked for again, and the request no longer stands among those for it.
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": approved["app"]["id"],
    });
    api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201);
    for (query, expected) in [("product_id=weather-api", 1), ("product_id=maps-api&status=approved", 0)] {
        let listed = api.get(&format!("/v1/admin/access-requests?{query}")).by_owner(&owen()).send().await.expect(200);
        assert_eq!(listed.items().len(), expected, "{query}");
    }
    let usage = async |plan: &str| {
        api.get(&format!("/v1/admin/plans/{plan}/usage")).by_owner(&owen()).send().await.expect(200).items().len()
    };
    assert_eq!((usage("free").await, usage("gold").await), (1, 1));
}

#[tokio::test]
async fn never_more_than_asked() {
    let api = Api::new().await;
    let id = id_of(&asked(&api, &ada(), &["weather-api"], "Storm warnings").await);
    let refused = async |body: Value, status: u16, slug: &str| {
        decide(&api, owen().person(), &id, "approve", body).await.problem(status, slug)
    };
    refused(json!({ "product_ids": ["weather-api", "maps-api"] }), 422, "more-than-asked").await;
    api.world.offer(Plan { access_expires_in_seconds: Some(3600), ..demo::plan("gold", "Gold") }).await;
    let later = api.now().checked_add(SignedDuration::from_hours(2)).unwrap();
    refused(json!({ "access_expires_at": later }), 422, "more-than-asked").await;
    // The plan `free` allows 25 calls a second, which the plan that was asked for no longer does.
    let small = gatepass_domain::plan::Limit { requests: 1, per_seconds: 1 };
    api.world.offer(Plan { rate_limit: Some(small), ..demo::plan("gold", "Gold") }).await;
    refused(json!({ "plan_id": "free" }), 422, "more-than-asked").await;
    refused(json!({ "plan_id": "platinum" }), 422, "plan-not-offered").await;
    for (body, pointer) in [
        (json!({ "product_ids": [] }), "/product_ids"),
        (json!({ "product_ids": ["weather-api", "weather-api"] }), "/product_ids/1"),
        (json!({ "access_expires_at": "2020-01-01T00:00:00Z" }), "/access_expires_at"),
    ] {
        assert_eq!(refused(body, 400, "invalid-body").await.pointers(), [pointer]);
    }
    assert_eq!(approve(&api, owen().person(), &id, json!({ "plan_id": "gold" })).await["asked"], Value::Null);
}

#[tokio::test]
async fn an_approver_drops_only_products_of_their_own() {
    let api = Api::new().await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let petra = person("petra", &["maps-team"]);
    let id = id_of(&asked(&api, &ada(), &BOTH, "Storm warnings").await);
    let end = api.now().checked_add(SignedDuration::from_hours(2)).unwrap();
    for body in [
        json!({ "product_ids": ["weather-api"] }),
        json!({ "product_ids": ["maps-api", "weather-api"] }),
        json!({ "plan_id": "free" }),
        json!({ "access_expires_at": end }),
    ] {
        decide(&api, &petra, &id, "approve", body).await.problem(403, "not-entitled");
    }
    let body = json!({ "reason": "no", "product_ids": ["weather-api"] });
    decide(&api, &petra, &id, "reject", body).await.problem(403, "not-entitled");
    let body = json!({ "reason": "Ask the map team first", "product_ids": ["maps-api"] });
    let after = decide(&api, &petra, &id, "reject", body).await.expect(200).body;
    assert_eq!((&after["status"], &after["product_ids"]), (&json!("pending"), &json!(["weather-api"])));
    assert_eq!(after["awaiting"], json!([{ "group": "api-owners", "product_ids": ["weather-api"] }]));
    decide(&api, &petra, &id, "approve", json!({})).await.problem(404, "not-found");
    assert_eq!(approve(&api, owen().person(), &id, json!({})).await["status"], "approved");
}

#[tokio::test]
async fn a_request_of_which_every_product_is_rejected_is_rejected() {
    let api = Api::new().await;
    let id = id_of(&asked(&api, &ada(), &BOTH, "Storm warnings").await);
    let reject = async |product: &str| {
        let body = json!({ "reason": format!("No {product}"), "product_ids": [product] });
        decide(&api, owen().person(), &id, "reject", body).await.expect(200).body
    };
    assert_eq!(reject("maps-api").await["status"], "pending");
    let body = json!({ "reason": "again", "product_ids": ["maps-api"] });
    decide(&api, owen().person(), &id, "reject", body).await.problem(422, "more-than-asked");
    let rejected = reject("weather-api").await;
    assert_eq!((&rejected["status"], &rejected["reason"]), (&json!("rejected"), &json!("No weather-api")));
    assert_eq!(rejected["asked"]["product_ids"], json!(BOTH));
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": BOTH, "plan_id": "gold", "app_id": rejected["app"]["id"],
    });
    api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201);
}

// Covers P14, P16.
#[tokio::test]
async fn a_change_after_a_first_approval_starts_the_count_again() {
    let api = Api::new().await;
    api.world.offer(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let id = id_of(&asked(&api, &ada(), &BOTH, "Storm warnings").await);
    approve(&api, owen().person(), &id, json!({})).await;
    let changed = approve(&api, olga().person(), &id, json!({ "product_ids": ["weather-api"] })).await;
    assert_eq!(changed["status"], "pending", "nobody else has approved less");
    assert_eq!(changed["approvals"].as_array().unwrap().len(), 1);
    assert_eq!(changed["approvals_restarted_at"], changed["updated_at"]);
    // The same again changes nothing.
    let body = json!({ "product_ids": ["weather-api"] });
    decide(&api, olga().person(), &id, "approve", body.clone()).await.problem(409, "already-decided");
    let approved = approve(&api, owen().person(), &id, body).await;
    assert_eq!((&approved["status"], &approved["product_ids"]), (&json!("approved"), &json!(["weather-api"])));
}

/// A product that is no longer on offer is in nobody's way once it is dropped.
#[tokio::test]
async fn what_is_gone_can_be_dropped() {
    let api = Api::new().await;
    let id = id_of(&asked(&api, &grace(), &BOTH, "Storm warnings").await);
    let (maps, _) =
        api.world.store.offering::<gatepass_domain::Product>(&"maps-api".parse().unwrap()).await.unwrap().unwrap();
    api.world.offer(gatepass_domain::Product { published: false, ..maps.content }).await;
    decide(&api, owen().person(), &id, "approve", json!({})).await.problem(422, "no-longer-available");
    assert_eq!(
        approve(&api, owen().person(), &id, json!({ "product_ids": ["weather-api"] })).await["status"],
        "approved"
    );
}

/// An extension that is approved for less hands the rest back, and keeps what other requests hold.
#[tokio::test]
async fn an_extension_is_approved_for_less() {
    let api = Api::new().await;
    let access = api.access(&grace(), "weather-api", "gold", "Storm warnings").await;
    let app = &access["app"]["id"];
    let ask = async |product: &[&str], catalogue: &str| {
        let body = json!({
            "catalogue_id": catalogue, "product_ids": product, "plan_id": "gold", "app_id": app,
            "extends_credential_id": access["credential_id"],
        });
        api.post("/v1/access-requests").by(&grace()).json(body).send().await
    };
    let one = id_of(&ask(&["maps-api"], "public-apis").await.expect(201).body);
    let smaller = json!({ "plan_id": "free" });
    decide(&api, owen().person(), &one, "approve", smaller).await.problem(422, "credential-not-compatible");
    decide(&api, owen().person(), &one, "reject", json!({ "reason": "no" })).await.expect(200);
    let fleet = id_of(&ask(&["fleet-api"], "partner-apis").await.expect(201).body);
    approve(&api, owen().person(), &fleet, json!({ "product_ids": ["fleet-api"] })).await;
    api.provision(&fleet).await;
    let path = format!("/v1/apps/{}/credentials", app.as_str().unwrap());
    let credentials = api.get(&path).by(&grace()).send().await.expect(200);
    assert_eq!(credentials.items()[0]["grants"].as_array().unwrap().len(), 2);
}
