//! Requests and credentials that end while others are under way: nothing is stranded, and nothing is shown that is
//! not so.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_app::reconcile::{Report, reconcile};
use gatepass_app::submit::{SubmitRequest, Target};
use gatepass_app::{
    Deadline, Idempotent, Precondition, Refused, apps, auto_approve, delete_offering, offerings, reject, revoke,
    revoke_credential, submit,
};
use gatepass_domain::access_request::{AccessRequestView, Order, ProvisioningStatus, Status};
use gatepass_domain::credential::{Closed, CredentialStatus};
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::{CredentialId, RequestId};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Context, Product};
use gatepass_provisioning::{Outcome, provision};
use gatepass_store::{Filter, Listing, Named, Store, keys};
use gatepass_testkit::{ada, context, demo, owen};

use crate::extend::{more, provisioned};
use crate::scene::{Scene, context_after, new_app, slug};

/// Minutes after which a key of the plan `free` has expired.
const EXPIRED: i64 = 30 * 24 * 60;

/// Whether the newest key of the request's app opens `maps-api`.
async fn opens_maps(scene: &Scene, first: &AccessRequestView) -> Result<(), Closed> {
    let stored = scene.credentials(first).await.remove(0);
    let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
    record.opens(&slug("maps-api"), context().now)
}

async fn revoked(scene: &Scene, id: RequestId) {
    revoke::revoke(&scene.world.store, &mut context(), &owen().into(), id, None, &Idempotent::Unkeyed).await.unwrap();
}

async fn revoke_whole(scene: &Scene, first: &AccessRequestView) {
    let id = first.credential_id.unwrap();
    let unkeyed = Idempotent::Unkeyed;
    revoke_credential::revoke_credential(&scene.world.store, &mut context(), &owen(), id, None, &unkeyed)
        .await
        .unwrap();
}

fn extension_of(first: &AccessRequestView, plan: &str) -> SubmitRequest {
    SubmitRequest {
        wanted: vec![(slug("public-apis"), slug("maps-api"))],
        plan_id: slug(plan),
        target: Target::Existing(first.app.id),
        extends_credential_id: first.credential_id,
        justification: None,
    }
}

async fn ask(scene: &Scene, context: &mut Context, asked: &SubmitRequest) -> Result<AccessRequestView, Refused> {
    let flow = submit::Flow::Direct;
    submit::submit(&scene.world.store, context, &ada(), &flow, asked, &Idempotent::Unkeyed)
        .await
        .map(|request| request.view())
}

/// The app may ask for the product again: nothing that has ended stands in the way.
async fn may_ask_for_maps(scene: &Scene, context: &mut Context, first: &AccessRequestView) {
    let asked = SubmitRequest { extends_credential_id: None, ..extension_of(first, "gold") };
    ask(scene, context, &asked).await.unwrap();
}

#[tokio::test]
async fn a_product_stays_open_until_both_extensions_for_it_are_revoked() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let extensions = [more(&scene, &first, &["maps-api"]).await, more(&scene, &first, &["maps-api"]).await];
    for extension in &extensions {
        assert_eq!(scene.provision(extension.id).await, Outcome::Provisioned);
    }
    revoked(&scene, extensions[0].id).await;
    assert_eq!(opens_maps(&scene, &first).await, Ok(()), "the other request still says `provisioned`");
    revoked(&scene, extensions[1].id).await;
    assert_eq!(opens_maps(&scene, &first).await, Err(Closed::OtherProduct));
}

#[tokio::test]
async fn revoking_an_extension_that_holds_nothing_closes_nothing() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let extensions = [more(&scene, &first, &["maps-api"]).await, more(&scene, &first, &["maps-api"]).await];
    assert_eq!(scene.provision(extensions[0].id).await, Outcome::Provisioned);
    revoked(&scene, extensions[1].id).await;
    assert_eq!(opens_maps(&scene, &first).await, Ok(()));
}

#[tokio::test]
async fn an_expired_credential_is_not_extended_and_the_product_may_be_asked_for_again() {
    let scene = Scene::new().await;
    let first = scene.approved(&["weather-api"], "free", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(first.id).await, Outcome::Provisioned);
    let queued = scene.ask_and_approve(&extension_of(&first, "free")).await;

    let late = ask(&scene, &mut context_after(EXPIRED), &extension_of(&first, "free")).await.unwrap_err();
    assert!(late.to_string().contains("it has expired"), "{late}");

    assert_eq!(scene.provision_after(EXPIRED, queued.id).await, Outcome::Revoked);
    let view = scene.view(queued.id).await;
    assert_eq!(view.provisioning.status, ProvisioningStatus::Revoked);
    assert!(view.reason.unwrap().contains("expired"));
    assert_eq!(scene.story(queued.id).await.last().map(String::as_str), Some("AccessRevoked"));
    may_ask_for_maps(&scene, &mut context_after(EXPIRED), &first).await;
}

