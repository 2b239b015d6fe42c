use gatepass_domain::Plan;
use gatepass_testkit::{ada, demo, olga, owen};
use serde_json::json;

use crate::harness::{Api, id_of};

/// R26
#[tokio::test]
async fn an_owner_approves() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let approve = || api.post(&format!("/v1/admin/access-requests/{id}/approve"));
    let answer = approve().by_owner(&owen()).json(json!({ "note": "Known customer" })).send().await.expect(200);
    answer.is("admin_access_requests_approve");
    approve().by_owner(&owen()).send().await.problem(409, "already-decided").is("problem_already_decided");
    approve().by_owner(&olga()).send().await.problem(409, "already-decided");
}

#[tokio::test]
async fn a_plan_may_ask_for_two_approvals() {
    let api = Api::new().await;
    api.world.offer(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let approve = || api.post(&format!("/v1/admin/access-requests/{id}/approve"));
    let first = approve().by_owner(&owen()).send().await.expect(200);
    assert_eq!((first.text("/status"), first.text("/approvals/0/by/id")), ("pending".into(), "owen".into()));
    approve().by_owner(&owen()).send().await.problem(409, "already-decided").is("problem_already_approved");
    assert_eq!(approve().by_owner(&olga()).send().await.expect(200).text("/status"), "approved");
}

#[tokio::test]
async fn what_is_gone_cannot_be_approved() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    api.world.withdraw_offer::<gatepass_domain::Product>(&"weather-api".parse().unwrap()).await;
    let answer = api.post(&format!("/v1/admin/access-requests/{id}/approve")).by_owner(&owen()).send().await;
    answer.problem(422, "no-longer-available").is("problem_no_longer_available");
    let other = id_of(&api.request(&ada(), "maps-api", "gold", "Other").await);
    api.world.withdraw_offer::<Plan>(&"gold".parse().unwrap()).await;
    let answer = api.post(&format!("/v1/admin/access-requests/{other}/approve")).by_owner(&owen()).send().await;
    answer.problem(422, "no-longer-available");
    // Rejecting is always possible.
    let reject = api.post(&format!("/v1/admin/access-requests/{other}/reject")).by_owner(&owen());
    reject.json(json!({ "reason": "Gold is gone" })).send().await.expect(200);
}
