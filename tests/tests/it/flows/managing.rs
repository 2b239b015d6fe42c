//! Actions of API Owners beside deciding: suspend, revoke, grant, delete; and twenty of them at once.

use serde_json::{Value, json};

use super::history;
use crate::stack::{Stack, string, until};

/// R25: twenty owners approve and reject one request at once. One decides, nineteen are told who did; one event, one mail.
#[tokio::test]
async fn twenty_owners_decide_on_one_request_at_once() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let id = string(&ada.submit("public-apis", &["weather-api"], "gold", "Crowded").await["id"]);
    let mut owners = Vec::new();
    for number in 0..20 {
        owners.push(stack.person(&format!("owner-{number}&groups=api-owners")).await);
    }
    let approve = format!("/v1/admin/access-requests/{id}/approve");
    let reject = format!("/v1/admin/access-requests/{id}/reject");
    let decide = async |number: usize| match number % 2 {
        0 => owners[number].post(&approve, json!({})).await,
        _ => owners[number].post(&reject, json!({ "reason": "Not now" })).await,
    };
    let answers = futures_util::future::join_all((0..owners.len()).map(&decide)).await;
    let (winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((winners.len(), losers.len()), (1, 19));
    for loser in losers {
        let told = loser.problem(409, "already-decided").text("/detail");
        assert!(told.contains(winners[0].body["decided_by"]["id"].as_str().unwrap()), "{told}");
    }
    let (decision, mail) = match winners[0].body["status"].as_str() {
        Some("approved") => ("AccessRequestApproved", "approve"),
        _ => ("AccessRequestRejected", "reject"),
    };
    let request = ada.until_mail(&id, mail, "sent").await;
    let decisions = history(&request).into_iter().filter(|one| one.starts_with("AccessRequest")).count();
    assert_eq!(decisions, 2, "submitted and decided: {:?}", history(&request));
    assert_eq!(stack.events(decision).await.len(), 1);
    assert_eq!(stack.mails_of("approve").await.len() + stack.mails_of("reject").await.len(), 1);
}

/// In force at the gateway by the next call: no verdict is kept anywhere.
// Covers P12.
#[tokio::test]
async fn a_suspended_key_is_closed_until_it_is_resumed_and_a_revoked_one_for_good() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let id = string(&ada.submit("public-apis", &["weather-api", "maps-api"], "free", "Storm warnings").await["id"]);
    let request = ada.until_provisioning(&id, "provisioned").await;
    let key = ada.reveal(&request).await;
    let credential = string(&request["credential_id"]);
    let does = async |what: &str| owen.post(&format!("/v1/admin/credentials/{credential}/{what}"), json!({})).await;
    for (what, status) in [("suspend", 403), ("resume", 200), ("suspend", 403), ("revoke", 403)] {
        does(what).await.expect(200);
        for product in ["weather-api", "maps-api"] {
            assert_eq!(stack.sample(product, Some(&key)).await, status, "{what} {product}");
        }
    }
    does("resume").await.problem(409, "credential-not-suspended");
    ada.until_provisioning(&id, "revoked").await;
    let seen =
        async || stack.events("CredentialRevoked").await.len() == 1 && stack.events("AccessRevoked").await.len() == 1;
    until("both are published", async || seen().await.then_some(())).await;
}

/// A deployment changes over while both keys work, and the older one stops to the second.
#[tokio::test]
async fn a_key_is_replaced_while_the_older_one_still_works() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let request = ada.submit("public-apis", &["weather-api"], "free", "Storm warnings").await;
    let request = ada.until_provisioning(&string(&request["id"]), "provisioned").await;
    let older = ada.reveal(&request).await;
    let (app, credential) = (string(&request["app"]["id"]), string(&request["credential_id"]));
    let path = format!("/v1/apps/{app}/credentials/{credential}");
    ada.post(&format!("{path}/rotate"), json!({ "overlap_seconds": 7200 })).await.expect(200);
    let newer = ada.reveal(&request).await;
    for key in [&older, &newer] {
        assert_eq!(stack.sample("weather-api", Some(key)).await, 200);
    }
    ada.post(&format!("{path}/rotate"), json!({})).await.problem(409, "rotation-in-progress");
    stack.advance("PT2H").await;
    assert_eq!(stack.sample("weather-api", Some(&older)).await, 403);
    assert_eq!(stack.sample("weather-api", Some(&newer)).await, 200);
    until("the change of keys is published", async || {
        (stack.events("CredentialRotated").await.len() == 1).then_some(())
    })
    .await;
}

