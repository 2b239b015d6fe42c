use gatepass_app::auto_approve;
use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, owen, person};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::held::Held;
use crate::harness::{Api, id_of};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Keys of the plan `free` live 30 days: they can be renewed from the beginning.
async fn free(api: &Api) -> Held<'_> {
    Held::under(api, "free").await
}

fn after(end: Timestamp, days: i32) -> Timestamp {
    end.checked_add(DAY * days).unwrap()
}

// Covers P9.
#[tokio::test]
async fn the_same_key_works_longer_once_the_renewal_is_approved() {
    let api = Api::new().await;
    let held = free(&api).await;
    let (key, end) = (held.reveal().await, held.end().await);
    let answer = held.ask("renew", json!({ "justification": "Another season" })).await.expect(201);
    answer.is("credentials_renew");
    assert_eq!((answer.text("/kind"), answer.text("/policy/review")), ("renewal".into(), "automatic".into()));
    assert_eq!(held.end().await, end, "nothing changes before the approval");

    let id = answer.text("/id");
    assert_eq!(api.auto_approve(&id).await, auto_approve::Outcome::Approved);
    assert_eq!(api.provision(&id).await, Outcome::Provisioned);
    assert_eq!(api.provision(&id).await, Outcome::NothingToDo);
    assert_eq!(held.end().await, after(end, 30), "counted from the old end");
    assert_eq!(held.reveal().await, key);
    api.advance(DAY * 59);
    api.reconcile().await;
    assert!(held.opens(&key).await);
    api.advance(DAY);
    assert!(!held.opens(&key).await);
}

#[tokio::test]
async fn a_key_is_renewed_until_thirty_days_after_its_end() {
    let api = Api::new().await;
    let held = free(&api).await;
    let (key, end) = (held.reveal().await, held.end().await);
    api.advance(DAY * 59);
    api.reconcile().await;
    assert_eq!(held.listed().await["status"], "expired");
    let id = held.change("renew", json!({})).await;
    assert_eq!(held.end().await, after(held.approved_at(&id).await, 30), "counted from the approval");
    let renewed = held.listed().await;
    assert_eq!((&renewed["status"], held.reveal().await), (&json!("active"), key.clone()));
    assert!(held.opens(&key).await);
    assert!(held.end().await > after(end, 30));

    // The app has the product again, by the request that opened it.
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "app_id": id_of(&held.request["app"]),
    });
    let refused = api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(409, "duplicate-access");
    assert_eq!(refused.body["conflicting_request_id"], held.request["id"]);
    // And it ends again.
    api.advance(DAY * 30);
    api.reconcile().await;
    assert_eq!(held.listed().await["status"], "expired");
    assert!(!held.opens(&key).await);
    held.change("renew", json!({})).await;
    assert!(held.opens(&key).await);
    let request = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!(request.text("/provisioning/status"), "provisioned");
}

#[tokio::test]
async fn too_early_and_too_late_it_says_when() {
    let api = Api::new().await;
    let held = free(&api).await;
    held.change("renew", json!({})).await;
    let refused = held.ask("renew", json!({})).await.problem(409, "renewal-not-due");
    refused.is("problem_renewal_not_due");
    api.advance(DAY * 30);
    held.change("renew", json!({})).await;
    api.advance(DAY * 90 + SignedDuration::from_secs(1));
    held.ask("renew", json!({})).await.problem(409, "renewal-not-due");
    // What never ends needs no renewal.
    let gold = api.access(&ada(), "maps-api", "gold", "Sea maps").await;
    let path = format!("/v1/apps/{}/credentials/{}", id_of(&gold["app"]), gold["credential_id"].as_str().unwrap());
    api.post(&format!("{path}/renew")).by(&ada()).send().await.problem(409, "renewal-not-due");
}

