use gatepass_domain::event::Aggregate;
use gatepass_testkit::{ada, grace, olga, owen};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Api, NOBODYS, id_of};
use crate::routes::credentials::held::Held;

// Covers P21.
#[tokio::test]
async fn an_app_goes_over_with_what_it_holds() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let id = id_of(&access["app"]);
    let reassign = || {
        let body = json!({ "owner": "grace", "organisation": "airport" });
        api.post(&format!("/v1/admin/apps/{id}/owner")).by_owner(&owen()).keyed("k").json(body)
    };
    let answer = reassign().send().await.expect(200);
    assert_eq!((answer.text("/owner"), answer.text("/organisation")), ("grace".into(), "airport".into()));
    answer.is("admin_apps_reassign");
    assert_eq!(reassign().send().await.expect(200).body, answer.body);
    let event = api.world.store.events_of(&Aggregate::App(id.parse().unwrap())).await.unwrap().pop().unwrap();
    assert_eq!((event.detail.event_type(), event.actor().id.as_str()), ("AppReassigned", "owen"));
    let data = event.detail.data();
    assert_eq!((&data["from"], &data["to"]), (&json!("ada"), &json!("grace")));
    api.get(&format!("/v1/apps/{id}")).by(&ada()).send().await.problem(404, "not-found");
    let reveal = format!("/v1/apps/{id}/credentials/{}/reveal", access["credential_id"].as_str().unwrap());
    api.post(&reveal).by(&ada()).send().await.problem(404, "not-found");
    api.post(&reveal).by(&grace()).send().await.expect(200);
    assert_eq!(api.get("/v1/apps").by(&grace()).send().await.expect(200).items().len(), 1);
    assert_eq!(api.get("/v1/apps").by(&ada()).send().await.expect(200).items().len(), 0);
    // Its old name is free again for Ada, and taken for Grace.
    api.app(&ada(), "storm warnings").await;
    let body = json!({ "name": "STORM warnings" });
    api.post("/v1/apps").by(&grace()).json(body).send().await.problem(409, "name-taken");
}

#[tokio::test]
async fn a_name_that_the_new_owner_has_is_in_the_way() {
    let api = Api::new().await;
    let id = api.app(&ada(), "Storm warnings").await;
    api.app(&grace(), "storm warnings").await;
    let post = |id: &str, owner: &str| {
        api.post(&format!("/v1/admin/apps/{id}/owner")).by_owner(&owen()).json(json!({ "owner": owner }))
    };
    post(&id, "grace").send().await.problem(409, "name-taken");
    api.get(&format!("/v1/apps/{id}")).by(&ada()).send().await.expect(200);
    for owner in ["", " ", "\u{202e}evil", "a\nb", "\u{200b}", "a@b\r\nBcc: x"] {
        let answer = post(&id, owner).send().await.problem(400, "invalid-body");
        assert!(answer.pointers().iter().all(|pointer| pointer == "/owner"), "{owner:?}");
        post(NOBODYS, owner).send().await.problem(400, "invalid-body");
    }
    post(NOBODYS, "grace").send().await.problem(404, "not-found");
}

// Covers P21.
#[tokio::test]
async fn whoever_had_the_app_has_no_key_to_it_any_more() {
    let api = Api::new().await;
    let held = Held::of(&api, &["weather-api"], "gold").await;
    let (known, app) = (held.reveal().await, id_of(&held.request["app"]));
    let reassign = |body: Value| api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(body).send();
    reassign(json!({ "owner": "grace", "name": "Grace", "email": "grace@example.com" })).await.expect(200);
    assert!(!held.opens(&known).await, "the old key ends at once");
    let reveal = api.post(&format!("{}/reveal", held.path)).by(&grace()).send().await.expect(200).text("/key");
    assert!(held.opens(&reveal).await && reveal != known);
    // For a while both work, so that a deployment can change over.
    reassign(json!({ "owner": "ada", "overlap_seconds": 3600 })).await.expect(200);
    assert!(held.opens(&reveal).await && held.opens(&held.reveal().await).await);
    api.advance(SignedDuration::from_secs(3600));
    assert!(!held.opens(&reveal).await, "the overlap is over");
    // Nothing changes for whoever keeps it.
    let known = held.reveal().await;
    reassign(json!({ "owner": "ada", "organisation": "airport" })).await.expect(200);
    assert!(held.opens(&known).await);
}

#[tokio::test]
async fn a_key_that_may_come_back_is_replaced_too() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let (known, credential) = (held.reveal().await, held.request["credential_id"].as_str().unwrap().to_owned());
    let act = |verb: &str| api.post(&format!("/v1/admin/credentials/{credential}/{verb}")).by_owner(&owen()).send();
    act("suspend").await.expect(200);
    let path = format!("/v1/admin/apps/{}/owner", id_of(&held.request["app"]));
    api.post(&path).by_owner(&olga()).json(json!({ "owner": "grace" })).send().await.expect(200);
    act("resume").await.expect(200);
    assert!(!held.opens(&known).await);
    let key = api.post(&format!("{}/reveal", held.path)).by(&grace()).send().await.expect(200).text("/key");
    assert!(held.opens(&key).await);
}

/// What the call did not get done is done when its event is handled.
#[tokio::test]
async fn keys_that_the_call_could_not_replace_are_replaced_by_the_event() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let (known, app) = (held.reveal().await, id_of(&held.request["app"]));
    api.kms.refuse("AccessDeniedException", 1);
    let body = json!({ "owner": "grace" });
    api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(body).send().await.expect(200);
    assert!(held.opens(&known).await);
    for _ in 0..2 {
        api.handle_reassignment_to("grace", &app).await;
        assert!(!held.opens(&known).await);
    }
    let rotations = held.events().await.iter().filter(|event| event.detail.event_type() == "CredentialRotated").count();
    assert_eq!(rotations, 1);
}