#[tokio::test]
async fn what_waits_to_extend_a_credential_ends_with_it() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let pending = ask(&scene, &mut context(), &extension_of(&first, "gold")).await.unwrap();
    let queued = more(&scene, &first, &["maps-api"]).await;
    revoke_whole(&scene, &first).await;

    let pending = scene.view(pending.id).await;
    assert_eq!(pending.status, Status::Rejected);
    assert_eq!(pending.reason.as_deref(), Some("Its credential was revoked."));
    assert_eq!(scene.view(queued.id).await.provisioning.status, ProvisioningStatus::Revoked);
    assert_eq!(scene.view(first.id).await.provisioning.status, ProvisioningStatus::Revoked);
    may_ask_for_maps(&scene, &mut context(), &first).await;
}

/// Whoever comes first: an extension that the policy approves, or the revocation of its credential.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_race_between_an_automatic_extension_and_a_revocation_strands_nothing() {
    for _ in 0..15 {
        let scene = Scene::new().await;
        let first = scene.approved(&["weather-api"], "free", new_app("Storm warnings")).await;
        assert_eq!(scene.provision(first.id).await, Outcome::Provisioned);
        let extension = ask(&scene, &mut context(), &extension_of(&first, "free")).await.unwrap().id;
        let (store, sealer) = (scene.world.store.clone(), scene.sealer.clone());
        let carried_out = tokio::spawn(async move {
            auto_approve::auto_approve(&store, &mut context(), extension).await.unwrap();
            provision(&store, &sealer, &mut context(), extension).await.unwrap();
        });
        revoke_whole(&scene, &first).await;
        carried_out.await.unwrap();

        let stands = scene.world.store.request(extension).await.unwrap().unwrap().is_standing();
        assert!(!stands, "{:?}", scene.view(extension).await);
        may_ask_for_maps(&scene, &mut context(), &first).await;
    }
}

#[tokio::test]
async fn a_product_that_authenticates_otherwise_by_now_is_not_granted() {
    let scene = Scene::new().await;
    let asked = SubmitRequest {
        target: new_app("Queued"),
        extends_credential_id: None,
        ..extension_of(&provisioned(&scene).await, "gold")
    };
    let pending = ask(&scene, &mut context(), &SubmitRequest { target: new_app("Pending"), ..asked.clone() }).await;
    let pending = pending.unwrap().id;
    let queued = scene.ask_and_approve(&asked).await.id;
    let maps = demo::product("maps-api", "Maps API", AuthMethod::OAuth2);
    scene.world.offer(maps).await;

    let store = &scene.world.store;
    let approved = gatepass_app::approve::approve(
        store,
        &mut context(),
        &owen().into(),
        pending,
        &gatepass_app::approve::ApproveRequest::default(),
        &Idempotent::Unkeyed,
    )
    .await;
    let refused = approved.unwrap_err().to_string();
    assert!(refused.contains("uses oauth2 by now"), "{refused}");

    assert_eq!(scene.provision(queued).await, Outcome::Failed);
    assert_eq!(scene.view(queued).await.provisioning.last_error.unwrap().code, "auth-method-changed");
}

/// Background work at `minutes` after noon.
async fn reconcile_after(scene: &Scene, minutes: i64) -> Report {
    let deadline = Deadline::after(Duration::from_secs(600));
    reconcile(&scene.world.store, &mut context_after(minutes), deadline).await.unwrap()
}

async fn credential_story(scene: &Scene, id: CredentialId) -> Vec<String> {
    let events = scene.world.store.events_of(&Aggregate::Credential(id)).await.unwrap();
    events.iter().map(|event| event.detail.event_type().to_owned()).collect()
}