#[tokio::test]
async fn a_rejected_renewal_leaves_the_old_end() {
    let api = Api::new().await;
    let held = free(&api).await;
    let end = held.end().await;
    // The plan is reviewed by now: the policy is evaluated anew.
    let plan = api.get("/v1/admin/plans/free").by_owner(&owen()).send().await.expect(200);
    let mut body = plan.body.clone();
    for member in ["version", "created_at", "updated_at"] {
        body.as_object_mut().unwrap().remove(member);
    }
    body["auto_approve"] = json!(false);
    let put = api.put("/v1/admin/plans/free").by_owner(&owen()).header("if-match", r#""1""#).json(body);
    put.send().await.expect(200);
    let request = held.ask("renew", json!({})).await.expect(201);
    assert_eq!(request.text("/policy/review"), "manual");
    let path = format!("/v1/admin/access-requests/{}/reject", request.text("/id"));
    api.post(&path).by_owner(&owen()).json(json!({ "reason": "Not another season" })).send().await.expect(200);
    assert_eq!(held.end().await, end);
    held.ask("renew", json!({})).await.expect(201);
}

#[tokio::test]
async fn one_change_waits_at_a_time() {
    let api = Api::new().await;
    let held = free(&api).await;
    let first = held.ask("renew", json!({})).await.expect(201).text("/id");
    let extension = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "free",
        "app_id": id_of(&held.request["app"]), "extends_credential_id": held.request["credential_id"],
    });
    for refused in [
        held.ask("renew", json!({})).await,
        held.ask("change-plan", json!({ "plan_id": "gold" })).await,
        api.post("/v1/access-requests").by(&ada()).json(&extension).send().await,
    ] {
        let refused = refused.problem(409, "change-pending");
        assert_eq!(refused.text("/conflicting_request_id"), first);
    }
    let grant = json!({
        "product_ids": ["maps-api"], "plan_id": "free", "extends_credential_id": held.request["credential_id"],
    });
    let path = format!("/v1/admin/apps/{}/grants", id_of(&held.request["app"]));
    let refused = api.post(&path).by_owner(&owen()).json(grant).send().await.problem(409, "change-pending");
    assert_eq!(refused.text("/conflicting_request_id"), first);

    api.post(&format!("/v1/access-requests/{first}/withdraw")).by(&ada()).send().await.expect(200);
    let extension = api.post("/v1/access-requests").by(&ada()).json(&extension).send().await.expect(201).text("/id");
    let refused = held.ask("renew", json!({})).await.problem(409, "change-pending");
    assert_eq!(refused.text("/conflicting_request_id"), extension);
    api.approve(&extension).await;
    assert_eq!(api.provision(&extension).await, Outcome::Provisioned);
    let renewal = held.ask("renew", json!({})).await.expect(201);
    assert_eq!(renewal.body["product_ids"], json!(["weather-api", "maps-api"]));
}

#[tokio::test]
async fn a_repeated_call_files_one_renewal() {
    let api = Api::new().await;
    let held = free(&api).await;
    let ask = || api.post(&format!("{}/renew", held.path)).by(&ada()).keyed("k").json(json!({})).send();
    let first = ask().await.expect(201);
    assert_eq!(ask().await.expect(201).body, first.body);
}

/// A renewal that was asked for in time goes on when the key ends meanwhile.
#[tokio::test]
async fn a_renewal_outlasts_the_end() {
    let api = Api::new().await;
    let held = free(&api).await;
    let key = held.reveal().await;
    let id = held.ask("renew", json!({})).await.expect(201).text("/id");
    api.advance(DAY * 31);
    api.reconcile().await;
    assert!(!held.opens(&key).await);
    // The product is the renewal's now.
    let again = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "app_id": id_of(&held.request["app"]),
    });
    let refused = api.post("/v1/access-requests").by(&ada()).json(&again).send().await.problem(409, "duplicate-access");
    assert_eq!(refused.text("/conflicting_request_id"), id);
    // The background work approved it, as the policy had decided.
    assert_eq!(api.provision(&id).await, Outcome::Provisioned);
    assert!(held.opens(&key).await);
    assert_eq!(held.end().await, after(held.approved_at(&id).await, 30));
}

#[tokio::test]
async fn what_the_app_has_otherwise_by_now_is_not_renewed() {
    let api = Api::new().await;
    let held = free(&api).await;
    api.advance(DAY * 31);
    let again = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "app_id": id_of(&held.request["app"]),
    });
    let other = api.post("/v1/access-requests").by(&ada()).json(&again).send().await.expect(201).text("/id");
    let refused = held.ask("renew", json!({})).await.problem(409, "duplicate-access");
    assert_eq!(refused.text("/conflicting_request_id"), other);
    api.post(&format!("/v1/access-requests/{other}/withdraw")).by(&ada()).send().await.expect(200);
    held.ask("renew", json!({})).await.expect(201);
    api.post("/v1/access-requests").by(&ada()).json(&again).send().await.problem(409, "duplicate-access");
}

#[tokio::test]
async fn revoking_the_request_that_opened_it_ends_the_renewed_access() {
    let api = Api::new().await;
    let held = free(&api).await;
    let key = held.reveal().await;
    held.change("renew", json!({})).await;
    let path = format!("/v1/admin/access-requests/{}/revoke", id_of(&held.request));
    api.post(&path).by_owner(&owen()).json(json!({ "reason": "Over" })).send().await.expect(200);
    assert!(!held.opens(&key).await);
    assert_eq!(held.listed().await["status"], "revoked");
    held.ask("renew", json!({})).await.problem(409, "credential-not-active");
}

