use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, owen};
use jiff::SignedDuration;
use serde_json::json;

use super::held::Held;
use crate::harness::{Api, id_of};

const DAY: SignedDuration = SignedDuration::from_hours(24);

// Covers P7.
#[tokio::test]
async fn the_old_plan_stays_in_force_until_the_approval() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    let key = held.reveal().await;
    let answer = held.ask("change-plan", json!({ "plan_id": "gold", "justification": "More ships" })).await.expect(201);
    answer.is("credentials_change_plan");
    let id = answer.text("/id");
    assert_eq!((answer.text("/kind"), answer.text("/policy/review")), ("change_plan".into(), "manual".into()));
    assert_eq!(held.listed().await["plan_id"], "free");
    api.approve(&id).await;
    assert_eq!(held.listed().await["plan_id"], "free", "and until it is carried out");
    assert_eq!(api.provision(&id).await, Outcome::Provisioned);
    let listed = held.listed().await;
    // Keys of the plan `gold` do not end.
    assert_eq!((&listed["plan_id"], &listed["expires_at"]), (&json!("gold"), &json!(null)));
    assert_eq!(held.reveal().await, key);
    api.advance(DAY * 31);
    api.reconcile().await;
    assert!(held.opens(&key).await);
    held.ask("change-plan", json!({ "plan_id": "gold" })).await.problem(422, "credential-not-compatible");
    // Back again: keys of `free` live 30 days from the approval.
    let id = held.change("change-plan", json!({ "plan_id": "free" })).await;
    assert_eq!(held.end().await, held.approved_at(&id).await.checked_add(DAY * 30).unwrap());
    assert_eq!(held.listed().await["keys"][0]["not_after"], held.listed().await["expires_at"]);
}

#[tokio::test]
async fn a_rejected_change_leaves_the_plan() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    let id = held.ask("change-plan", json!({ "plan_id": "gold" })).await.expect(201).text("/id");
    let path = format!("/v1/admin/access-requests/{id}/reject");
    api.post(&path).by_owner(&owen()).json(json!({ "reason": "Not yet" })).send().await.expect(200);
    assert_eq!(held.listed().await["plan_id"], "free");
    held.ask("change-plan", json!({ "plan_id": "gold" })).await.expect(201);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_reason() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    for plan in ["free", "no-plan"] {
        held.ask("change-plan", json!({ "plan_id": plan })).await.problem(422, "credential-not-compatible");
    }
    held.ask("change-plan", json!({})).await.problem(400, "invalid-body");
    let credential = held.path.rsplit('/').next().unwrap();
    api.post(&format!("/v1/admin/credentials/{credential}/suspend")).by_owner(&owen()).send().await.expect(200);
    held.ask("change-plan", json!({ "plan_id": "gold" })).await.problem(422, "credential-not-compatible");
    api.post(&format!("/v1/admin/credentials/{credential}/resume")).by_owner(&owen()).send().await.expect(200);
    api.advance(DAY * 30);
    let refused = held.ask("change-plan", json!({ "plan_id": "gold" })).await.problem(422, "credential-not-compatible");
    assert_eq!(refused.text("/detail"), "The credential cannot be changed by this request: it has expired.");
}

/// It is for the credential as a whole, so nobody decides on a part of it; and it does not wait for ever.
#[tokio::test]
async fn a_change_is_decided_on_as_a_whole_and_in_time() {
    let api = Api::new().await;
    let held = Held::of(&api, &["weather-api", "maps-api"], "free").await;
    let asked = held.ask("change-plan", json!({ "plan_id": "gold" })).await.expect(201);
    assert!(asked.body["decide_by"].is_string());
    let of = |verb: &str| format!("/v1/admin/access-requests/{}/{verb}", asked.text("/id"));
    let part = json!({ "product_ids": ["weather-api"] });
    api.post(&of("approve")).by_owner(&owen()).json(part).send().await.problem(422, "credential-not-compatible");
    let part = json!({ "product_ids": ["weather-api"], "reason": "Not this one" });
    api.post(&of("reject")).by_owner(&owen()).json(part).send().await.problem(422, "credential-not-compatible");
    api.post(&of("approve")).by_owner(&owen()).send().await.expect(200);
}

/// An approval comes too late for a key that has ended meanwhile.
#[tokio::test]
async fn a_change_ends_with_its_credential() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    let id = held.ask("change-plan", json!({ "plan_id": "gold" })).await.expect(201).text("/id");
    api.advance(DAY * 31);
    let path = format!("/v1/admin/access-requests/{id}/approve");
    api.post(&path).by_owner(&owen()).send().await.problem(422, "credential-not-compatible");
    api.reconcile().await;
    let request = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!(request.text("/status"), "rejected");
    api.access_again(&held.request).await;
}

/// After a change of plan the old plan is not in use by the credential, and the new one is.
#[tokio::test]
async fn the_plan_that_was_left_can_be_deleted_and_the_other_not() {
    let api = Api::new().await;
    let held = Held::under(&api, "free").await;
    let key = held.reveal().await;
    held.change("change-plan", json!({ "plan_id": "gold" })).await;
    let catalogues = ["public-apis", "partner-apis"];
    for id in catalogues {
        let catalogue = api.get(&format!("/v1/admin/catalogues/{id}")).by_owner(&owen()).send().await.expect(200);
        let mut body = catalogue.body.clone();
        for member in ["version", "created_at", "updated_at"] {
            body.as_object_mut().unwrap().remove(member);
        }
        body["plan_ids"] = json!(["gold"]);
        let put = api.put(&format!("/v1/admin/catalogues/{id}")).by_owner(&owen()).header("if-match", r#""1""#);
        put.json(body).send().await.expect(200);
    }
    let delete = |plan: &str, query: &str| {
        let call = api.delete(&format!("/v1/admin/plans/{plan}{query}")).by_owner(&owen());
        call.header("if-match", r#""1""#).send()
    };
    delete("free", "").await.expect(204);
    assert!(held.opens(&key).await);
    let refused = delete("gold", "").await.problem(409, "in-use");
    assert_eq!(refused.body["in_use_by"][0]["request_id"].as_str(), Some(id_of(&held.request).as_str()));
    delete("gold", "?force=true").await.expect(204);
    assert!(!held.opens(&key).await);
}