#[tokio::test]
async fn an_expired_credential_is_written_down_and_its_products_may_be_asked_for_again() {
    let scene = Scene::new().await;
    let first = scene.approved(&["weather-api"], "free", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(first.id).await, Outcome::Provisioned);
    let pending = ask(&scene, &mut context(), &extension_of(&first, "free")).await.unwrap();
    assert_eq!(reconcile_after(&scene, 1).await.done(), 0);
    let id = first.credential_id.unwrap();
    assert!(credential_story(&scene, id).await.is_empty());

    // The policy approved the extension at submit, and its event was lost: that does not count any more.
    let report = reconcile_after(&scene, EXPIRED).await;
    assert_eq!(report.failed(), 0, "{report:?}");
    assert_eq!(credential_story(&scene, id).await, ["CredentialExpired"]);
    let stored = scene.credentials(&first).await.remove(0);
    assert_eq!(stored.credential.status, CredentialStatus::Expired);
    let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
    assert_eq!(record.status, CredentialStatus::Expired);
    assert_eq!(scene.view(first.id).await.provisioning.status, ProvisioningStatus::Provisioned, "it was");
    assert_eq!(scene.view(pending.id).await.status, Status::Rejected);

    let again =
        SubmitRequest { wanted: vec![(slug("public-apis"), slug("weather-api"))], ..extension_of(&first, "free") };
    let again = SubmitRequest { extends_credential_id: None, ..again };
    ask(&scene, &mut context_after(EXPIRED), &again).await.unwrap();
    may_ask_for_maps(&scene, &mut context_after(EXPIRED), &first).await;
    assert_eq!(reconcile_after(&scene, EXPIRED + 1).await.done(), 0, "nothing is left to do");
    // Revoking what has expired is still possible, although it holds nothing any more.
    revoked(&scene, first.id).await;
}

/// Runs `work` on a store of its own, and kills it when it is about to commit its second transaction.
async fn broken_off<W>(scene: &Scene, work: impl FnOnce(Store) -> W)
where
    W: Future<Output = Result<(), Refused>> + Send + 'static,
{
    let table = scene.world.table.beside();
    let held = table.faults.hold("TransactWriteItems", 1);
    let running = tokio::spawn(work(table.store()));
    held.arrived().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
}

/// The process that revokes the credential is gone after its first transaction.
#[tokio::test]
async fn a_revocation_that_is_broken_off_is_finished_in_the_background() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let queued = more(&scene, &first, &["maps-api"]).await;
    let id = first.credential_id.unwrap();
    broken_off(&scene, |store| async move {
        let unkeyed = Idempotent::Unkeyed;
        revoke_credential::revoke_credential(&store, &mut context(), &owen(), id, None, &unkeyed).await.map(drop)
    })
    .await;
    assert!(scene.world.store.request(queued.id).await.unwrap().unwrap().is_standing());

    assert_eq!(reconcile_after(&scene, 1).await.failed(), 0);
    for id in [first.id, queued.id] {
        assert_eq!(scene.view(id).await.provisioning.status, ProvisioningStatus::Revoked);
    }
    may_ask_for_maps(&scene, &mut context_after(1), &first).await;
}

/// The owner of the app revokes the credential; the process is gone after its first transaction.
#[tokio::test]
async fn an_owners_revocation_that_is_broken_off_is_finished_in_the_owners_name() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let pending = ask(&scene, &mut context(), &extension_of(&first, "gold")).await.unwrap();
    let (app_id, id) = (first.app.id, first.credential_id.unwrap());
    broken_off(&scene, |store| async move {
        revoke_credential::revoke_own(&store, &mut context(), &ada(), app_id, id, &Precondition::Any).await
    })
    .await;
    assert_eq!(scene.view(pending.id).await.status, Status::Pending);

    assert_eq!(reconcile_after(&scene, 1).await.failed(), 0);
    let pending = scene.view(pending.id).await;
    assert_eq!((pending.status, pending.decided_by.unwrap().id.as_str()), (Status::Withdrawn, "ada"));
    let first = scene.view(first.id).await;
    assert_eq!(first.provisioning.status, ProvisioningStatus::Revoked);
    assert_eq!(first.reason.as_deref(), Some("The owner of the app revoked the credential."));
}