#[tokio::test]
async fn revoking_a_renewal_that_was_carried_out_ends_the_access() {
    let api = Api::new().await;
    let held = free(&api).await;
    let key = held.reveal().await;
    let id = held.change("renew", json!({})).await;
    api.post(&format!("/v1/admin/access-requests/{id}/revoke"))
        .by_owner(&owen())
        .json(json!({ "reason": "Over" }))
        .send()
        .await
        .expect(200);
    assert!(!held.opens(&key).await);
    api.reconcile().await;
    let opened = api.get(&format!("/v1/access-requests/{}", id_of(&held.request))).by(&ada()).send().await.expect(200);
    assert_eq!(opened.text("/provisioning/status"), "revoked");
    // The app may ask again.
    api.access_again(&held.request).await;
}

#[tokio::test]
async fn a_renewal_that_was_not_carried_out_leaves_the_access_when_it_is_revoked() {
    let api = Api::new().await;
    let held = free(&api).await;
    let (key, end) = (held.reveal().await, held.end().await);
    let id = held.ask("renew", json!({})).await.expect(201).text("/id");
    api.approve(&id).await;
    api.post(&format!("/v1/admin/access-requests/{id}/revoke"))
        .by_owner(&owen())
        .json(json!({ "reason": "Over" }))
        .send()
        .await
        .expect(200);
    assert_eq!(api.provision(&id).await, Outcome::NothingToDo);
    assert!(held.opens(&key).await);
    assert_eq!(held.end().await, end);
    held.ask("renew", json!({})).await.expect(201);
}

#[tokio::test]
async fn a_revoked_credential_takes_its_renewal_with_it() {
    let api = Api::new().await;
    let held = free(&api).await;
    let (pending, credential) = (held.ask("renew", json!({})).await.expect(201).text("/id"), held.path.clone());
    api.delete(&credential).by(&ada()).send().await.expect(204);
    let request = api.get(&format!("/v1/access-requests/{pending}")).by(&ada()).send().await.expect(200);
    assert_eq!(request.text("/status"), "withdrawn");
    api.access_again(&held.request).await;
}

#[tokio::test]
async fn a_product_that_is_offered_no_longer_is_not_renewed() {
    let api = Api::new().await;
    let held = free(&api).await;
    let catalogue = api.get("/v1/admin/catalogues/public-apis").by_owner(&owen()).send().await.expect(200);
    let mut body = catalogue.body.clone();
    for member in ["version", "created_at", "updated_at"] {
        body.as_object_mut().unwrap().remove(member);
    }
    body["product_ids"] = json!(["maps-api"]);
    let put = api.put("/v1/admin/catalogues/public-apis").by_owner(&owen()).header("if-match", r#""1""#).json(body);
    put.send().await.expect(200);
    held.ask("renew", json!({})).await.problem(422, "no-longer-available");
}

#[tokio::test]
async fn strangers_and_former_owners_do_not_renew() {
    let api = Api::new().await;
    let held = free(&api).await;
    let path = format!("{}/renew", held.path);
    api.post(&path).by(&person("bob", &["builders"])).send().await.problem(404, "not-found");
    held.ask("renew", json!({ "reason": "x" })).await.problem(400, "invalid-body");
    held.ask("renew", json!({ "justification": "x".repeat(2001) })).await.problem(400, "invalid-body");
}

#[tokio::test]
async fn a_suspension_outlasts_the_end_and_the_renewal() {
    let api = Api::new().await;
    let held = free(&api).await;
    let credential = held.path.rsplit('/').next().unwrap();
    let key = held.reveal().await;
    let id = held.ask("renew", json!({})).await.expect(201).text("/id");
    api.post(&format!("/v1/admin/credentials/{credential}/suspend")).by_owner(&owen()).send().await.expect(200);
    api.advance(DAY * 31);
    api.reconcile().await;
    api.auto_approve(&id).await;
    api.provision(&id).await;
    assert!(!held.opens(&key).await);
    held.ask("renew", json!({})).await.problem(409, "credential-not-active");
}

/// Two extensions hold one grant, also after its end and its renewal: the app has the product as long as one of them does.
#[tokio::test]
async fn a_grant_that_two_requests_hold_is_the_apps_after_a_renewal_too() {
    let api = Api::new().await;
    let held = free(&api).await;
    let extensions = [held.extend(&["maps-api"], "free").await, held.extend(&["maps-api"], "free").await];
    for id in &extensions {
        if api.auto_approve(id).await == auto_approve::Outcome::Referred {
            api.approve(id).await;
        }
    }
    for id in &extensions {
        assert_eq!(api.provision(id).await, Outcome::Provisioned);
    }
    api.advance(DAY * 31);
    api.reconcile().await;
    held.change("renew", json!({})).await;
    let key = held.reveal().await;
    for (id, remains) in extensions.iter().zip([true, false]) {
        let revoke = api.post(&format!("/v1/admin/access-requests/{id}/revoke")).by_owner(&owen());
        revoke.json(json!({ "reason": "Over" })).send().await.expect(200);
        assert_eq!(held.opens_product(&key, "maps-api").await, remains);
        let again = held.ask_again("maps-api").await;
        assert_eq!(again.status, if remains { 409 } else { 201 });
    }
}
