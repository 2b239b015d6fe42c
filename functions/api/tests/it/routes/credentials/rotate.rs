use gatepass_domain::event::Aggregate;
use gatepass_testkit::{Fault, ada, owen, person};
use jiff::SignedDuration;
use serde_json::json;

use super::held::Held;
use crate::harness::{Api, id_of};

// Covers P3.
#[tokio::test]
async fn both_keys_work_until_the_older_one_ends() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let older = held.reveal().await;
    let answer = held.rotate(json!({ "overlap_seconds": 3600 })).await.expect(200);
    answer.is("credentials_rotate");
    let newer = held.reveal().await;
    assert_ne!(older, newer);
    assert!(newer.starts_with(&answer.text("/prefix")) && newer.ends_with(&answer.text("/last_four")));
    assert!(held.opens(&older).await && held.opens(&newer).await);
    assert_eq!(held.listed().await["keys"].as_array().unwrap().len(), 2);

    api.advance(SignedDuration::from_secs(3599));
    assert!(held.opens(&older).await);
    api.advance(SignedDuration::from_secs(1));
    assert!(!held.opens(&older).await && held.opens(&newer).await);
    assert_eq!(held.listed().await["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_day_is_the_overlap_unless_another_is_chosen() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let older = held.reveal().await;
    api.post(&format!("{}/rotate", held.path)).by(&ada()).send().await.expect(200);
    api.advance(SignedDuration::from_secs(86_399));
    assert!(held.opens(&older).await);
    api.advance(SignedDuration::from_secs(1));
    assert!(!held.opens(&older).await);
}

#[tokio::test]
async fn without_an_overlap_the_older_key_ends_at_once() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let older = held.reveal().await;
    let answer = held.rotate(json!({ "overlap_seconds": 0 })).await.expect(200);
    assert_eq!(answer.body["keys"].as_array().unwrap().len(), 1);
    assert!(!held.opens(&older).await && held.opens(&held.reveal().await).await);
}

#[tokio::test]
async fn a_second_rotation_waits_for_the_first_unless_it_ends_the_older_key() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let first = held.reveal().await;
    held.rotate(json!({})).await.expect(200);
    let second = held.reveal().await;
    let refused = held.rotate(json!({})).await.problem(409, "rotation-in-progress");
    refused.is("problem_rotation_in_progress");
    assert!(held.opens(&first).await && held.opens(&second).await);

    held.rotate(json!({ "overlap_seconds": 600, "replace": true })).await.expect(200);
    let third = held.reveal().await;
    assert_eq!([held.opens(&first).await, held.opens(&second).await, held.opens(&third).await], [false, true, true]);
    // When the overlap is over, nothing has to be replaced by force.
    api.advance(SignedDuration::from_secs(600));
    held.rotate(json!({})).await.expect(200);
    assert_eq!([held.opens(&second).await, held.opens(&third).await], [false, true]);
}

#[tokio::test]
async fn no_key_outlives_the_credential() {
    let api = Api::new().await;
    // The plan `free` lets keys live 30 days.
    let held = Held::under(&api, "free").await;
    api.advance(SignedDuration::from_hours(24 * 30 - 1));
    let older = held.reveal().await;
    let answer = held.rotate(json!({ "overlap_seconds": 604_800 })).await.expect(200);
    assert_eq!(answer.body["keys"][0]["not_after"], answer.body["expires_at"]);
    assert_eq!(answer.body["keys"][1]["not_after"], answer.body["expires_at"]);
    let newer = held.reveal().await;
    api.advance(SignedDuration::from_hours(1));
    assert!(!held.opens(&older).await && !held.opens(&newer).await);
    held.rotate(json!({})).await.problem(409, "credential-not-active");
}

#[tokio::test]
async fn only_an_active_credential_is_rotated() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let credential = held.path.rsplit('/').next().unwrap();
    for verb in ["suspend", "revoke"] {
        api.post(&format!("/v1/admin/credentials/{credential}/{verb}")).by_owner(&owen()).send().await.expect(200);
        held.rotate(json!({})).await.problem(409, "credential-not-active");
    }
}

#[tokio::test]
async fn a_suspension_closes_both_keys() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let older = held.reveal().await;
    held.rotate(json!({})).await.expect(200);
    let newer = held.reveal().await;
    let credential = held.path.rsplit('/').next().unwrap();
    for (verb, open) in [("suspend", false), ("resume", true), ("revoke", false)] {
        api.post(&format!("/v1/admin/credentials/{credential}/{verb}")).by_owner(&owen()).send().await.expect(200);
        assert_eq!([held.opens(&older).await, held.opens(&newer).await], [open, open], "{verb}");
    }
}

