//! R18: seeing credentials, and the record that a key was shown.

use gatepass_app::{Refused, credentials};
use gatepass_domain::credential::{Credential, CredentialStatus, Key, KeyOrigin, KeyRecord, Notices};
use gatepass_domain::event::{Aggregate, Chain};
use gatepass_domain::id::AppId;
use gatepass_domain::key::KeyDigest;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Actor, Versioned};
use gatepass_store::{Store, StoredCredential, Transaction};
use gatepass_testkit::{World, ada, context, grace, person};
use jiff::{SignedDuration, Timestamp};

use crate::asking::{create_app, profile, said, slug};

/// A credential of the app, with a key that ends at `expires_at`.
async fn issue(store: &Store, app_id: AppId, expires_at: Option<Timestamp>) -> StoredCredential {
    let mut context = context();
    let id = context.id();
    let digest = KeyDigest(format!("digest of {id}"));
    let record = KeyRecord {
        digest: digest.clone(),
        credential_id: id,
        app_id,
        plan_id: slug("gold"),
        status: CredentialStatus::Active,
        not_after: expires_at,
        grants: Vec::new(),
        sealed: Some(format!("sealed for {id}")),
    };
    let key = Key {
        prefix: "gp_abcd".into(),
        last_four: "wxyz".into(),
        not_after: expires_at,
        created_at: None,
        origin: KeyOrigin::Issued,
        handover_count: 0,
    };
    let credential = Credential {
        id,
        app_id,
        request_id: context.id(),
        auth_method: AuthMethod::ApiKey,
        prefix: key.prefix.clone(),
        last_four: key.last_four.clone(),
        grants: Vec::new(),
        plan_id: slug("gold"),
        status: CredentialStatus::Active,
        keys: vec![key],
        expires_at,
        keys_end_at: expires_at,
        suspension: None,
        resumption: None,
        notices: Notices::default(),
        revealed: None,
        expires_because: None,
    };
    let stored = StoredCredential {
        credential: Versioned::first(credential, context.now),
        digests: vec![digest],
        chain: Chain::default(),
    };
    let issued = Transaction::new(&mut context).credential(&stored).new_api_key(&record);
    store.commit(issued).await.unwrap();
    stored
}

async fn set_status(store: &Store, stored: &StoredCredential, status: CredentialStatus) {
    let (now, mut content) = (context().now, stored.credential.content.clone());
    content.status = status;
    let mut next = store.credential(content.app_id, content.id).await.unwrap().unwrap();
    next.credential = next.credential.revised(content, now);
    store.commit(Transaction::new(&mut context()).credential(&next)).await.unwrap();
}

// Covers R18, P1.
#[tokio::test]
async fn a_key_is_on_record_before_it_is_shown() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let stored = issue(&world.store, app_id, None).await;
    let id = stored.credential.id;
    for times in 1..=2 {
        let sealed = credentials::reveal(&world.store, &mut context(), &ada(), app_id, id).await.unwrap();
        assert_eq!(sealed, format!("sealed for {id}"));
        let events = world.store.events_of(&Aggregate::Credential(id)).await.unwrap();
        assert_eq!(events.len(), times);
        assert!(
            events
                .iter()
                .all(|event| event.detail.event_type() == "CredentialRevealed" && event.actor() == Actor::from(&ada()))
        );
        let standing = world.store.credential(app_id, id).await.unwrap().unwrap();
        assert_eq!(Chain::verify(&events).unwrap(), standing.chain);
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_recorded_as_shown_is_not_shown() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let stored = issue(&world.store, app_id, None).await;
    world.table.faults.plan("TransactWriteItems", gatepass_testkit::Fault::Unreachable, 3);
    let shown = credentials::reveal(&world.store, &mut context(), &ada(), app_id, stored.credential.id).await;
    assert!(matches!(shown, Err(Refused::Store(_))));
}

#[tokio::test]
async fn a_key_is_shown_to_those_who_see_the_app_alone() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let other_app = create_app(&world.store, &ada(), "Another").await;
    let id = issue(&world.store, app_id, None).await.credential.id;
    let show = async |who: &gatepass_domain::Person, app_id, id| {
        credentials::reveal(&world.store, &mut context(), who, app_id, id).await
    };
    assert_eq!(said(&show(&grace(), app_id, id).await), "not-found");
    assert_eq!(said(&show(&ada(), other_app, id).await), "not-found");
    assert_eq!(said(&show(&ada(), app_id, context().id()).await), "not-found");
    assert_eq!(said(&credentials::list(&world.store, context().now, &grace(), app_id, 25, None).await), "not-found");
    assert!(world.store.events_of(&Aggregate::Credential(id)).await.unwrap().is_empty());

    use gatepass_domain::app::{Profile, Visibility};
    let shared = Profile { visibility: Visibility::Team, team: Some("builders".into()), ..profile("Shared") };
    let unkeyed = gatepass_app::Idempotent::Unkeyed;
    let shared = gatepass_app::apps::create(&world.store, &mut context(), &ada(), shared, &unkeyed).await.unwrap();
    let id = issue(&world.store, shared.id, None).await.credential.id;
    let mate = person("bob", &["builders"]);
    assert_eq!(said(&show(&mate, shared.id, id).await), "ok");
    let seen = credentials::list(&world.store, context().now, &mate, shared.id, 25, None).await.unwrap();
    assert_eq!(seen.items.len(), 1);
}

#[tokio::test]
async fn a_key_that_no_longer_works_is_not_shown() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let show = async |id| said(&credentials::reveal(&world.store, &mut context(), &ada(), app_id, id).await);
    let now = context().now;
    for (expires_at, expected) in [
        (Some(now), "credential-not-active"),
        (now.checked_add(SignedDuration::from_millis(1)).ok(), "ok"),
        (None, "ok"),
    ] {
        let stored = issue(&world.store, app_id, expires_at).await;
        assert_eq!(show(stored.credential.id).await, expected, "{expires_at:?}");
    }
    for status in [CredentialStatus::Suspended, CredentialStatus::Expired, CredentialStatus::Revoked] {
        let stored = issue(&world.store, app_id, None).await;
        set_status(&world.store, &stored, status).await;
        assert_eq!(show(stored.credential.id).await, "credential-not-active", "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shown_to_many_at_once_each_time_is_on_record() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let id = issue(&world.store, app_id, None).await.credential.id;
    let shows = (0..8).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move { credentials::reveal(&store, &mut context(), &ada(), app_id, id).await.unwrap() })
    });
    for show in shows.collect::<Vec<_>>() {
        show.await.unwrap();
    }
    let events = world.store.events_of(&Aggregate::Credential(id)).await.unwrap();
    assert_eq!(events.len(), 8);
    Chain::verify(&events).unwrap();
}
