use gatepass_domain::Person;
use gatepass_domain::event::Aggregate;
use gatepass_domain::key::PlainKey;
use gatepass_testkit::{ada, owen, person};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Api, id_of};

fn path(request: &Value) -> String {
    let credential = request["credential_id"].as_str().unwrap();
    format!("/v1/apps/{}/credentials/{credential}/reveal", id_of(&request["app"]))
}

/// R18
#[tokio::test]
async fn a_key_is_revealed_as_often_as_asked_and_kept_by_nobody_on_the_way() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let answer = api.post(&path(&request)).by(&ada()).send().await.expect(200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer.is("credentials_reveal");
    let key = PlainKey::parse(&answer.text("/key")).expect("it is one of ours");
    let record = api.world.store.api_key(&key.digest()).await.unwrap().expect("it is the one that was issued");
    assert_eq!(record.credential_id.to_string(), answer.text("/credential_id"));
    let again = api.post(&path(&request)).by(&ada()).send().await.expect(200);
    assert_eq!(again.body, answer.body);
}

#[tokio::test]
async fn that_a_key_was_shown_is_on_record_before_it_is_shown() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    api.kms.refuse("KMSInternalException", 1);
    api.post(&path(&request)).by(&ada()).send().await.problem(503, "unavailable");
    let credential = request["credential_id"].as_str().unwrap().parse().unwrap();
    let events = api.world.store.events_of(&Aggregate::Credential(credential)).await.unwrap();
    let shown = events.last().unwrap();
    assert_eq!((shown.detail.event_type(), shown.actor_id.as_str()), ("CredentialRevealed", "ada"));
    assert_eq!(shown.correlation_id, "JKJaXmPLvHcESHA=");
    // The origin of the call is personal: it stands apart, and not on the bus.
    let origin = shown.personal.as_ref().unwrap().origin.as_ref().unwrap();
    assert_eq!((origin.source_address.as_str(), origin.user_agent.as_deref()), ("192.0.2.1", Some("test")));
    assert!(!shown.bus_detail().to_string().contains("192.0.2.1"));
}

#[tokio::test]
async fn a_key_whose_time_is_over_is_not_revealed() {
    let api = Api::new().await;
    // The plan `free` lets keys live 30 days.
    let request = api.access(&ada(), "weather-api", "gold", "No end").await;
    let ending = api.access(&ada(), "weather-api", "free", "Ends").await;
    api.advance(SignedDuration::from_hours(24 * 30 - 1));
    api.post(&path(&ending)).by(&ada()).send().await.expect(200);
    api.advance(SignedDuration::from_hours(2));
    let answer = api.post(&path(&ending)).by(&ada()).send().await.problem(409, "credential-not-active");
    answer.is("problem_credential_not_active");
    api.post(&path(&request)).by(&ada()).send().await.expect(200);
}

#[tokio::test]
async fn a_credential_is_found_under_its_own_app_alone() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "One").await;
    let other = api.app(&ada(), "Other").await;
    let credential = request["credential_id"].as_str().unwrap();
    let elsewhere = format!("/v1/apps/{other}/credentials/{credential}/reveal");
    api.post(&elsewhere).by(&ada()).send().await.problem(404, "not-found");
    api.post(&path(&request).replace(credential, "x")).by(&ada()).send().await.problem(404, "not-found");
}

/// The app's team keeps seeing it, its former owner among them.
#[tokio::test]
async fn a_former_owner_no_longer_reveals_what_they_handed_over() {
    let api = Api::new().await;
    let (ada, bob) = (person("ada", &["builders"]), person("bob", &["builders"]));
    let body = json!({ "name": "Storm warnings", "visibility": "team", "team": "builders" });
    let app = api.post("/v1/apps").by(&ada).json(body).send().await.expect(201).text("/id");
    let order =
        json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": app });
    let id = id_of(&api.post("/v1/access-requests").by(&ada).json(order).send().await.expect(201).body);
    api.approve(&id).await;
    api.provision(&id).await;
    let path = path(&api.get(&format!("/v1/access-requests/{id}")).by(&ada).send().await.expect(200).body);
    let hand_to = |owner: &'static str| {
        api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(json!({ "owner": owner })).send()
    };
    api.post(&path).by(&ada).send().await.expect(200);
    hand_to("bob").await.expect(200);
    api.get(&format!("/v1/apps/{app}")).by(&ada).send().await.expect(200);
    api.post(&path).by(&ada).send().await.problem(403, "not-the-owner").is("problem_former_owner");
    api.post(&path).by(&bob).send().await.expect(200);
    hand_to("ada").await.expect(200);
    api.post(&path).by(&ada).send().await.expect(200);
    api.post(&path).by(&bob).send().await.problem(403, "not-the-owner");
}

