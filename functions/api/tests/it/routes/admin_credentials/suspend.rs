use gatepass_domain::event::Aggregate;
use gatepass_testkit::{ada, owen};
use jiff::SignedDuration;
use serde_json::json;

use super::{owen_does, reveal};
use crate::harness::{Api, NOBODYS};

#[tokio::test]
async fn a_suspended_credential_is_closed_and_on_record() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let answer = owen_does(&api, "suspend", &access).await.expect(200);
    answer.is("admin_credentials_suspend");
    reveal(&api, &access).await.problem(409, "credential-not-active");
    owen_does(&api, "suspend", &access).await.problem(409, "credential-not-active");
    let aggregate = Aggregate::Credential(access["credential_id"].as_str().unwrap().parse().unwrap());
    let events = api.world.store.events_of(&aggregate).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].detail.event_type(), "CredentialSuspended");
    assert_eq!(events[0].personal.as_ref().unwrap().reason.as_deref(), Some("Seen in public"));
}

/// Whoever uses the credential sees since when it is closed, and why.
#[tokio::test]
async fn a_suspension_is_explained_until_it_ends() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let path = format!("/v1/apps/{}/credentials", access["app"]["id"].as_str().unwrap());
    let shown = async || api.get(&path).by(&ada()).send().await.expect(200).items()[0]["suspension"].clone();
    assert_eq!(shown().await, json!(null));
    api.advance(SignedDuration::from_hours(1));
    owen_does(&api, "suspend", &access).await.expect(200);
    let suspension = shown().await;
    assert_eq!(suspension["reason"], "Seen in public");
    assert!(suspension["at"].as_str() > access["created_at"].as_str(), "{suspension}");
    owen_does(&api, "resume", &access).await.expect(200);
    assert_eq!(shown().await, json!(null));
}

#[tokio::test]
async fn a_suspension_is_answered_once_for_its_key() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let path = format!("/v1/admin/credentials/{}/suspend", access["credential_id"].as_str().unwrap());
    let suspend = || api.post(&path).by_owner(&owen()).keyed("k");
    let answer = suspend().send().await.expect(200);
    assert_eq!(suspend().send().await.expect(200).body, answer.body);
    suspend().json(json!({ "reason": "other" })).send().await.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn only_what_is_active_is_suspended() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "free", "Storm warnings").await;
    api.advance(SignedDuration::from_hours(31 * 24));
    let answer = owen_does(&api, "suspend", &access).await.problem(409, "credential-not-active");
    assert!(answer.text("/detail").contains("expired"));
    for id in [NOBODYS, "x"] {
        let path = format!("/v1/admin/credentials/{id}/suspend");
        api.post(&path).by_owner(&owen()).send().await.problem(404, "not-found");
    }
    let path = format!("/v1/admin/credentials/{NOBODYS}/suspend");
    let too_long = json!({ "reason": "x".repeat(2001) });
    api.post(&path).by_owner(&owen()).json(too_long).send().await.problem(400, "invalid-body");
}