/// The same key works on: longer, and under another plan once an owner approves that.
#[tokio::test]
async fn a_key_is_renewed_and_its_plan_changed() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let request = ada.submit("public-apis", &["weather-api"], "free", "Storm warnings").await;
    let request = ada.until_provisioning(&string(&request["id"]), "provisioned").await;
    let key = ada.reveal(&request).await;
    let (app, credential) = (string(&request["app"]["id"]), string(&request["credential_id"]));
    let path = format!("/v1/apps/{app}/credentials/{credential}");
    // The plan approves it by itself.
    let renewal = ada.post(&format!("{path}/renew"), json!({ "justification": "Winter" })).await.expect(201).body;
    ada.until_mail(&string(&renewal["id"]), "approve", "sent").await;
    stack.advance("PT960H").await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200, "40 days later");
    let change = ada.post(&format!("{path}/change-plan"), json!({ "plan_id": "gold" })).await.expect(201).body;
    ada.post(&format!("{path}/renew"), json!({})).await.problem(409, "change-pending");
    owen.approve(&string(&change["id"])).await.expect(200);
    ada.until_provisioning(&string(&change["id"]), "provisioned").await;
    let held = ada.get(&format!("/v1/apps/{app}/credentials")).await.expect(200).body;
    assert_eq!((&held["items"][0]["plan_id"], &held["items"][0]["expires_at"]), (&json!("gold"), &Value::Null));
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
}

/// A key that leaked is closed by its owner, without anybody's help, and access is asked for anew.
#[tokio::test]
async fn the_owner_of_an_app_revokes_a_credential() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let request = ada.submit("public-apis", &["weather-api", "maps-api"], "free", "Storm warnings").await;
    let request = ada.until_provisioning(&string(&request["id"]), "provisioned").await;
    let key = ada.reveal(&request).await;
    let (app, credential) = (string(&request["app"]["id"]), string(&request["credential_id"]));
    let narrowed = ada.delete(&format!("/v1/apps/{app}/credentials/{credential}/products/maps-api")).await.expect(200);
    assert_eq!(narrowed.body["status"], "active");
    assert_eq!(stack.sample("maps-api", Some(&key)).await, 403);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
    ada.delete(&format!("/v1/apps/{app}/credentials/{credential}")).await.expect(204);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 403);
    let ended = ada.until_mail(&string(&request["id"]), "revoked", "sent").await;
    assert_eq!(ended["provisioning"]["status"], "revoked");
    let again = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free", "app_id": app,
    });
    ada.post("/v1/access-requests", again).await.expect(201);
}

/// Granted without a request, and like any other from then on: provisioned, mailed, on record.
#[tokio::test]
async fn access_is_granted_without_a_request() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let first = ada.submit("public-apis", &["weather-api"], "gold", "Storm warnings").await;
    let app = string(&first["app"]["id"]);
    let asked = json!({ "product_ids": ["fleet-api"], "plan_id": "free", "note": "For the harbour" });
    let granted = owen.post(&format!("/v1/admin/apps/{app}/grants"), asked).await.expect(201).body;
    let id = string(&granted["id"]);
    let request = ada.until_mail(&id, "approve", "sent").await;
    assert_eq!(history(&request), ["AccessRequestApproved", "AccessProvisioned"]);
    assert_eq!(request["history"][0]["actor"]["id"], "owen");
    let key = ada.reveal(&request).await;
    assert_eq!(stack.sample("fleet-api", Some(&key)).await, 200);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 403, "that one waits still");
    assert_eq!(stack.mails_of("submitted").await.len(), 1, "nobody is asked about what was granted");
}

/// Nothing is left behind when a product goes away: keys are closed, what waits is rejected and its requester told.
#[tokio::test]
async fn a_product_that_is_deleted_by_force_leaves_nothing_behind() {
    let stack = Stack::new().await;
    let (ada, grace, owen) = (stack.person("ada").await, stack.person("grace").await, stack.person("owen").await);
    let stands = string(&ada.submit("public-apis", &["weather-api"], "free", "Stands").await["id"]);
    let key = ada.reveal(&ada.until_provisioning(&stands, "provisioned").await).await;
    let waits = string(&grace.submit("public-apis", &["weather-api"], "gold", "Waits").await["id"]);
    let refused = owen.delete("/v1/admin/products/weather-api").await.problem(409, "in-use");
    let hit: Vec<Value> =
        refused.body["in_use_by"].as_array().unwrap().iter().map(|one| one["app"]["name"].clone()).collect();
    assert_eq!(hit, ["Waits", "Stands"]);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
    owen.delete("/v1/admin/products/weather-api?force=true").await.expect(204);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 403);
    ada.until_provisioning(&stands, "revoked").await;
    let request = grace.until_mail(&waits, "reject", "sent").await;
    assert_eq!(request["reason"], "The product `weather-api` was deleted.");
    let asked = grace.ask("public-apis", &["weather-api"], "free", "Again").await;
    asked.problem(422, "product-not-offered");
}

