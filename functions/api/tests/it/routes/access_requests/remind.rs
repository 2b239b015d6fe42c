use gatepass_testkit::{ada, owen};
use serde_json::json;

use crate::harness::{Api, id_of};

#[tokio::test]
async fn nobody_is_reminded_of_what_the_policy_decides() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "free", "Storm warnings").await);
    let refused = api.post(&format!("/v1/access-requests/{id}/remind")).by(&ada()).send().await;
    let refused = refused.problem(409, "decided-automatically");
    let why = "This request is decided automatically, within a few minutes: there is nobody to remind.";
    assert_eq!(refused.text("/detail"), why);
}

// Covers P18.
#[tokio::test]
async fn a_requester_sends_one_reminder_a_day() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let remind = || api.post(&format!("/v1/access-requests/{id}/remind")).by(&ada()).send();
    let answer = remind().await.expect(200);
    answer.is("access_requests_remind");
    assert!(answer.body["decide_by"].is_string(), "{}", answer.body);
    let again = remind().await.problem(429, "reminded-lately");
    assert!(again.headers["retry-after"].parse::<u64>().unwrap() <= 86_400);
    let foreign = api.post(&format!("/v1/access-requests/{id}/remind")).by_owner(&owen());
    foreign.send().await.problem(404, "not-found");
    api.approve(&id).await;
    let decided = remind().await.problem(409, "already-decided");
    assert_eq!(decided.body["type"], json!("/problems/already-decided"));
}