/// The process that deletes the app is gone after it has closed it.
#[tokio::test]
async fn a_deletion_that_is_broken_off_is_finished_in_the_background() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let queued = more(&scene, &first, &["maps-api"]).await;
    let store = &scene.world.store;
    let app_id = first.app.id;
    broken_off(
        &scene,
        |store| async move { apps::delete(&store, &mut context(), &ada(), app_id, Precondition::Any).await },
    )
    .await;
    assert!(store.closing_app(first.app.id).await.unwrap().is_some(), "it was broken off");
    assert!(apps::list(store, &ada(), 10, None).await.unwrap().items.is_empty(), "to its owner it is gone");
    assert_eq!(scene.provision(queued.id).await, Outcome::NothingToDo);

    assert_eq!(reconcile_after(&scene, 1).await.failed(), 0);
    assert!(store.closing_app(first.app.id).await.unwrap().is_none());
    for id in [first.id, queued.id] {
        assert_eq!(scene.view(id).await.provisioning.status, ProvisioningStatus::Revoked);
    }
    let events = store.events_of(&Aggregate::App(first.app.id)).await.unwrap();
    let types: Vec<_> = events.iter().map(|event| event.detail.event_type()).collect();
    assert_eq!(types, ["AppCreated", "AppClosing", "AppDeleted"]);
    assert_eq!(events.last().unwrap().actor().id, "ada", "it is still the owner who deletes it");
    assert_eq!(
        reconcile_after(&scene, 2).await.done(),
        1,
        "the credential that was closed a minute ago has nothing behind it"
    );
    assert_eq!(reconcile_after(&scene, 3).await.done(), 0, "nothing is left to do");
}

/// The first request of the app is about to be ended, and the keys of all of them are closed already.
#[tokio::test]
async fn the_keys_of_a_deleted_app_are_closed_before_its_requests_are_ended() {
    let scene = Scene::new().await;
    let (first, second) = two_credentials(&scene).await;
    let table = scene.world.table.beside();
    let held = table.faults.hold("TransactWriteItems", 3);
    let (store, app_id) = (table.store(), first.app.id);
    let deleting =
        tokio::spawn(async move { apps::delete(&store, &mut context(), &ada(), app_id, Precondition::Any).await });
    held.arrived().await;
    for stored in scene.credentials(&first).await {
        let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
        assert_eq!(record.opens(&stored.credential.grants[0].product_id, context().now), Err(Closed::NotActive));
    }
    for id in [first.id, second.id] {
        assert!(scene.world.store.request(id).await.unwrap().unwrap().is_standing());
    }
    held.release();
    deleting.await.unwrap().unwrap();
    assert!(scene.world.store.closing_app(app_id).await.unwrap().is_none());
    assert_eq!(scene.view(second.id).await.provisioning.status, ProvisioningStatus::Revoked);
}

/// An item that nobody can read keeps the app from being deleted to the end, and nothing else.
#[tokio::test]
async fn a_credential_that_cannot_be_read_keeps_no_other_key_of_a_deleted_app_open() {
    let scene = Scene::new().await;
    let (first, second) = two_credentials(&scene).await;
    let bad = scene.credentials(&first).await.into_iter().find(|one| Some(one.credential.id) == first.credential_id);
    let key = keys::credential(first.app.id, bad.unwrap().credential.id);
    let text = |text: String| AttributeValue::S(text);
    let update = scene.world.table.client.update_item().table_name(&scene.world.table.name);
    let update = update.key("PK", text(key.pk)).key("SK", text(key.sk)).update_expression("SET plan_id = :nonsense");
    update.expression_attribute_values(":nonsense", AttributeValue::Bool(true)).send().await.unwrap();

    let store = &scene.world.store;
    apps::delete(store, &mut context(), &ada(), first.app.id, Precondition::Any).await.unwrap();
    assert_eq!(scene.view(second.id).await.provisioning.status, ProvisioningStatus::Revoked);
    let other = store.credential(first.app.id, second.credential_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(other.credential.status, CredentialStatus::Revoked);
    let record = store.api_key(&other.digests[0]).await.unwrap().unwrap();
    assert_eq!(record.opens(&slug("maps-api"), context().now), Err(Closed::NotActive));
    assert!(store.closing_app(first.app.id).await.unwrap().is_some(), "people must look at the credential");
    assert_eq!(reconcile_after(&scene, 1).await.failed(), 1, "it is put off");
}

/// An app with a credential for each of two requests.
async fn two_credentials(scene: &Scene) -> (AccessRequestView, AccessRequestView) {
    let first = provisioned(scene).await;
    let asked = SubmitRequest { extends_credential_id: None, ..extension_of(&first, "gold") };
    let second = scene.ask_and_approve(&asked).await;
    assert_eq!(scene.provision(second.id).await, Outcome::Provisioned);
    (scene.view(first.id).await, scene.view(second.id).await)
}

/// The request that claimed a product is revoked; an extension still opens it. The app has the product, so it cannot
/// ask for it again, until the extension is revoked too.
#[tokio::test]
async fn an_extension_takes_over_the_claim_of_a_request_that_is_revoked() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let asked = SubmitRequest { extends_credential_id: None, ..extension_of(&first, "gold") };
    let other = scene.ask_and_approve(&asked).await;
    assert_eq!(scene.provision(other.id).await, Outcome::Provisioned);
    let extension = more(&scene, &first, &["maps-api"]).await;
    assert_eq!(scene.provision(extension.id).await, Outcome::Provisioned);
    revoked(&scene, other.id).await;
    let refused = ask(&scene, &mut context(), &asked).await.unwrap_err();
    assert!(matches!(refused, Refused::DuplicateAccess { conflicting } if conflicting == extension.id), "{refused}");
    revoked(&scene, extension.id).await;
    ask(&scene, &mut context(), &asked).await.unwrap();
}

