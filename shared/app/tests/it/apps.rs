//! Editing and deleting apps (R17, R19), and when things go wrong with it.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_app::apps::{self, Edit};
use gatepass_app::submit::Target;
use gatepass_app::{Precondition, Refused};
use gatepass_domain::access_request::{ProvisioningStatus, Status};
use gatepass_domain::event::{Aggregate, Chain};
use gatepass_domain::id::AppId;
use gatepass_domain::{App, Person, Versioned};
use gatepass_store::Store;
use gatepass_store::keys::{self, Stage};
use gatepass_testkit::{Fault, World, ada, context, grace, owen};

use crate::asking::{approve, asking_for, create_app, said, standing, submit};

async fn rename(store: &Store, id: AppId, precondition: Precondition, name: &str) -> Result<Versioned<App>, Refused> {
    let edit = Edit { name: Some(name.into()), ..Edit::default() };
    apps::edit(store, &mut context(), &ada(), id, precondition, &edit).await
}

async fn delete(store: &Store, who: &Person, id: AppId) -> Result<(), Refused> {
    apps::delete(store, &mut context(), who, id, Precondition::Any).await
}

/// The types of the app's events, whose chain must verify.
async fn story(world: &World, id: AppId) -> Vec<String> {
    let events = world.store.events_of(&Aggregate::App(id)).await.unwrap();
    Chain::verify(&events).unwrap();
    events.iter().map(|event| event.detail.event_type().to_owned()).collect()
}

#[tokio::test]
async fn a_new_name_is_reserved_and_the_old_one_free_whatever_goes_wrong() {
    for fault in [None, Some(Fault::TransactionConflict), Some(Fault::LostReply), Some(Fault::Throttle)] {
        let world = World::new().await;
        let id = create_app(&world.store, &ada(), "One").await;
        if let Some(fault) = fault {
            world.table.faults.plan("TransactWriteItems", fault, 1);
        }
        let renamed = rename(&world.store, id, Precondition::OneOf(vec![1]), "Two").await.unwrap();
        assert_eq!((renamed.version, renamed.profile.name.as_str()), (2, "Two"), "{fault:?}");
        let other = create_app(&world.store, &ada(), "One").await;
        assert_eq!(said(&rename(&world.store, other, Precondition::Any, "two").await), "name-taken");
        assert_eq!(story(&world, id).await, ["AppCreated", "AppUpdated"], "{fault:?}");
    }
}

/// A name that differs from the old one in its spelling alone is the app's own.
#[tokio::test]
async fn an_app_may_respell_its_name() {
    let world = World::new().await;
    let id = create_app(&world.store, &ada(), "Straße").await;
    rename(&world.store, id, Precondition::Any, "STRASSE").await.unwrap();
    delete(&world.store, &ada(), id).await.unwrap();
    create_app(&world.store, &ada(), "strasse").await;
}

#[tokio::test]
async fn of_edits_meant_for_one_version_one_counts() {
    let world = World::new().await;
    let id = create_app(&world.store, &ada(), "App").await;
    let edit = |name: &'static str, precondition| rename(&world.store, id, precondition, name);
    let version = || Precondition::OneOf(vec![1]);
    let (a, b, c) = tokio::join!(edit("A", version()), edit("B", version()), edit("C", version()));
    let mut said = [said(&a), said(&b), said(&c)];
    said.sort_unstable();
    assert_eq!(said, ["ok", "version-mismatch", "version-mismatch"]);
    // Where any version will do, none is lost.
    let (a, b) = tokio::join!(edit("D", Precondition::Any), edit("E", Precondition::Any));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(apps::get(&world.store, &ada(), id).await.unwrap().version, 4);
    assert_eq!(story(&world, id).await.len(), 4);
}

/// Whoever comes first, the app is gone in the end, and its name free.
#[tokio::test]
async fn an_edit_does_not_bring_a_deleted_app_back() {
    let world = World::new().await;
    let id = create_app(&world.store, &ada(), "One").await;
    let ada = ada();
    let (deleted, edited) =
        tokio::join!(delete(&world.store, &ada, id), rename(&world.store, id, Precondition::Any, "Two"));
    deleted.unwrap();
    assert!(["ok", "not-found"].contains(&said(&edited)));
    assert_eq!(said(&apps::get(&world.store, &ada, id).await), "not-found");
    for name in ["One", "Two"] {
        create_app(&world.store, &ada, name).await;
    }
}

/// Requests that wait are withdrawn, approved ones are revoked, and each of it is on record.
#[tokio::test]
async fn with_an_app_goes_all_it_has_asked_for_whatever_goes_wrong() {
    for fault in [None, Some(Fault::TransactionConflict), Some(Fault::LostReply), Some(Fault::Throttle)] {
        let world = World::new().await;
        let id = create_app(&world.store, &ada(), "App").await;
        let ask = async |product: &str| {
            submit(&world.store, &ada(), &asking_for(Target::Existing(id), &[product], "gold")).await.unwrap().id
        };
        let (approved, awaited) = (ask("weather-api").await, ask("maps-api").await);
        approve(&world.store, &owen(), approved).await.unwrap();
        if let Some(fault) = fault {
            world.table.faults.plan("TransactWriteItems", fault, 2);
        }
        delete(&world.store, &ada(), id).await.unwrap();
        let view = standing(&world, approved).await.view();
        assert_eq!(view.provisioning.status, ProvisioningStatus::Revoked, "{fault:?}");
        assert_eq!(view.reason.as_deref(), Some("The app was deleted."));
        assert_eq!(standing(&world, awaited).await.view().status, Status::Withdrawn);
        assert_eq!(story(&world, id).await, ["AppCreated", "AppClosing", "AppDeleted"]);
        assert!(world.store.requests_in(&Stage::OPEN).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn only_its_owner_deletes_an_app_and_once() {
    let world = World::new().await;
    let id = create_app(&world.store, &ada(), "App").await;
    assert_eq!(said(&delete(&world.store, &grace(), id).await), "not-found");
    let stale = apps::delete(&world.store, &mut context(), &ada(), id, Precondition::OneOf(vec![7])).await;
    assert_eq!(said(&stale), "version-mismatch");
    let ada = ada();
    let (one, other) = tokio::join!(delete(&world.store, &ada, id), delete(&world.store, &ada, id));
    assert!(one.is_ok() || other.is_ok());
    assert_eq!(story(&world, id).await, ["AppCreated", "AppClosing", "AppDeleted"]);
}

/// An item that nobody can read must not keep an app half deleted for ever.
#[tokio::test]
async fn a_request_that_cannot_be_read_does_not_hold_up_the_deletion_of_its_app() {
    let world = World::new().await;
    let id = create_app(&world.store, &ada(), "App").await;
    let ask = async |product: &str| {
        submit(&world.store, &ada(), &asking_for(Target::Existing(id), &[product], "gold")).await.unwrap().id
    };
    let (bad, good) = (ask("weather-api").await, ask("maps-api").await);
    let text = |text: String| AttributeValue::S(text);
    let key = keys::request(bad);
    let update = world.table.client.update_item().table_name(&world.table.name);
    let update = update.key("PK", text(key.pk)).key("SK", text(key.sk)).update_expression("SET created_at = :nonsense");
    update.expression_attribute_values(":nonsense", text("nonsense".into())).send().await.unwrap();
    delete(&world.store, &ada(), id).await.unwrap();
    assert_eq!(story(&world, id).await, ["AppCreated", "AppClosing", "AppDeleted"]);
    assert_eq!(standing(&world, good).await.view().status, Status::Withdrawn);
    assert!(world.store.request(bad).await.is_err(), "the item stays for people to look at");
}
