//! R18, R26: an approved request becomes one credential in its app, however often it is carried out.

use gatepass_app::Idempotent;
use gatepass_app::approve::{ApproveRequest, approve};
use gatepass_domain::access_request::ProvisioningStatus;
use gatepass_domain::credential::{CredentialStatus, GrantStatus};
use gatepass_domain::event::Detail;
use gatepass_provisioning::{Outcome, provision};
use gatepass_sealing::SealError;
use gatepass_testkit::{Fault, ada, context, owen};
use jiff::SignedDuration;

use crate::scene::{Scene, context_after, new_app, slug};

// Covers R18, R26.
#[tokio::test]
async fn the_credential_is_in_the_app_under_the_id_allocated_at_approval() {
    let scene = Scene::new().await;
    let approved = scene.approved(&["weather-api", "maps-api"], "free", new_app("Storm warnings")).await;
    assert!(scene.credentials(&approved).await.is_empty());
    assert_eq!(scene.provision(approved.id).await, Outcome::Provisioned);

    let view = scene.view(approved.id).await;
    assert_eq!((view.provisioning.status, view.provisioning.attempts), (ProvisioningStatus::Provisioned, 1));
    let stored = scene.credentials(&approved).await.remove(0);
    let credential = &stored.credential;
    assert_eq!((Some(credential.id), credential.request_id), (approved.credential_id, approved.id));
    assert_eq!((credential.plan_id.as_str(), credential.status), ("free", CredentialStatus::Active));
    let opened: Vec<_> = credential.grants.iter().map(|grant| (grant.product_id.as_str(), grant.status)).collect();
    assert_eq!(opened, [("weather-api", GrantStatus::Active), ("maps-api", GrantStatus::Active)]);
    let end = context().now.checked_add(SignedDuration::from_hours(30 * 24)).ok();
    assert_eq!((credential.expires_at, credential.keys[0].not_after), (end, end), "`free` says 30 days");

    let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
    assert_eq!((record.credential_id, record.app_id, record.not_after), (credential.id, approved.app.id, end));
    assert_eq!(record.opens(&slug("maps-api"), context().now), Ok(()));
    assert!(record.opens(&slug("fleet-api"), context().now).is_err());

    let events = scene.world.events(approved.id).await;
    let Detail::AccessProvisioned(subject) = &events[2].detail else { panic!("{events:?}") };
    assert_eq!(subject.credential_id, Some(credential.id));
}

