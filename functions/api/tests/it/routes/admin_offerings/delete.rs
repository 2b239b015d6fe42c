use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, grace, owen, person};
use serde_json::json;

use crate::harness::{Api, id_of};

#[tokio::test]
async fn what_nobody_needs_is_deleted_and_disappears_from_catalogues() {
    let api = Api::new().await;
    for (kind, id) in [("catalogues", "partner-apis"), ("products", "maps-api"), ("plans", "free")] {
        let path = format!("/v1/admin/{kind}/{id}");
        let delete = |tag: &str| api.delete(&path).by_owner(&owen()).header("if-match", tag);
        delete("\"7\"").send().await.problem(412, "version-mismatch");
        delete("\"1\"").send().await.expect(204);
        api.get(&path).by_owner(&owen()).send().await.problem(404, "not-found");
        api.delete(&path).by_owner(&owen()).send().await.problem(404, "not-found");
    }
    let catalogue = api.get("/v1/admin/catalogues/public-apis").by_owner(&owen()).send().await.expect(200).body;
    assert_eq!(catalogue["product_ids"], json!(["weather-api", "payments-api"]));
    assert_eq!(catalogue["plan_ids"], json!(["gold"]));
    assert_eq!(catalogue["version"], 3, "each time with an event of its own");
}

/// A slug can be used again; its chain of events goes on.
#[tokio::test]
async fn what_was_deleted_can_be_created_anew() {
    let api = Api::new().await;
    for _ in 0..2 {
        api.delete("/v1/admin/plans/free").by_owner(&owen()).send().await.expect(204);
        let body = json!({ "id": "free", "name": "Free" });
        api.post("/v1/admin/plans").by_owner(&owen()).json(body).send().await.expect(201);
    }
    let aggregate = gatepass_domain::event::Aggregate::Plan("free".parse().unwrap());
    let events = api.world.store.events_of(&aggregate).await.unwrap();
    assert_eq!(events.len(), 5);
    gatepass_domain::event::Chain::verify(&events).unwrap();
}

/// Nothing is changed by a refusal, and it says who is hit.
#[tokio::test]
async fn what_is_in_use_stays() {
    let api = Api::new().await;
    let waits = api.request(&ada(), "weather-api", "gold", "Waits").await;
    for path in ["products/weather-api", "plans/gold", "catalogues/public-apis"] {
        let path = format!("/v1/admin/{path}");
        let before = api.get(&path).by_owner(&owen()).send().await.expect(200).body;
        let answer = api.delete(&path).by_owner(&owen()).send().await.problem(409, "in-use");
        assert_eq!(answer.body["in_use_by"][0]["request_id"], waits["id"]);
        if path.ends_with("gold") {
            answer.is("problem_in_use");
        }
        assert_eq!(api.get(&path).by_owner(&owen()).send().await.expect(200).body, before);
        let force = api.delete(&format!("{path}?force=yes")).by_owner(&owen()).send().await;
        force.problem(400, "invalid-parameter");
    }
}

/// With force nothing is left behind: what waits is rejected with the reason, what stands is revoked.
#[tokio::test]
async fn force_ends_what_needs_it_first() {
    for path in ["products/weather-api", "plans/gold"] {
        let api = Api::new().await;
        let waits = id_of(&api.request(&ada(), "weather-api", "gold", "Waits").await);
        let stands = api.access(&grace(), "weather-api", "gold", "Stands").await;
        api.delete(&format!("/v1/admin/{path}?force=true")).by_owner(&owen()).send().await.expect(204);
        let waits = api.get(&format!("/v1/access-requests/{waits}")).by(&ada()).send().await.expect(200).body;
        assert_eq!(waits["status"], "rejected");
        assert!(waits["reason"].as_str().unwrap().contains("was deleted"), "{}", waits["reason"]);
        let request = api.get(&format!("/v1/access-requests/{}", id_of(&stands))).by(&grace()).send().await.expect(200);
        assert_eq!(request.text("/provisioning/status"), "revoked");
        let (app, credential) = (id_of(&stands["app"]), stands["credential_id"].as_str().unwrap());
        let reveal = api.post(&format!("/v1/apps/{app}/credentials/{credential}/reveal")).by(&grace());
        reveal.send().await.problem(409, "credential-not-active");
        api.delete(&format!("/v1/apps/{app}")).by(&grace()).send().await.expect(204);
    }
}

/// A catalogue's end takes nobody's access away, but nobody can be given what it offered.
#[tokio::test]
async fn access_outlives_its_catalogue() {
    let api = Api::new().await;
    let stands = api.access(&ada(), "weather-api", "gold", "Stands").await;
    let waits = id_of(&api.request(&ada(), "maps-api", "gold", "Waits").await);
    api.delete("/v1/admin/catalogues/public-apis?force=true").by_owner(&owen()).send().await.expect(204);
    let path = format!("/v1/access-requests/{}", id_of(&stands));
    assert_eq!(api.get(&path).by(&ada()).send().await.expect(200).text("/provisioning/status"), "provisioned");
    let path = format!("/v1/access-requests/{waits}");
    assert_eq!(api.get(&path).by(&ada()).send().await.expect(200).text("/status"), "rejected");
}

/// So does access that is given while the catalogue is being deleted.
#[tokio::test]
async fn a_deletion_may_be_overtaken_by_an_approval() {
    let api = Api::new().await;
    let waits = id_of(&api.request(&ada(), "weather-api", "gold", "Waits").await);
    let held = api.world.table.faults.hold("TransactWriteItems", 0);
    let deletion = api.delete("/v1/admin/catalogues/public-apis?force=true").by_owner(&owen()).send();
    let overtake = async {
        held.arrived().await;
        api.approve(&waits).await;
        held.release();
    };
    let (answer, ()) = tokio::join!(deletion, overtake);
    answer.expect(204);
    assert_eq!(api.provision(&waits).await, Outcome::Provisioned);
    let request = api.get(&format!("/v1/access-requests/{waits}")).by(&ada()).send().await.expect(200);
    assert_eq!(
        (request.text("/status"), request.text("/provisioning/status")),
        ("approved".into(), "provisioned".into())
    );
}

/// A deletion that is too long for one call is accepted; the offering stays until the background work has ended the rest.
#[tokio::test]
async fn a_long_deletion_is_accepted_and_goes_on() {
    let api = Api::new().await;
    for number in 0..51 {
        let who = person(&format!("person-{number}"), &[]);
        api.request(&who, "weather-api", "gold", "Waits").await;
    }
    let path = "/v1/admin/products/weather-api";
    let accepted = api.delete(&format!("{path}?force=true")).by_owner(&owen()).send().await.expect(202);
    assert_eq!(accepted.body, "", "there is nothing to say yet");
    api.get(path).by_owner(&owen()).send().await.expect(200);
    api.delete(&format!("{path}?force=true")).by_owner(&owen()).send().await.expect(204);
    api.get(path).by_owner(&owen()).send().await.expect(404);
}
