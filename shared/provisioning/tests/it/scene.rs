//! A world with a gateway's key service.

use std::time::Duration;

use gatepass_app::reconcile::reconcile;
use gatepass_app::submit::{self, Flow, SubmitRequest, Target};
use gatepass_app::{Deadline, Idempotent, approve};
use gatepass_domain::Context;
use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::event::Chain;
use gatepass_domain::id::RequestId;
use gatepass_provisioning::{Outcome, provision};
use gatepass_sealing::Sealer;
use gatepass_store::StoredCredential;
use gatepass_testkit::aws::Kms;
use gatepass_testkit::{World, ada, context, owen};
use jiff::SignedDuration;

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) kms: Kms,
    pub(crate) sealer: Sealer,
}

pub(crate) fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A context `minutes` after noon.
pub(crate) fn context_after(minutes: i64) -> Context {
    let mut context = context();
    context.now = context.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    context
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let kms = Kms::new().await;
        let sealer = Sealer::new(kms.client.clone(), "alias/gatepass");
        Self { world: World::new().await, kms, sealer }
    }

    /// A request of ada's that owen has approved.
    pub(crate) async fn approved(&self, products: &[&str], plan: &str, target: Target) -> AccessRequestView {
        let asked = SubmitRequest {
            wanted: products.iter().map(|id| (slug("public-apis"), slug(id))).collect(),
            plan_id: slug(plan),
            target,
            extends_credential_id: None,
            justification: None,
        };
        self.ask_and_approve(&asked).await
    }

    pub(crate) async fn ask_and_approve(&self, asked: &SubmitRequest) -> AccessRequestView {
        let store = &self.world.store;
        let view = submit::submit(store, &mut context(), &ada(), &Flow::Direct, asked, &Idempotent::Unkeyed).await;
        let id = view.unwrap().facts().id;
        approve::approve(
            store,
            &mut context(),
            &owen().into(),
            id,
            &approve::ApproveRequest::default(),
            &Idempotent::Unkeyed,
        )
        .await
        .unwrap()
        .view()
    }

    pub(crate) async fn provision(&self, id: RequestId) -> Outcome {
        self.provision_after(0, id).await
    }

    pub(crate) async fn provision_after(&self, minutes: i64, id: RequestId) -> Outcome {
        provision(&self.world.store, &self.sealer, &mut context_after(minutes), id).await.unwrap()
    }

    pub(crate) async fn requeue_after(&self, minutes: i64) -> usize {
        let deadline = Deadline::after(Duration::from_secs(600));
        reconcile(&self.world.store, &mut context_after(minutes), deadline).await.unwrap().done()
    }

    pub(crate) async fn view(&self, id: RequestId) -> AccessRequestView {
        self.world.store.request(id).await.unwrap().unwrap().view()
    }

    /// The types of the request's events, whose chain must verify and end with the request's own.
    pub(crate) async fn story(&self, id: RequestId) -> Vec<String> {
        let dossier = self.world.store.dossier(id).await.unwrap().unwrap();
        let events = self.world.events(id).await;
        assert_eq!(Chain::verify(&events).unwrap(), dossier.request.facts().chain);
        events.iter().map(|event| event.detail.event_type().to_owned()).collect()
    }

    /// The credentials of the request's app.
    pub(crate) async fn credentials(&self, request: &AccessRequestView) -> Vec<StoredCredential> {
        self.world.store.credentials(request.app.id).await.unwrap()
    }
}

/// A new app of ada's.
pub(crate) fn new_app(name: &str) -> Target {
    Target::New(serde_json::from_value(serde_json::json!({ "name": name })).unwrap())
}