/// The new owner may have replaced the key before that: the one that the former owner knows then ends with the handover.
#[tokio::test]
async fn a_rotation_does_not_save_the_key_that_the_former_owner_knows() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let (known, app) = (held.reveal().await, id_of(&held.request["app"]));
    api.kms.refuse("AccessDeniedException", 1);
    let body = json!({ "owner": "grace" });
    api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(body).send().await.expect(200);
    api.post(&format!("{}/rotate", held.path)).by(&grace()).json(json!({})).send().await.expect(200);
    let fresh = api.post(&format!("{}/reveal", held.path)).by(&grace()).send().await.expect(200).text("/key");
    assert!(held.opens(&known).await);
    api.handle_reassignment_to("grace", &app).await;
    assert!(!held.opens(&known).await);
    assert!(held.opens(&fresh).await);
}

/// The event of a handover may come late: a key that was brought along after it is the new owner's.
#[tokio::test]
async fn a_key_that_was_brought_along_after_the_handover_stays() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let reassign = json!({ "owner": "grace" });
    api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(reassign).send().await.expect(200);
    let body = json!({ "product_ids": ["weather-api"], "plan_id": "gold", "key": "s3cr3t-Key/of.the:old+gateway" });
    let path = format!("/v1/admin/apps/{app}/credentials");
    let brought = api.post(&path).by_owner(&olga()).json(body).send().await.expect(201);
    api.handle_reassignment_to("grace", &app).await;
    let kept = api.get(&format!("/v1/apps/{app}/credentials")).by(&grace()).send().await.expect(200);
    assert_eq!(kept.items()[0]["keys"], brought.body["keys"]);
}

/// Clocks differ: what came first is not read from them.
#[tokio::test]
async fn a_key_from_before_is_replaced_though_its_clock_was_ahead() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    api.advance(SignedDuration::from_secs(5));
    let body = json!({ "overlap_seconds": 0 });
    api.post(&format!("{}/rotate", held.path)).by(&ada()).json(body).send().await.expect(200);
    let (known, app) = (held.reveal().await, id_of(&held.request["app"]));
    api.advance(SignedDuration::from_secs(-5));
    let body = json!({ "owner": "grace" });
    api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(body).send().await.expect(200);
    assert!(!held.opens(&known).await);
}

/// A call of the former owner that was under way ends as one that came after the handover.
#[tokio::test]
async fn a_former_owner_who_was_faster_gets_no_key_of_the_new_one() {
    for verb in ["reveal", "rotate"] {
        let api = Api::new().await;
        let held = Held::under(&api, "gold").await;
        let app = id_of(&held.request["app"]);
        let paused = api.world.table.faults.hold("TransactWriteItems", 0);
        let overtaken = api.post(&format!("{}/{verb}", held.path)).by(&ada()).json(json!({})).send();
        let (overtaken, reassigned) = tokio::join!(overtaken, async {
            paused.arrived().await;
            let path = format!("/v1/admin/apps/{app}/owner");
            let reassigned = api.post(&path).by_owner(&owen()).json(json!({ "owner": "grace" })).send().await;
            paused.release();
            reassigned
        });
        reassigned.expect(200);
        overtaken.problem(404, "not-found");
        let key = api.post(&format!("{}/reveal", held.path)).by(&grace()).send().await.expect(200).text("/key");
        assert!(held.opens(&key).await);
    }
}

/// An event that comes late does not lengthen the life of a key: the last handover says how long it works.
#[tokio::test]
async fn the_last_handover_says_how_long_older_keys_work() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let (known, app) = (held.reveal().await, id_of(&held.request["app"]));
    api.kms.refuse("AccessDeniedException", 2);
    for (owner, overlap) in [("grace", 604_800), ("bob", 0)] {
        let body = json!({ "owner": owner, "overlap_seconds": overlap });
        api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(body).send().await.expect(200);
        assert!(held.opens(&known).await, "nothing was sealed");
        api.advance(SignedDuration::from_secs(1));
    }
    api.handle_reassignment_to("grace", &app).await;
    assert!(!held.opens(&known).await);
}

/// Whoever has it already is given nothing, and nobody is told that it went over.
#[tokio::test]
async fn an_app_that_stays_with_its_owner_is_not_reassigned() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let path = format!("/v1/admin/apps/{app}/owner");
    api.post(&path).by_owner(&owen()).json(json!({ "owner": "ada" })).send().await.expect(200);
    let events = api.world.store.events_of(&Aggregate::App(app.parse().unwrap())).await.unwrap();
    assert_eq!(events.iter().map(|event| event.detail.event_type()).collect::<Vec<_>>(), ["AppCreated"]);
}

#[tokio::test]
async fn a_new_owner_that_cannot_be_written_to_is_pointed_at() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    for (body, pointer) in [
        (json!({ "owner": "grace", "email": "grace@example.com,eve@example.com" }), "/email"),
        (json!({ "owner": "grace", "name": "\u{202e}Grace" }), "/name"),
        (json!({ "owner": "grace", "overlap_seconds": 604_801 }), "/overlap_seconds"),
    ] {
        let call = api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(&owen()).json(body);
        assert_eq!(call.send().await.problem(400, "invalid-body").pointers(), [pointer]);
    }
}