/// An extension that still waits keeps the product too.
#[tokio::test]
async fn an_extension_that_waits_takes_over_the_claim_of_a_request_that_is_rejected() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let asked = SubmitRequest { extends_credential_id: None, ..extension_of(&first, "gold") };
    let other = ask(&scene, &mut context(), &asked).await.unwrap();
    let extension = ask(&scene, &mut context(), &extension_of(&first, "gold")).await.unwrap();
    let unkeyed = Idempotent::Unkeyed;
    reject::reject(
        &scene.world.store,
        &mut context(),
        &owen().into(),
        other.id,
        &reject::RejectRequest::whole("not now"),
        &unkeyed,
    )
    .await
    .unwrap();
    let refused = ask(&scene, &mut context(), &asked).await.unwrap_err();
    assert!(matches!(refused, Refused::DuplicateAccess { conflicting } if conflicting == extension.id), "{refused}");
}

/// The end of a credential counts from its moment on, not from the next run of `expire`.
// Covers P8.
#[tokio::test]
async fn access_that_has_expired_is_in_nobodys_way_before_that_is_written_down() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    let first = scene.approved(&["weather-api"], "free", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(first.id).await, Outcome::Provisioned);
    let usage = async |minutes| {
        let now = context_after(minutes).now;
        offerings::usage::<Product>(store, now, &owen(), &slug("weather-api")).await.unwrap().items.len()
    };
    assert_eq!((usage(EXPIRED - 1).await, usage(EXPIRED).await), (1, 0));

    let again = SubmitRequest {
        wanted: vec![(slug("public-apis"), slug("weather-api"))],
        extends_credential_id: None,
        ..extension_of(&first, "free")
    };
    let refused = ask(&scene, &mut context_after(EXPIRED - 1), &again).await.unwrap_err();
    assert!(matches!(refused, Refused::DuplicateAccess { .. }), "{refused}");
    let asked = ask(&scene, &mut context_after(EXPIRED), &again).await.unwrap();
    let stored = scene.credentials(&first).await.remove(0);
    assert_eq!(stored.credential.status, CredentialStatus::Expired, "the submit wrote it down");
    assert_eq!(usage(EXPIRED).await, 1, "the new request");
    assert_eq!(store.access_held_by(first.app.id, asked.id).await.unwrap(), [slug("weather-api")]);
}

/// What has expired no longer stands among what is in use, however much of it there is; lists still show it.
#[tokio::test]
async fn access_that_has_expired_leaves_the_lists_of_what_stands() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    let first = scene.approved(&["weather-api"], "free", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(first.id).await, Outcome::Provisioned);
    assert_ne!(scene.requeue_after(EXPIRED).await, 0, "the credential is written down as expired");
    for named in [Named::Product(slug("weather-api")), Named::Plan(slug("free"))] {
        assert!(store.standing_requests(&named, 10, None).await.unwrap().items.is_empty(), "{named:?}");
    }
    for status in [None, Some(Status::Approved)] {
        let listing = Listing { status, provisioning: None, order: Order::Newest, limit: 10, after: None };
        let page = store.requests(&Filter::Product(slug("weather-api")), &listing).await.unwrap();
        assert_eq!(page.items.len(), 1, "{status:?}");
    }
    let unforced = delete_offering::InUse::Keep;
    let context = &mut context_after(EXPIRED);
    delete_offering::delete::<Product>(store, context, &owen(), &slug("weather-api"), Precondition::Any, unforced)
        .await
        .unwrap();
}
