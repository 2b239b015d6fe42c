//! Provisioning, on events as EventBridge delivers them.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use gatepass_app::apps::{self, NewOwner};
use gatepass_app::reconcile::reconcile;
use gatepass_app::rotate::{DuringOverlap, Rotation, rotate};
use gatepass_app::{Deadline, Idempotent, Precondition, Refused};
use gatepass_domain::access_request::ProvisioningStatus;
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::RequestId;
use gatepass_lambda::{ConfigError, Failure, Vars};
use gatepass_provision::{Config, Provision};
use gatepass_testkit::aws::{Kms, bus_event};
use gatepass_testkit::{Fault, World, ada, at, clock_at, context, grace, owen};
use serde_json::{Value, json};

struct Stage {
    world: World,
    kms: Kms,
    function: Provision,
}

impl Stage {
    async fn new() -> Self {
        let (world, kms) = (World::new().await, Kms::new().await);
        let config = Config { table: world.table.name.clone(), key_id: "alias/gatepass".into() };
        let clock = clock_at("2026-11-23T12:00:01Z");
        let function = Provision::new(config, world.table.client_of("Provision"), kms.client.clone(), clock);
        Self { world, kms, function }
    }

    async fn approved(&self, product: &str, app: &str) -> RequestId {
        let id = self.world.submitted(&ada(), product, "gold", app).await.id;
        self.world.approved(id).await.id
    }

    async fn deliver(&self, event: &Value) -> Result<(), Failure> {
        let event = serde_json::from_str(&event.to_string()).expect("EventBridge sends this");
        self.function.handle(event).await
    }

    /// Delivers the newest event of that type.
    async fn deliver_newest(&self, id: RequestId, event_type: &str) -> Result<(), Failure> {
        self.deliver(&bus_event(&self.world.event(id, event_type).await)).await
    }

    async fn status(&self, id: RequestId) -> ProvisioningStatus {
        self.world.request(id).await.provisioning.status
    }

    /// Queues again what is due at `time`, as `expire` does.
    async fn requeue(&self, time: &str) -> usize {
        let mut context = context();
        context.now = at(time);
        let deadline = Deadline::after(Duration::from_secs(600));
        reconcile(&self.world.store, &mut context, deadline).await.unwrap().done()
    }
}

#[tokio::test]
async fn an_approved_request_becomes_one_credential_however_often_it_is_told() {
    let stage = Stage::new().await;
    let id = stage.approved("weather-api", "Storm warnings").await;
    let approved = stage.world.event(id, "AccessRequestApproved").await;
    for _ in 0..3 {
        stage.deliver(&bus_event(&approved)).await.unwrap();
    }
    let request = stage.world.request(id).await;
    assert_eq!(request.provisioning.status, ProvisioningStatus::Provisioned);
    let credentials = stage.world.store.credentials(request.app.id).await.unwrap();
    assert_eq!(credentials.len(), 1);
    assert_eq!(Some(credentials[0].credential.id), request.credential_id);
    assert_eq!(stage.kms.calls(), ["Encrypt"]);
    let history = stage.world.history(id).await;
    assert_eq!(history, ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]);
    let provisioned = stage.world.event(id, "AccessProvisioned").await;
    assert_eq!(provisioned.causation_id, Some(approved.id));
    assert_eq!(provisioned.correlation_id, approved.correlation_id);
}

#[tokio::test]
async fn what_goes_wrong_at_the_gateway_is_on_the_request_and_no_failure_of_the_function() {
    let stage = Stage::new().await;
    let id = stage.approved("weather-api", "Storm warnings").await;
    stage.kms.refuse("ThrottlingException", 1);
    stage.deliver_newest(id, "AccessRequestApproved").await.unwrap();
    let request = stage.world.request(id).await;
    assert_eq!((request.provisioning.status, request.provisioning.attempts), (ProvisioningStatus::Queued, 1));
    assert!(request.provisioning.next_attempt_at.is_some());
    // The same event once more does not jump the queue.
    stage.deliver_newest(id, "AccessRequestApproved").await.unwrap();
    assert_eq!(stage.world.request(id).await, request);
    assert_eq!(stage.requeue("2026-11-23T12:02:00Z").await, 1);
    stage.deliver_newest(id, "ProvisioningRequeued").await.unwrap();
    assert_eq!(stage.status(id).await, ProvisioningStatus::Provisioned);
}

#[tokio::test]
async fn after_five_transient_failures_provisioning_gives_up() {
    let stage = Stage::new().await;
    let id = stage.approved("weather-api", "Storm warnings").await;
    stage.kms.refuse("KMSInternalException", 5);
    stage.deliver_newest(id, "AccessRequestApproved").await.unwrap();
    for _ in 0..4 {
        assert_eq!(stage.status(id).await, ProvisioningStatus::Queued);
        assert_eq!(stage.requeue("2026-11-23T13:00:00Z").await, 1);
        stage.deliver_newest(id, "ProvisioningRequeued").await.unwrap();
    }
    assert_eq!(stage.status(id).await, ProvisioningStatus::Failed);
    assert_eq!(stage.world.history(id).await.iter().filter(|one| *one == "ProvisioningDeferred").count(), 4);
    assert_eq!(stage.world.history(id).await.last().unwrap(), "ProvisioningFailed");
}