/// While the gateway was out of order, the time passed for which access was approved: no key is issued that never worked.
#[tokio::test]
async fn access_whose_end_came_before_it_was_provisioned_is_revoked() {
    let scene = Scene::new().await;
    let store = &scene.world.store;
    let asked = scene.world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await;
    let end = context_after(60).now;
    let until = ApproveRequest { access_expires_at: Some(end), ..ApproveRequest::default() };
    approve(store, &mut context(), &owen().into(), asked.id, &until, &Idempotent::Unkeyed).await.unwrap();

    let outcome = provision(store, &scene.sealer, &mut context_after(60), asked.id).await.unwrap();
    assert_eq!(outcome, Outcome::Revoked);
    assert!(scene.credentials(&asked).await.is_empty());
    let view = scene.view(asked.id).await;
    assert_eq!(view.provisioning.status, ProvisioningStatus::Revoked);
    // The app may ask again.
    assert!(store.access_held_by(asked.app.id, asked.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_sealed_key_opens_in_its_own_credentials_name_alone() {
    let scene = Scene::new().await;
    let approved = scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await;
    scene.provision(approved.id).await;
    let stored = scene.credentials(&approved).await.remove(0);
    let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
    let key = scene.sealer.unseal(stored.credential.id, record.sealed.as_deref().unwrap()).await.unwrap();
    assert_eq!(key.digest(), record.digest);
    assert_eq!(
        (key.prefix(), key.last_four()),
        (stored.credential.prefix.clone(), stored.credential.last_four.clone())
    );
    let elsewhere = scene.sealer.unseal(context().id(), record.sealed.as_deref().unwrap()).await;
    assert!(matches!(elsewhere, Err(SealError::Refused(_))), "{elsewhere:?}");
    // Nothing that was written holds the key itself.
    for text in [
        format!("{stored:?}"),
        format!("{record:?}"),
        format!("{:?}", scene.world.store.dossier(approved.id).await.unwrap()),
        format!("{:?}", scene.world.events(approved.id).await),
    ] {
        assert!(!text.contains(&key.expose()[7..]), "{text}");
    }
}

#[tokio::test]
async fn carried_out_again_it_changes_nothing() {
    let scene = Scene::new().await;
    let approved = scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(approved.id).await, Outcome::Provisioned);
    let before = scene.credentials(&approved).await;
    scene.kms.calls();
    for _ in 0..3 {
        assert_eq!(scene.provision(approved.id).await, Outcome::NothingToDo);
    }
    assert!(scene.kms.calls().is_empty(), "no key is made for nothing");
    assert_eq!(scene.credentials(&approved).await, before);
    assert_eq!(
        scene.story(approved.id).await,
        ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]
    );
}

#[tokio::test]
async fn what_is_not_approved_is_not_carried_out() {
    let scene = Scene::new().await;
    let asked = scene.world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await;
    assert_eq!(scene.provision(asked.id).await, Outcome::NothingToDo);
    scene.world.rejected(asked.id, "no").await;
    assert_eq!(scene.provision(asked.id).await, Outcome::NothingToDo);
    assert_eq!(scene.provision(context().id()).await, Outcome::NothingToDo);
    assert!(scene.credentials(&asked).await.is_empty());
}

/// R18: delivered twenty times at once, with collisions, throttles and lost replies on top.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn carried_out_by_many_at_once_it_leaves_one_credential_and_one_key() {
    for faults in [&[][..], &[(Fault::TransactionConflict, 5), (Fault::LostReply, 2), (Fault::Throttle, 1)]] {
        let scene = Scene::new().await;
        let approved = scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await;
        for (fault, times) in faults {
            scene.world.table.faults.plan("TransactWriteItems", *fault, *times);
        }
        let runs = (0..20).map(|_| {
            let (store, sealer) = (scene.world.store.clone(), scene.sealer.clone());
            tokio::spawn(async move { provision(&store, &sealer, &mut context(), approved.id).await.unwrap() })
        });
        let mut provisioned = 0;
        for run in runs.collect::<Vec<_>>() {
            match run.await.unwrap() {
                Outcome::Provisioned => provisioned += 1,
                Outcome::NothingToDo => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(provisioned, 1);
        let credentials = scene.credentials(&approved).await;
        assert_eq!((credentials.len(), credentials[0].digests.len(), credentials[0].credential.version), (1, 1, 1));
        assert!(scene.world.store.api_key(&credentials[0].digests[0]).await.unwrap().is_some());
        assert_eq!(scene.story(approved.id).await.len(), 3);
    }
}

/// The process dies after the commit, or after sealing: the next delivery finds it done, or does it.
#[tokio::test]
async fn after_a_crash_anywhere_the_next_delivery_completes_it() {
    let scene = Scene::new().await;
    let approved = scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await;
    for (fault, next) in [(Fault::Unreachable, Outcome::Provisioned), (Fault::LostReply, Outcome::NothingToDo)] {
        let approved = match next {
            Outcome::Provisioned => approved.clone(),
            _ => scene.approved(&["weather-api"], "gold", new_app("Another")).await,
        };
        scene.world.table.faults.plan("TransactWriteItems", fault, 3);
        let crashed = provision(&scene.world.store, &scene.sealer, &mut context(), approved.id).await;
        assert!(crashed.is_err_and(|error| error.is_transient()));
        assert_eq!(scene.provision(approved.id).await, next);
        assert_eq!(scene.credentials(&approved).await.len(), 1);
        assert_eq!(scene.story(approved.id).await.len(), 3);
    }
}

#[tokio::test]
async fn a_revealed_key_is_the_one_that_was_issued() {
    let scene = Scene::new().await;
    let approved = scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await;
    scene.provision(approved.id).await;
    let id = approved.credential_id.unwrap();
    let store = &scene.world.store;
    let sealed = gatepass_app::credentials::reveal(store, &mut context(), &ada(), approved.app.id, id).await.unwrap();
    let key = scene.sealer.unseal(id, &sealed).await.unwrap();
    let looked_up = store.api_key(&key.digest()).await.unwrap().unwrap();
    assert_eq!(looked_up.opens(&slug("weather-api"), context().now), Ok(()));
    let again = Idempotent::Unkeyed;
    assert!(
        gatepass_app::retry::retry(store, &mut context(), &gatepass_testkit::owen().into(), approved.id, &again)
            .await
            .is_err()
    );
}
