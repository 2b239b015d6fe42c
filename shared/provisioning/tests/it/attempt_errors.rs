//! A failure is written on the request, in words, and tried again when that may help.

use gatepass_app::{Idempotent, retry};
use gatepass_domain::access_request::{AccessRequestView, ProvisioningStatus};
use gatepass_domain::event::{Aggregate, Detail, EntitySubject};
use gatepass_domain::gateway::Gateway;
use gatepass_domain::{Actor, Plan, Product};
use gatepass_provisioning::Outcome;
use gatepass_store::Transaction;
use gatepass_testkit::{Fault, ada, context, demo, owen};

use crate::scene::{Scene, new_app, slug};

async fn weather(scene: &Scene) -> AccessRequestView {
    scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await
}

/// The code and the message of what went wrong last.
async fn failure(scene: &Scene, request: &AccessRequestView) -> (String, String) {
    let view = scene.view(request.id).await;
    assert_eq!(view.provisioning.status, ProvisioningStatus::Failed);
    assert!(scene.credentials(request).await.is_empty(), "nothing is half done");
    let error = view.provisioning.last_error.unwrap();
    (error.code, error.message)
}

#[tokio::test]
async fn an_outage_of_the_key_service_is_sat_out_five_times() {
    let scene = Scene::new().await;
    let request = weather(&scene).await;
    scene.kms.refuse("KMSInternalException", 5);
    let mut minutes = 0;
    for pause in [1, 2, 4, 8] {
        assert_eq!(scene.provision_after(minutes, request.id).await, Outcome::Deferred);
        let view = scene.view(request.id).await;
        assert_eq!(view.provisioning.last_error.unwrap().code, "sealing-unavailable");
        // Delivered again before its time, nothing happens.
        assert_eq!(scene.provision_after(minutes, request.id).await, Outcome::NothingToDo);
        assert_eq!(scene.requeue_after(minutes + pause - 1).await, 0);
        minutes += pause;
        assert_eq!(scene.requeue_after(minutes).await, 1);
    }
    assert_eq!(scene.provision_after(minutes, request.id).await, Outcome::Failed);
    assert_eq!(scene.kms.calls().len(), 5);
    assert_eq!(failure(&scene, &request).await.0, "sealing-unavailable");
    let story = scene.story(request.id).await;
    assert_eq!(story.iter().filter(|one| **one == "ProvisioningDeferred").count(), 4);
    assert_eq!(story.iter().filter(|one| **one == "ProvisioningFailed").count(), 1);

    let unkeyed = Idempotent::Unkeyed;
    retry::retry(&scene.world.store, &mut context(), &owen().into(), request.id, &unkeyed).await.unwrap();
    assert_eq!(scene.provision(request.id).await, Outcome::Provisioned);
    let view = scene.view(request.id).await;
    assert_eq!((view.provisioning.attempts, view.provisioning.last_error), (1, None));
}

#[tokio::test]
async fn a_refusal_of_the_key_service_is_final_and_tells_nothing_of_it() {
    let scene = Scene::new().await;
    let request = weather(&scene).await;
    scene.kms.refuse("AccessDeniedException", 1);
    assert_eq!(scene.provision(request.id).await, Outcome::Failed);
    let (code, message) = failure(&scene, &request).await;
    assert_eq!(code, "sealing-refused");
    assert!(message.contains("AccessDeniedException") && !message.contains("arn:"), "{message}");
}

#[tokio::test]
async fn a_gateway_that_is_not_configured_is_said_to_be_so() {
    let scene = Scene::new().await;
    let request = scene.approved(&["payments-api"], "gold", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(request.id).await, Outcome::Failed);
    let (code, message) = failure(&scene, &request).await;
    assert_eq!(code, "gateway-not-configured");
    assert!(message.contains("payments-api"), "{message}");
    assert!(scene.kms.calls().is_empty());
}

#[tokio::test]
async fn one_product_behind_another_gateway_stops_the_whole_request() {
    let scene = Scene::new().await;
    let request = scene.approved(&["weather-api", "maps-api"], "gold", new_app("Storm warnings")).await;
    let maps = demo::products().remove(1);
    scene.world.offer(Product { gateway: Gateway::Tyk { api_id: "maps".into() }, ..maps }).await;
    assert_eq!(scene.provision(request.id).await, Outcome::Failed);
    assert_eq!(failure(&scene, &request).await.0, "gateway-not-configured");
}

#[tokio::test]
async fn what_is_gone_is_named() {
    let scene = Scene::new().await;
    let request = weather(&scene).await;
    scene.world.withdraw_offer::<Product>(&slug("weather-api")).await;
    assert_eq!(scene.provision(request.id).await, Outcome::Failed);
    let (code, message) = failure(&scene, &request).await;
    assert!(code == "product-gone" && message.contains("weather-api"), "{code}: {message}");

    let scene = Scene::new().await;
    let request = weather(&scene).await;
    scene.world.withdraw_offer::<Plan>(&slug("gold")).await;
    assert_eq!(scene.provision(request.id).await, Outcome::Failed);
    let (code, message) = failure(&scene, &request).await;
    assert!(code == "plan-gone" && message.contains("gold"), "{code}: {message}");
}

#[tokio::test]
async fn an_app_that_is_being_deleted_gets_no_key_and_is_no_failure() {
    let scene = Scene::new().await;
    let request = weather(&scene).await;
    let (app, mut chain) = scene.world.store.app_and_chain(request.app.id).await.unwrap().unwrap();
    let mut context = context();
    let closing = app.revised(app.content.clone(), context.now);
    let detail = Detail::AppClosing(EntitySubject::changed(app.id, closing.version, &app.content, &closing.content));
    let event = chain.append(&mut context, Aggregate::App(app.id), &Actor::from(&ada()), detail, None);
    let closed = Transaction::new(&mut context).closing_app(&closing, &event, chain);
    scene.world.store.commit(closed).await.unwrap();
    assert_eq!(scene.provision(request.id).await, Outcome::NothingToDo);
    assert_eq!(scene.view(request.id).await.provisioning.status, ProvisioningStatus::Queued);
    assert!(scene.credentials(&request).await.is_empty());
}

#[tokio::test]
async fn an_app_that_is_gone_gets_no_key() {
    let scene = Scene::new().await;
    let request = weather(&scene).await;
    let table = &scene.world.table;
    // Both of its items, as deleting an app does.
    for sort_key in ["APP", "ACCESS"] {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let deleted = table.client.delete_item().table_name(&table.name);
        let key = format!("A#{}", request.app.id);
        deleted.key("PK", S(key)).key("SK", S(sort_key.into())).send().await.unwrap();
    }
    assert_eq!(scene.provision(request.id).await, Outcome::Failed);
    assert_eq!(failure(&scene, &request).await.0, "app-gone");
}

#[tokio::test]
async fn an_unreachable_table_leaves_the_request_as_it_was() {
    let scene = Scene::new().await;
    let request = weather(&scene).await;
    for (operation, times) in [("GetItem", 3), ("BatchGetItem", 3), ("TransactWriteItems", 3)] {
        scene.world.table.faults.plan(operation, Fault::Unreachable, times);
        let attempt =
            gatepass_provisioning::provision(&scene.world.store, &scene.sealer, &mut context(), request.id).await;
        assert!(attempt.is_err_and(|error| error.is_transient()), "{operation}");
        assert!(scene.world.table.faults.are_over());
        assert_eq!(scene.view(request.id).await, request);
    }
    assert_eq!(scene.provision(request.id).await, Outcome::Provisioned);
}