#[tokio::test]
async fn a_gateway_that_is_not_configured_fails_at_once_and_says_so() {
    let stage = Stage::new().await;
    let id = stage.approved("payments-api", "Shop").await;
    stage.deliver_newest(id, "AccessRequestApproved").await.unwrap();
    let provisioning = stage.world.request(id).await.provisioning;
    assert_eq!(provisioning.status, ProvisioningStatus::Failed);
    assert_eq!(provisioning.last_error.unwrap().code, "gateway-not-configured");
    assert!(stage.kms.calls().is_empty());
}

#[tokio::test]
async fn an_event_of_another_kind_is_refused_for_good() {
    let stage = Stage::new().await;
    let id = stage.approved("weather-api", "Storm warnings").await;
    let failure = stage.deliver_newest(id, "AccessRequestSubmitted").await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
    let mut event = bus_event(&stage.world.event(id, "AccessRequestApproved").await);
    event["detail"]["data"]["request_id"] = json!("1");
    let failure = stage.deliver(&event).await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
    assert_eq!(stage.status(id).await, ProvisioningStatus::Queued);
}

#[tokio::test]
async fn without_the_store_the_event_is_to_come_again() {
    let stage = Stage::new().await;
    let id = stage.approved("weather-api", "Storm warnings").await;
    for operation in ["GetItem", "BatchGetItem", "TransactWriteItems"] {
        stage.world.table.faults.plan(operation, Fault::Unreachable, 3);
        let failure = stage.deliver_newest(id, "AccessRequestApproved").await.unwrap_err();
        assert!(matches!(failure, Failure::Transient(_)), "{operation}: {failure}");
        assert!(stage.world.table.faults.are_over(), "{operation}");
        assert_eq!(stage.world.request(id).await.provisioning.attempts, 0, "the gateway is not to blame");
    }
    stage.deliver_newest(id, "AccessRequestApproved").await.unwrap();
    assert_eq!(stage.status(id).await, ProvisioningStatus::Provisioned);
}

#[test]
fn a_missing_variable_is_named() {
    let vars = |without: &str| -> Vars {
        let all = ["GATEPASS_TABLE", "GATEPASS_KEY_ID"].into_iter().filter(|name| *name != without);
        all.map(|name| (name.to_owned(), "x".to_owned())).collect()
    };
    assert!(Config::from_vars(&vars("")).is_ok());
    for name in ["GATEPASS_TABLE", "GATEPASS_KEY_ID"] {
        assert_eq!(Config::from_vars(&vars(name)).unwrap_err(), ConfigError::Missing(name));
    }
}

#[tokio::test]
async fn what_was_to_extend_an_expired_credential_is_revoked_and_gives_back_what_it_claimed() {
    let mut stage = Stage::new().await;
    let first = stage.world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    stage.world.approved(first).await;
    stage.deliver_newest(first, "AccessRequestApproved").await.unwrap();
    let first = stage.world.request(first).await;
    let extension = stage.world.extension(&ada(), &first, "maps-api").await.id;
    stage.world.approved(extension).await;

    let config = Config { table: stage.world.table.name.clone(), key_id: "alias/gatepass".into() };
    let dynamodb = stage.world.table.client_of("Provision");
    stage.function = Provision::new(config, dynamodb, stage.kms.client.clone(), clock_at("2026-12-24T12:00:00Z"));
    stage.deliver_newest(extension, "AccessRequestApproved").await.unwrap();
    assert_eq!(stage.status(extension).await, ProvisioningStatus::Revoked);
    assert!(stage.world.store.access_held_by(first.app.id, extension).await.unwrap().is_empty());
}

/// Two keys work when the app goes over; both end at once.
#[tokio::test]
async fn keys_that_the_call_which_reassigned_an_app_did_not_replace_are_replaced_when_its_event_comes() {
    let stage = Stage::new().await;
    let id = stage.approved("weather-api", "Storm warnings").await;
    stage.deliver_newest(id, "AccessRequestApproved").await.unwrap();
    let app_id = stage.world.request(id).await.app.id;
    let store = &stage.world.store;
    let held = store.credentials(app_id).await.unwrap().remove(0).credential;
    let (ids, overlapping) = ((app_id, held.id), Rotation::new(60, DuringOverlap::Refuse).unwrap());
    let seal = async |_| Ok("sealed".to_owned());
    rotate(store, &mut context(), &ada(), ids, overlapping, &Precondition::Any, seal, &Idempotent::Unkeyed)
        .await
        .unwrap();

    let to = NewOwner::new(grace().id, (None, None), None, 0).unwrap();
    let broken = async |_, _| Err(Refused::NotSealed { transient: true, cause: "the key service is away".into() });
    let mut later = context();
    later.now = at("2026-11-23T12:00:01Z");
    apps::reassign(store, &mut later, &owen(), app_id, &to, broken, &Idempotent::Unkeyed).await.unwrap();
    let before = store.credentials(app_id).await.unwrap().remove(0);
    assert_eq!(before.digests.len(), 2, "the call replaced nothing");

    let events = store.events_of(&Aggregate::App(app_id)).await.unwrap();
    let reassigned = events.iter().rfind(|event| event.detail.event_type() == "AppReassigned").unwrap();
    for _ in 0..2 {
        stage.deliver(&bus_event(reassigned)).await.unwrap();
    }
    let after = store.credentials(app_id).await.unwrap().remove(0);
    assert_eq!(after.digests.len(), 1);
    assert!(!before.digests.contains(&after.digests[0]));
    let rotations = store.events_of(&Aggregate::Credential(held.id)).await.unwrap();
    let rotated = rotations.iter().filter(|event| event.detail.event_type() == "CredentialRotated").count();
    assert_eq!(rotated, 2, "once by the owner, once by the event, however often it comes");
}
