//! A plan that owners review.

use std::time::Duration;

use serde_json::{Value, json};

use super::history;
use crate::stack::{Stack, string, until};

/// R22 (owners are told by one mail), R24 (who, app, products, plan), R7, R26 (approved: provisioned),
/// R28, R35 (the requester is told), with eight approvals at once.
#[tokio::test]
async fn gold_waits_for_one_of_eight_approvals() {
    let stack = Stack::new().await;
    let grace = stack.person("grace").await;
    let body = json!({
        "catalogue_id": "partner-apis", "product_ids": ["fleet-api"], "plan_id": "gold",
        "new_app": { "name": "Night buses" }, "justification": "Know where they are",
    });
    let submitted = grace.post("/v1/access-requests", body).await.expect(201).body;
    let id = string(&submitted["id"]);
    assert_eq!(submitted["policy"]["review"], "manual");

    let request = grace.until_mail(&id, "submitted", "sent").await;
    assert_eq!(request["status"], "pending");
    assert_eq!(request["provisioning"]["status"], "none");
    let mails = stack.mails().await;
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0]["template"], "submitted");
    assert_eq!(mails[0]["to"], json!(["fleet-team@example.com"]));
    for detail in ["Grace", "Night buses", "Fleet API", "Gold", "100 requests per second", "Know where they are"] {
        assert!(string(&mails[0]["text"]).contains(detail), "R24: {detail}: {}", mails[0]["text"]);
        assert!(string(&mails[0]["html"]).contains(detail), "R24: {detail}: {}", mails[0]["html"]);
    }

    let (owen, olga) = (stack.person("owen").await, stack.person("olga").await);
    let waiting = owen.get("/v1/admin/access-requests?status=pending").await.expect(200).items();
    assert_eq!(waiting.len(), 1, "R21");
    for (field, expected) in [("/requester/name", "Grace"), ("/app/name", "Night buses"), ("/plan_name", "Gold")] {
        assert_eq!(waiting[0].pointer(field), Some(&json!(expected)), "R24");
    }
    let answers = tokio::join!(
        owen.approve(&id),
        olga.approve(&id),
        owen.approve(&id),
        olga.approve(&id),
        owen.approve(&id),
        olga.approve(&id),
        owen.approve(&id),
        olga.approve(&id),
    );
    let answers = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5, answers.6, answers.7];
    let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(winners.len(), 1, "one decides: {:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert_eq!(winners[0].body["status"], "approved");
    for loser in answers.iter().filter(|answer| answer.status != 200) {
        loser.clone().problem(409, "already-decided");
    }

    let request = grace.until_provisioning(&id, "provisioned").await;
    assert_eq!(history(&request), ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]);
    let key = grace.reveal(&request).await;
    assert_eq!(stack.sample("fleet-api", Some(&key)).await, 200, "R26");
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 403);
    grace.until_mail(&id, "approve", "sent").await;
    let mails = stack.mails_of("approve").await;
    assert_eq!(mails.len(), 1, "R35");
    assert_eq!(mails[0]["to"], json!(["grace@example.com"]));
    assert_eq!(stack.mails().await.len(), 2);
    assert_eq!(stack.events("AccessRequestApproved").await.len(), 1);
}

/// R27 (not granted), R28, R35, R41, R43 (the `reject` mail carries the reason).
#[tokio::test]
async fn a_rejected_request_grants_nothing() {
    let stack = Stack::new().await;
    let (grace, olga) = (stack.person("grace").await, stack.person("olga").await);
    let id = string(&grace.submit("partner-apis", &["fleet-api"], "gold", "Day buses").await["id"]);
    let path = format!("/v1/admin/access-requests/{id}/reject");
    olga.post(&path, json!({})).await.problem(400, "invalid-body");
    grace.post(&path, json!({ "reason": "me" })).await.expect(403);
    let reason = "Please ask for the free plan first.";
    let rejected = olga.post(&path, json!({ "reason": reason })).await.expect(200).body;
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(rejected["reason"], reason);
    olga.post(&path, json!({ "reason": reason })).await.problem(409, "already-decided");

    let request = grace.until_mail(&id, "reject", "sent").await;
    assert_eq!(history(&request), ["AccessRequestSubmitted", "AccessRequestRejected"]);
    assert_eq!(request["history"][1]["reason"], reason);
    assert_eq!(request["history"][1]["actor"]["id"], "olga");
    let mails = stack.mails_of("reject").await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["to"], json!(["grace@example.com"]));
    assert_eq!(mails[0]["subject"], "Access to Fleet API was not granted");
    assert!(string(&mails[0]["text"]).contains(reason) && string(&mails[0]["html"]).contains(reason), "{:#}", mails[0]);

    assert_eq!(request["credential_id"], Value::Null);
    assert_eq!(grace.credentials(&string(&request["app"]["id"])).await, Vec::<Value>::new(), "R27");
    assert_eq!(stack.mails_of("approve").await, Vec::<Value>::new());
    assert!(!stack.events("AccessRequestRejected").await[0].to_string().contains(reason), "events are thin");
}

/// R21, R24: owners see every request; nobody decides their own, and only owners decide.
#[tokio::test]
async fn owners_decide_and_nobody_their_own() {
    let stack = Stack::new().await;
    let (ada, owen, olga) = (stack.person("ada").await, stack.person("owen").await, stack.person("olga").await);
    let id = string(&owen.submit("public-apis", &["weather-api"], "gold", "Umbrellas").await["id"]);
    owen.approve(&id).await.problem(403, "conflict-of-interest");
    ada.approve(&id).await.expect(403);
    let lookalike = stack.person("eve&groups=api-owner,owners").await;
    lookalike.approve(&id).await.expect(403);
    let approved = olga.post(&format!("/v1/admin/access-requests/{id}/approve"), json!({ "note": "fine" })).await;
    assert_eq!(approved.expect(200).body["approvals"][0]["note"], "fine");
    owen.until_provisioning(&id, "provisioned").await;
    ada.get(&format!("/v1/access-requests/{id}")).await.problem(404, "not-found");
    ada.get("/v1/admin/access-requests").await.expect(403);
}

/// Withdrawing frees the product for another request.
#[tokio::test]
async fn a_withdrawn_request_frees_the_product() {
    let stack = Stack::new().await;
    let grace = stack.person("grace").await;
    let first = grace.submit("partner-apis", &["fleet-api"], "gold", "Trams").await;
    let (id, app) = (string(&first["id"]), string(&first["app"]["id"]));
    let again = json!({
        "catalogue_id": "partner-apis", "product_ids": ["fleet-api"], "plan_id": "free", "app_id": app,
    });
    let refused = grace.post("/v1/access-requests", again.clone()).await.problem(409, "duplicate-access");
    assert_eq!(refused.body["conflicting_request_id"], id.as_str());
    let withdrawn = grace.post(&format!("/v1/access-requests/{id}/withdraw"), json!({})).await.expect(200).body;
    assert_eq!(withdrawn["status"], "withdrawn");
    stack.person("owen").await.approve(&id).await.problem(409, "already-decided");
    let second = string(&grace.post("/v1/access-requests", again).await.expect(201).body["id"]);
    grace.until_provisioning(&second, "provisioned").await;
    let what = "the withdrawal is published";
    until(what, async || (stack.events("AccessRequestWithdrawn").await.len() == 1).then_some(())).await;
    // Nothing that comes late changes it.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(grace.request(&id).await["status"], "withdrawn");
}
