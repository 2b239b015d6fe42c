//! Requests and credentials that end while others are under way: nothing is stranded, and nothing is shown that is
//! not so.

use gatepass_app::submit::{SubmitRequest, Target};
use gatepass_app::{Idempotent, Refused, auto_approve, revoke, revoke_credential, submit};
use gatepass_domain::access_request::{AccessRequestView, ProvisioningStatus, Status};
use gatepass_domain::credential::Closed;
use gatepass_domain::id::RequestId;
use gatepass_domain::product::{AuthMethod, GatewayKind};
use gatepass_domain::{Actor, Context};
use gatepass_provisioning::{Outcome, provision};
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
    let by = Actor::from(owen().person());
    revoke::revoke(&scene.world.store, &mut context(), &by, id, None, &Idempotent::unkeyed()).await.unwrap();
}

async fn revoke_whole(scene: &Scene, first: &AccessRequestView) {
    let id = first.credential_id.unwrap();
    let unkeyed = Idempotent::unkeyed();
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
    submit::submit(&scene.world.store, context, &ada(), &flow, asked, &Idempotent::unkeyed()).await
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
    assert_eq!(scene.story(queued.id).await.last(), Some(&"AccessRevoked"));
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
    let maps = demo::product("maps-api", "Maps API", AuthMethod::OAuth2, GatewayKind::OAuth2Dcr);
    scene.world.offer(maps).await;

    let store = &scene.world.store;
    let approved =
        gatepass_app::approve::approve(store, &mut context(), &owen(), pending, None, &Idempotent::unkeyed()).await;
    let refused = approved.unwrap_err().to_string();
    assert!(refused.contains("uses oauth2 by now"), "{refused}");

    assert_eq!(scene.provision(queued).await, Outcome::Failed);
    assert_eq!(scene.view(queued).await.provisioning.last_error.unwrap().code, "auth-method-changed");
}
