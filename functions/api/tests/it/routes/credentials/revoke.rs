use gatepass_domain::event::Aggregate;
use gatepass_testkit::{ada, owen, person};
use serde_json::{Value, json};

use crate::harness::{Api, id_of};

fn path(request: &Value) -> String {
    let credential = request["credential_id"].as_str().unwrap();
    format!("/v1/apps/{}/credentials/{credential}", id_of(&request["app"]))
}

#[tokio::test]
async fn the_owner_of_the_app_revokes_a_credential_and_may_ask_again() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&request["app"]);
    api.delete(&path(&request)).by(&ada()).send().await.expect(204);
    let listed = api.get(&format!("/v1/apps/{app}/credentials")).by(&ada()).send().await.expect(200);
    assert_eq!(listed.items()[0]["status"], "revoked");
    let ended = api.get(&format!("/v1/access-requests/{}", id_of(&request))).by(&ada()).send().await.expect(200);
    assert_eq!(ended.body["provisioning"]["status"], "revoked");
    api.post(&format!("{}/reveal", path(&request))).by(&ada()).send().await.problem(409, "credential-not-active");
    let again =
        json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": app });
    api.post("/v1/access-requests").by(&ada()).json(again).send().await.expect(201);
    let credential = request["credential_id"].as_str().unwrap().parse().unwrap();
    let events = api.world.store.events_of(&Aggregate::Credential(credential)).await.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.detail.event_type(), last.actor_id.as_str()), ("CredentialRevoked", "ada"));
}

#[tokio::test]
async fn revoking_again_changes_nothing() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    api.delete(&path(&request)).by(&ada()).send().await.expect(204);
    api.delete(&path(&request)).by(&ada()).send().await.expect(204);
    let id = request["credential_id"].as_str().unwrap().parse().unwrap();
    let revoked = api.world.store.events_of(&Aggregate::Credential(id)).await.unwrap();
    assert_eq!(revoked.iter().filter(|event| event.detail.event_type() == "CredentialRevoked").count(), 1);
}

// Covers P4.
#[tokio::test]
async fn every_other_credential_stays() {
    let api = Api::new().await;
    let one = api.access(&ada(), "weather-api", "gold", "One").await;
    let other = api.access(&ada(), "weather-api", "gold", "Other").await;
    api.delete(&path(&one)).by(&ada()).send().await.expect(204);
    api.post(&format!("{}/reveal", path(&other))).by(&ada()).send().await.expect(200);
}

#[tokio::test]
async fn what_waits_to_extend_it_is_withdrawn() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let order = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold",
        "app_id": id_of(&request["app"]), "extends_credential_id": request["credential_id"],
    });
    let extension = api.post("/v1/access-requests").by(&ada()).json(order).send().await.expect(201).body;
    api.delete(&path(&request)).by(&ada()).send().await.expect(204);
    let ended = api.get(&format!("/v1/access-requests/{}", id_of(&extension))).by(&ada()).send().await.expect(200);
    assert_eq!(ended.body["status"], "withdrawn");
}

#[tokio::test]
async fn only_the_owner_of_the_app_revokes() {
    let api = Api::new().await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "new_app": { "name": "Ours", "visibility": "team", "team": "builders" },
    });
    let request = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    api.approve(&request).await;
    api.provision(&request).await;
    let request = api.get(&format!("/v1/access-requests/{request}")).by(&ada()).send().await.expect(200).body;
    api.delete(&path(&request)).by(&person("bob", &["builders"])).send().await.problem(403, "not-the-owner");
    api.delete(&path(&request)).by(&person("eve", &[])).send().await.problem(404, "not-found");
    api.delete(&path(&request)).by_owner(&owen()).send().await.problem(404, "not-found");
    api.delete(&path(&request)).by(&ada()).header("if-match", r#""7""#).send().await.problem(412, "version-mismatch");
    api.delete(&path(&request)).by(&ada()).header("if-match", r#""1""#).send().await.expect(204);
}