// Covers P1.
#[tokio::test]
async fn the_owner_of_the_app_sees_how_often_and_to_whom_the_key_was_revealed() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&request["app"]);
    let bob = person("bob", &["builders"]);
    let shared = json!({ "visibility": "team", "team": "builders" });
    api.patch(&format!("/v1/apps/{app}")).by(&ada()).header("if-match", "*").json(shared).send().await.expect(200);
    let seen_by = async |who: Person| {
        let list = api.get(&format!("/v1/apps/{app}/credentials")).by(&who).send().await.expect(200);
        list.items()[0]["revealed"].clone()
    };
    assert_eq!(seen_by(ada()).await, json!(null));
    api.post(&path(&request)).by(&ada()).send().await.expect(200);
    api.advance(SignedDuration::from_hours(1));
    api.post(&path(&request)).by(&bob).send().await.expect(200);
    let revealed = seen_by(ada()).await;
    assert_eq!((&revealed["count"], &revealed["last_by"]["id"]), (&json!(2), &json!("bob")));
    assert!(revealed["last_at"].as_str() > request["updated_at"].as_str(), "{revealed}");
    assert_eq!(seen_by(bob.clone()).await, json!(null), "it is the owner's to know");
    let admin = api.get(&format!("/v1/admin/apps/{app}")).by_owner(&owen()).send().await.expect(200);
    assert_eq!(admin.body["credentials"][0]["revealed"], revealed);
}

// Covers P2.
#[tokio::test]
async fn a_setting_lets_a_key_be_revealed_once() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let body = json!({ "reveal": "once" });
    api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(body).send().await.expect(200);
    api.post(&path(&request)).by(&ada()).send().await.expect(200);
    let refused = api.post(&path(&request)).by(&ada()).send().await.problem(409, "already-revealed");
    assert!(refused.text("/detail").contains("Ada"), "{}", refused.body);
    // A new key may be seen once too.
    let rotate = path(&request).replace("/reveal", "/rotate");
    let rotated = api.post(&rotate).by(&ada()).json(json!({})).send().await.expect(200);
    assert_eq!(rotated.body["revealed"], json!(null));
    api.post(&path(&request)).by(&ada()).send().await.expect(200);
    api.post(&path(&request)).by(&ada()).send().await.problem(409, "already-revealed");
}

// Covers P1.
#[tokio::test]
async fn the_day_of_the_last_use_is_shown_as_far_as_it_is_known() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let list = format!("/v1/apps/{}/credentials", id_of(&request["app"]));
    let shown = async || api.get(&list).by(&ada()).send().await.expect(200).items()[0]["last_used_at"].clone();
    assert_eq!(shown().await, json!(null));
    let credential = request["credential_id"].as_str().unwrap().parse().unwrap();
    for (day, known) in [("2026-11-23", "2026-11-23"), ("2026-11-25", "2026-11-25"), ("2026-11-24", "2026-11-25")] {
        api.world.store.note_use(credential, day.parse().unwrap()).await.unwrap();
        assert_eq!(shown().await, json!(format!("{known}T00:00:00Z")));
    }
    let rotated = path(&request).replace("/reveal", "/rotate");
    let answer = api.post(&rotated).by(&ada()).json(json!({})).send().await.expect(200);
    assert_eq!(answer.text("/last_used_at"), "2026-11-25T00:00:00Z");
}
