//! More products for a credential that exists.

use gatepass_app::submit::{SubmitRequest, Target};
use gatepass_domain::access_request::{AccessRequestView, RequestKind};
use gatepass_domain::credential::{CredentialStatus, Grant};
use gatepass_provisioning::{Outcome, provision};
use gatepass_store::Transaction;
use gatepass_testkit::context;

use crate::scene::{Scene, new_app, slug};

/// An approved request for more products under the credential of `first`.
pub(crate) async fn more(scene: &Scene, first: &AccessRequestView, products: &[&str]) -> AccessRequestView {
    let asked = SubmitRequest {
        wanted: products.iter().map(|id| (slug("public-apis"), slug(id))).collect(),
        plan_id: slug("gold"),
        target: Target::Existing(first.app.id),
        extends_credential_id: first.credential_id,
        justification: None,
    };
    scene.ask_and_approve(&asked).await
}

pub(crate) async fn provisioned(scene: &Scene) -> AccessRequestView {
    let first = scene.approved(&["weather-api"], "gold", new_app("Storm warnings")).await;
    assert_eq!(scene.provision(first.id).await, Outcome::Provisioned);
    first
}

#[tokio::test]
async fn the_same_key_opens_the_new_products_too() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let before = scene.credentials(&first).await.remove(0);
    let extension = more(&scene, &first, &["maps-api"]).await;
    assert_eq!((extension.kind, extension.credential_id), (RequestKind::Extend, first.credential_id));
    scene.kms.calls();
    assert_eq!(scene.provision(extension.id).await, Outcome::Provisioned);
    assert_eq!(scene.provision(extension.id).await, Outcome::NothingToDo);
    assert!(scene.kms.calls().is_empty(), "no new key");

    let after = scene.credentials(&first).await;
    assert_eq!(after.len(), 1);
    assert_eq!((&after[0].digests, after[0].credential.version), (&before.digests, 2));
    let record = scene.world.store.api_key(&before.digests[0]).await.unwrap().unwrap();
    for product in ["weather-api", "maps-api"] {
        assert_eq!(record.opens(&slug(product), context().now), Ok(()), "{product}");
        assert!(after[0].credential.opens(&slug(product)), "{product}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_extensions_at_once_lose_neither() {
    let scene = Scene::new().await;
    // A third product that takes keys.
    let mut public = gatepass_testkit::demo::catalogues().remove(0);
    public.product_ids.push(slug("fleet-api"));
    scene.world.offer(public).await;
    let first = provisioned(&scene).await;
    let extensions = [more(&scene, &first, &["maps-api"]).await, more(&scene, &first, &["fleet-api"]).await];
    let runs = extensions.iter().flat_map(|extension| {
        let id = extension.id;
        (0..4).map(move |_| id)
    });
    let runs: Vec<_> = runs
        .map(|id| {
            let (store, sealer) = (scene.world.store.clone(), scene.sealer.clone());
            tokio::spawn(async move { provision(&store, &sealer, &mut context(), id).await.unwrap() })
        })
        .collect();
    for run in runs {
        run.await.unwrap();
    }
    let stored = scene.credentials(&first).await.remove(0);
    let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
    assert_eq!(stored.credential.version, 3);
    for product in ["weather-api", "maps-api", "fleet-api"] {
        assert_eq!(record.opens(&slug(product), context().now), Ok(()), "{product}");
    }
    let opened =
        |grants: &[Grant]| grants.iter().map(|grant| (grant.product_id.clone(), grant.status)).collect::<Vec<_>>();
    assert_eq!(opened(&record.grants), opened(&stored.credential.grants));
}

#[tokio::test]
async fn a_suspended_credential_is_not_extended() {
    let scene = Scene::new().await;
    let first = provisioned(&scene).await;
    let extension = more(&scene, &first, &["maps-api"]).await;
    let mut stored = scene.credentials(&first).await.remove(0);
    let mut suspended = stored.credential.content.clone();
    suspended.status = CredentialStatus::Suspended;
    stored.credential = stored.credential.revised(suspended, context().now);
    scene.world.store.commit(Transaction::new(&mut context()).credential(&stored)).await.unwrap();

    assert_eq!(scene.provision(extension.id).await, Outcome::Failed);
    let error = scene.view(extension.id).await.provisioning.last_error.unwrap();
    assert_eq!(error.code, "credential-suspended");
    let record = scene.world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
    assert_eq!(record.grants.len(), 1);
}