// Covers P41.
#[tokio::test]
async fn an_openapi_document_is_read_by_those_who_see_the_product() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let document = |path: &str| {
        let operation = json!({ "responses": { "200": { "description": "Fine." } } });
        json!({
            "openapi": "3.1.0", "info": { "title": "Weather", "version": "1" },
            "paths": { path: { "get": operation } }, "x-amazon-apigateway-policy": {},
        })
    };
    let admin = "/v1/admin/products/weather-api/openapi";
    owen.put(admin, document("/forecast")).await.expect(200);
    assert_eq!(owen.get(admin).await.expect(200).body["document"]["title"], "Weather");
    let read = ada.get("/v1/products/weather-api/openapi").await.expect(200).body;
    assert!(read["paths"]["/forecast"].is_object() && read.get("x-amazon-apigateway-policy").is_none(), "{read}");
    let replaced = owen.put(admin, document("/outlook")).await.expect(200).body;
    assert_eq!(replaced["breaking_changes"][0]["operation"], "GET /forecast");
    owen.delete(admin).await.expect(204);
    ada.get("/v1/products/weather-api/openapi").await.problem(404, "not-found");
    let published = until("the documents are published", async || {
        let updated = stack.events("ProductOpenapiUpdated").await;
        let deleted = stack.events("ProductOpenapiDeleted").await;
        (updated.len() == 2 && deleted.len() == 1).then_some(updated)
    });
    assert_eq!(published.await[0]["detail"]["data"]["id"], "weather-api");
}

/// An approval that no longer makes sense is refused with the reason, and nothing of it is done.
#[tokio::test]
async fn what_is_no_longer_presented_to_the_requester_is_not_approved() {
    let stack = Stack::new().await;
    let (grace, owen) = (stack.person("grace").await, stack.person("owen").await);
    let id = string(&grace.submit("partner-apis", &["fleet-api"], "gold", "Buses").await["id"]);
    owen.edit("/v1/admin/catalogues/partner-apis", |catalogue| catalogue["audience"]["groups"] = json!(["others"]))
        .await;
    let refused = owen.approve(&id).await.problem(422, "no-longer-available");
    assert!(
        refused.text("/detail").contains("no longer presents the product `fleet-api` to Grace"),
        "{:#}",
        refused.body
    );
    assert_eq!(grace.request(&id).await["version"], 1);
    owen.edit("/v1/admin/catalogues/partner-apis", |catalogue| catalogue["audience"]["groups"] = json!(["partners"]))
        .await;
    owen.approve(&id).await.expect(200);
    grace.until_provisioning(&id, "provisioned").await;
}

/// Counted by the schedule, or not yet: the figures are the same.
#[tokio::test]
async fn statistics_are_the_same_before_and_after_they_are_counted() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let automatic = string(&ada.submit("public-apis", &["weather-api"], "free", "Automatic").await["id"]);
    ada.until_provisioning(&automatic, "provisioned").await;
    let manual = string(&ada.submit("public-apis", &["maps-api"], "gold", "Manual").await["id"]);
    owen.approve(&manual).await.expect(200);
    ada.until_provisioning(&manual, "provisioned").await;
    let figures = async || owen.get("/v1/admin/statistics").await.expect(200).body;
    let fresh = figures().await;
    for (name, count) in [("submitted", 2), ("approved", 1), ("approved_automatically", 1), ("provisioned", 2)] {
        assert_eq!(fresh["totals"][name], count, "{name}: {:#}", fresh["totals"]);
    }
    assert_eq!(fresh["time_to_decision"]["decisions"], 1);
    stack.advance("PT1H").await;
    let owen = stack.person("owen").await;
    let counted = owen.get("/v1/admin/statistics").await.expect(200).body;
    assert_eq!((&counted["totals"], &counted["time_to_decision"]), (&fresh["totals"], &fresh["time_to_decision"]));
}