#[tokio::test]
async fn an_overlap_out_of_range_is_named() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    for body in [json!({ "overlap_seconds": 604_801 }), json!({ "overlap_seconds": -1 }), json!({ "overlap": 1 })] {
        held.rotate(body).await.problem(400, "invalid-body");
    }
    held.rotate(json!({ "overlap_seconds": 604_800 })).await.expect(200);
}

#[tokio::test]
async fn a_repeated_call_makes_no_second_key() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let rotate = || api.post(&format!("{}/rotate", held.path)).by(&ada()).keyed("k").json(json!({})).send();
    let first = rotate().await.expect(200);
    let key = held.reveal().await;
    assert_eq!(rotate().await.expect(200).body, first.body);
    assert_eq!(held.reveal().await, key);
}

#[tokio::test]
async fn another_version_than_the_one_seen_is_not_rotated() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let rotate = |tag: &'static str| {
        api.post(&format!("{}/rotate", held.path)).by(&ada()).header("if-match", tag).json(json!({})).send()
    };
    rotate(r#""7""#).await.problem(412, "version-mismatch");
    rotate(r#""1""#).await.expect(200);
}

/// Another change of the credential in between makes the call begin again, with the key that was sealed already.
#[tokio::test]
async fn a_new_key_is_sealed_once() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let call = api.world.table.faults.hold("TransactWriteItems", 0);
    api.kms.calls();
    let in_between = async {
        call.arrived().await;
        held.reveal().await;
        call.release();
    };
    let (rotated, ()) = tokio::join!(held.rotate(json!({})), in_between);
    let last_four = rotated.expect(200).text("/last_four");
    let sealed = api.kms.calls().into_iter().filter(|call| call.contains("Encrypt")).count();
    assert_eq!(sealed, 1);
    assert!(held.reveal().await.ends_with(&last_four));
}

/// A key that was sealed for a transaction that did not commit is known to nobody.
#[tokio::test]
async fn a_rotation_that_fails_leaves_the_key_as_it_was() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let key = held.reveal().await;
    api.kms.refuse("KMSInternalException", 1);
    held.rotate(json!({})).await.problem(503, "unavailable");
    api.kms.refuse("AccessDeniedException", 1);
    held.rotate(json!({})).await.problem(500, "internal-error");
    api.world.table.faults.plan("TransactWriteItems", Fault::TransactionConflict, 10);
    held.rotate(json!({})).await.problem(503, "unavailable");
    assert!(api.world.table.faults.are_over());
    assert_eq!(held.reveal().await, key);
    assert!(held.opens(&key).await);
}

/// The app's team keeps seeing it, its former owner among them.
#[tokio::test]
async fn a_former_owner_no_longer_replaces_keys() {
    let api = Api::new().await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "new_app": { "name": "Ours", "visibility": "team", "team": "builders" },
    });
    let id = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    api.approve(&id).await;
    api.provision(&id).await;
    let request = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200).body;
    let app = id_of(&request["app"]);
    let path = format!("/v1/apps/{app}/credentials/{}/rotate", request["credential_id"].as_str().unwrap());
    let hand_over = api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(json!({ "owner": "bob" }));
    hand_over.send().await.expect(200);
    api.post(&path).by(&ada()).send().await.problem(403, "not-the-owner");
    api.post(&path).by(&person("bob", &["builders"])).send().await.expect(200);
}

#[tokio::test]
async fn team_mates_rotate_and_it_is_on_record() {
    let api = Api::new().await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "new_app": { "name": "Ours", "visibility": "team", "team": "builders" },
    });
    let request = api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body;
    api.approve(&id_of(&request)).await;
    api.provision(&id_of(&request)).await;
    let request = api.get(&format!("/v1/access-requests/{}", id_of(&request))).by(&ada()).send().await.expect(200).body;
    let credential = request["credential_id"].as_str().unwrap();
    let path = format!("/v1/apps/{}/credentials/{credential}/rotate", id_of(&request["app"]));
    api.post(&path).by(&person("bob", &["builders"])).send().await.expect(200);
    let events = api.world.store.events_of(&Aggregate::Credential(credential.parse().unwrap())).await.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.detail.event_type(), last.actor_id.as_str()), ("CredentialRotated", "bob"));
}
