//! The policy's decision, carried out on events as EventBridge delivers them (R33).

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use gatepass_auto_approve::{AutoApprove, Config};
use gatepass_domain::access_request::{AccessRequestView, ProvisioningStatus, Status};
use gatepass_domain::credential::{CredentialStatus, Notices};
use gatepass_domain::event::Chain;
use gatepass_domain::person::ActorKind;
use gatepass_domain::{Credential, Event, Plan, Versioned};
use gatepass_lambda::{ConfigError, Failure, Vars};
use gatepass_store::{StoredCredential, Transaction};
use gatepass_testkit::aws::bus_event;
use gatepass_testkit::{Fault, World, ada, clock_at, context, demo};
use serde_json::{Value, json};

fn function(world: &World) -> AutoApprove {
    let config = Config { table: world.table.name.clone() };
    AutoApprove::new(config, world.table.client_of("AutoApprove"), clock_at("2026-11-23T12:00:01Z"))
}

async fn deliver(world: &World, event: &Value) -> Result<(), Failure> {
    let event = serde_json::from_str(&event.to_string()).expect("EventBridge sends this");
    function(world).handle(event).await
}

async fn deliver_event(world: &World, event: &Event) -> Result<(), Failure> {
    deliver(world, &bus_event(event)).await
}

// Covers R33.
#[tokio::test]
async fn what_the_policy_approves_is_approved_once() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    let submitted = world.event(id, "AccessRequestSubmitted").await;
    for _ in 0..3 {
        deliver_event(&world, &submitted).await.unwrap();
    }
    let request = world.request(id).await;
    assert_eq!((request.status, request.provisioning.status), (Status::Approved, ProvisioningStatus::Queued));
    assert_eq!(request.decided_by.unwrap().kind, ActorKind::Policy);
    assert_eq!(world.history(id).await, ["AccessRequestSubmitted", "AccessRequestApproved"]);
    let approved = world.event(id, "AccessRequestApproved").await;
    assert_eq!((approved.causation_id, &approved.correlation_id), (Some(submitted.id), &submitted.correlation_id));
}

#[tokio::test]
async fn deliveries_at_the_same_time_approve_once() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    let submitted = bus_event(&world.event(id, "AccessRequestSubmitted").await);
    let deliver = || deliver(&world, &submitted);
    let (a, b, c, d) = tokio::join!(deliver(), deliver(), deliver(), deliver());
    for delivery in [a, b, c, d] {
        delivery.unwrap();
    }
    assert_eq!(world.history(id).await, ["AccessRequestSubmitted", "AccessRequestApproved"]);
}

#[tokio::test]
async fn what_the_policy_no_longer_approves_is_referred_once() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    world.offer(demo::plan("free", "Free")).await;
    let submitted = world.event(id, "AccessRequestSubmitted").await;
    for _ in 0..2 {
        deliver_event(&world, &submitted).await.unwrap();
    }
    assert_eq!(world.request(id).await.status, Status::Pending);
    assert_eq!(world.history(id).await, ["AccessRequestSubmitted", "AccessRequestReferred"]);
    // Nor does it come to life again when the plan does.
    world.offer(Plan { auto_approve: true, ..demo::plan("free", "Free") }).await;
    deliver_event(&world, &submitted).await.unwrap();
    assert_eq!(world.request(id).await.status, Status::Pending);
}

// Covers R7.
#[tokio::test]
async fn what_is_for_review_is_left_to_the_owners() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await.id;
    // The rule does not let it through; should it all the same, nothing follows.
    deliver_event(&world, &world.event(id, "AccessRequestSubmitted").await).await.unwrap();
    assert_eq!(world.history(id).await, ["AccessRequestSubmitted"]);
}

#[tokio::test]
async fn a_request_that_is_settled_stays_as_it_is() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    world.rejected(id, "Not for storms").await;
    deliver_event(&world, &world.event(id, "AccessRequestSubmitted").await).await.unwrap();
    assert_eq!(world.request(id).await.status, Status::Rejected);
}

#[tokio::test]
async fn an_event_of_another_kind_is_refused_for_good() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await.id;
    world.approved(id).await;
    let other = bus_event(&world.event(id, "AccessRequestApproved").await);
    let mut no_event = other.clone();
    no_event["detail"] = json!({ "hello": "world" });
    let mut unknown = other.clone();
    unknown["detail"]["metadata"]["type"] = json!("SomethingElse");
    for event in [other, no_event, unknown] {
        let failure = deliver(&world, &event).await.unwrap_err();
        assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
    }
}

#[tokio::test]
async fn without_the_store_the_event_is_to_come_again() {
    let world = World::new().await;
    let id = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    let submitted = world.event(id, "AccessRequestSubmitted").await;
    for operation in ["GetItem", "TransactWriteItems"] {
        // The SDK makes three attempts.
        world.table.faults.plan(operation, Fault::Unreachable, 3);
        let failure = deliver_event(&world, &submitted).await.unwrap_err();
        assert!(matches!(failure, Failure::Transient(_)), "{failure}");
        assert!(world.table.faults.are_over());
        assert_eq!(world.request(id).await.status, Status::Pending);
    }
    deliver_event(&world, &submitted).await.unwrap();
    assert_eq!(world.request(id).await.status, Status::Approved);
}

#[test]
fn a_missing_variable_is_named() {
    let vars = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect::<Vars>();
    assert!(Config::from_vars(&vars(&["GATEPASS_TABLE"])).is_ok());
    assert_eq!(Config::from_vars(&vars(&[])).unwrap_err(), ConfigError::Missing("GATEPASS_TABLE"));
}

/// A credential of the request's app that opens nothing yet.
fn credential(request: &AccessRequestView) -> StoredCredential {
    let now = context().now;
    let credential = Credential {
        id: request.credential_id.unwrap(),
        app_id: request.app.id,
        request_id: request.id,
        auth_method: request.auth_method,
        prefix: "gp_abcd".into(),
        last_four: "wxyz".into(),
        grants: Vec::new(),
        plan_id: request.plan_id.clone(),
        status: CredentialStatus::Active,
        keys: Vec::new(),
        expires_at: None,
        keys_end_at: None,
        suspension: None,
        resumption: None,
        notices: Notices::default(),
        revealed: None,
        expires_because: None,
    };
    StoredCredential { credential: Versioned::first(credential, now), digests: Vec::new(), chain: Chain::default() }
}

#[tokio::test]
async fn what_was_to_extend_a_revoked_credential_is_rejected_and_gives_back_what_it_claimed() {
    let world = World::new().await;
    let first = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    let first = world.approved(first).await;
    let mut stored = credential(&first);
    let written = Transaction::new(&mut context()).credential(&stored);
    world.store.commit(written).await.unwrap();
    let extension = world.extension(&ada(), &first, "maps-api").await.id;
    let revoked = stored.credential.content.clone().revoked();
    stored.credential = stored.credential.revised(revoked, context().now);
    let written = Transaction::new(&mut context()).credential(&stored);
    world.store.commit(written).await.unwrap();

    deliver_event(&world, &world.event(extension, "AccessRequestSubmitted").await).await.unwrap();
    let request = world.request(extension).await;
    assert_eq!(request.status, Status::Rejected);
    assert!(request.reason.unwrap().contains("expired or been revoked"));
    assert!(world.store.access_held_by(first.app.id, extension).await.unwrap().is_empty());
}
