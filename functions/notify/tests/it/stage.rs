//! A table, a mail service, and the function between them.

use std::sync::{Arc, Mutex};

use gatepass_domain::access_request::{LastError, ProvisioningStatus};
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject, MailRecord, MailStatus};
use gatepass_domain::id::RequestId;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{AccessRequest, Actor, Event, Settings, Versioned};
use gatepass_lambda::{Failure, Metric, Metrics};
use gatepass_notify::{Config, Notify};
use gatepass_provisioning::{Outcome, provision};
use gatepass_sealing::Sealer;
use gatepass_store::Transaction;
use gatepass_testkit::aws::{Kms, Ses, bus_event};
use gatepass_testkit::{World, ada, at, clock_at, context, owen};
use serde_json::Value;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) ses: Ses,
    metrics: Arc<Mutex<Vec<Metric>>>,
    kms: Kms,
    sender: Option<String>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let sender = Some("Gatepass <gatepass@example.com>".to_owned());
        let (world, ses, kms) = (World::new().await, Ses::new().await, Kms::new().await);
        Self { world, ses, metrics: Arc::default(), kms, sender }
    }

    /// No sender is configured.
    pub(crate) async fn without_sender() -> Self {
        Self { sender: None, ..Self::new().await }
    }

    /// Ada asks for access under the reviewed plan.
    pub(crate) async fn submitted(&self, product: &str) -> RequestId {
        self.world.submitted(&ada(), product, "gold", &format!("App of {product}")).await.id
    }

    /// Access that stands, or for `payments-api` has failed.
    pub(crate) async fn provisioned(&self, product: &str) -> RequestId {
        let id = self.submitted(product).await;
        self.provision(id).await;
        id
    }

    /// Approves and provisions the request.
    pub(crate) async fn provision(&self, id: RequestId) {
        self.world.approved(id).await;
        let sealer = Sealer::new(self.kms.client.clone(), "alias/gatepass");
        let outcome = provision(&self.world.store, &sealer, &mut context(), id).await.unwrap();
        assert!(matches!(outcome, Outcome::Provisioned | Outcome::Failed), "{outcome:?}");
    }

    /// Somebody retries, and it fails again.
    pub(crate) async fn fails_again(&self, id: RequestId) {
        let Some(AccessRequest::Failed(failed)) = self.world.store.request(id).await.unwrap() else {
            panic!("it has not failed")
        };
        let mut context = context();
        let by = Actor::system("test");
        let (queued, event) = failed.retry(&mut context, &by);
        let transaction = Transaction::new(&mut context).request(&queued.clone().into(), &event);
        self.world.store.commit(transaction).await.unwrap();
        let error = LastError { code: "gateway-not-configured".into(), message: "Still not configured.".into() };
        let (outcome, event) = queued.attempt_failed(&mut context, &by, error, false);
        let request = AccessRequest::from(outcome);
        assert_eq!(request.view().provisioning.status, ProvisioningStatus::Failed);
        let transaction = Transaction::new(&mut context).request(&request, &event);
        self.world.store.commit(transaction).await.unwrap();
    }

    /// Somebody retries what has failed, and it succeeds.
    pub(crate) async fn succeeds_at_last(&self, id: RequestId) {
        let mut context = context();
        let queued = match self.world.store.request(id).await.unwrap() {
            Some(AccessRequest::Failed(failed)) => {
                let (queued, event) = failed.retry(&mut context, &Actor::system("test"));
                self.write(&queued.clone().into(), &event).await;
                queued
            }
            Some(AccessRequest::Queued(queued)) => queued,
            other => panic!("{other:?}"),
        };
        let (provisioned, event) = queued.provisioned(&mut context, &Actor::system("test"));
        self.write(&provisioned.into(), &event).await;
    }

    /// Background work queues the provisioning again, at `time`.
    pub(crate) async fn requeued_at(&self, time: &str, id: RequestId) {
        let Some(AccessRequest::Queued(queued)) = self.world.store.request(id).await.unwrap() else {
            panic!("it is not queued")
        };
        let mut context = context();
        context.now = at(time);
        let (queued, event) = queued.requeue(&mut context, &Actor::system("test"));
        self.write(&queued.into(), &event).await;
    }

    /// Runs the background work that is due at `time`.
    pub(crate) async fn run_schedule_at(&self, time: &str) {
        let mut context = context();
        context.now = at(time);
        let deadline = gatepass_app::Deadline::after(std::time::Duration::from_secs(600));
        gatepass_app::reconcile::reconcile(&self.world.store, &mut context, deadline).await.unwrap();
    }

    /// An API Owner suspends the credential that came of a request, which its event then tells.
    pub(crate) async fn suspend(&self, id: RequestId, time: &str) {
        let credential = self.world.request(id).await.credential_id.expect("it was approved");
        let mut context = context();
        context.now = at(time);
        let unkeyed = gatepass_app::Idempotent::Unkeyed;
        gatepass_app::suspend::suspend(&self.world.store, &mut context, &owen(), credential, None, &unkeyed)
            .await
            .unwrap();
        self.deliver_about_credential(time, id, "CredentialSuspended").await.unwrap();
    }

    async fn write(&self, request: &AccessRequest, event: &Event) {
        let transaction = Transaction::new(&mut context()).request(request, event);
        self.world.store.commit(transaction).await.unwrap();
    }

    /// The templates of the mails sent since this was last asked, in order.
    pub(crate) fn templates(&self) -> Vec<String> {
        self.ses.mails().into_iter().map(|mail| mail.template).collect()
    }

    /// The owners change the settings, for the first time.
    pub(crate) async fn configure(&self, settings: Settings) {
        let mut context = context();
        let settings = Versioned::first(settings, context.now);
        let mut chain = Chain::default();
        let detail = Detail::SettingsUpdated(EntitySubject::created("settings", 1, &settings.content));
        let event = chain.append(&mut context, Aggregate::Settings, &Actor::system("test"), detail, None);
        let transaction = Transaction::new(&mut context).settings(&settings, &event, chain);
        self.world.store.commit(transaction).await.unwrap();
    }

    /// Delivers the newest event of that type.
    pub(crate) async fn deliver(&self, id: RequestId, event_type: &str) -> Result<(), Failure> {
        self.deliver_at("2026-11-23T12:00:01Z", id, event_type).await
    }

    /// Delivers the newest event of that type, at `time`.
    pub(crate) async fn deliver_at(&self, time: &str, id: RequestId, event_type: &str) -> Result<(), Failure> {
        self.deliver_json(time, &bus_event(&self.world.event(id, event_type).await)).await
    }

    /// Delivers the newest event of that type about the credential that came of a request, at `time`.
    pub(crate) async fn deliver_about_credential(
        &self,
        time: &str,
        id: RequestId,
        event_type: &str,
    ) -> Result<(), Failure> {
        let credential = self.world.request(id).await.credential_id.expect("it was approved");
        let events = self.world.store.events_of(&Aggregate::Credential(credential)).await.unwrap();
        let event = events.iter().rfind(|event| event.detail.event_type() == event_type);
        self.deliver_json(time, &bus_event(event.expect(event_type))).await
    }

    pub(crate) async fn deliver_json(&self, time: &str, event: &Value) -> Result<(), Failure> {
        let config = Config {
            table: self.world.table.name.clone(),
            sender: self.sender.clone(),
            portal_url: "https://portal.example.com".into(),
            metrics: Metrics::Kept(Arc::clone(&self.metrics)),
        };
        let dynamodb = self.world.table.client_of("Notify");
        let function = Notify::new(config, dynamodb, self.ses.client.clone(), clock_at(time));
        let event = serde_json::from_str(&event.to_string()).expect("EventBridge sends this");
        function.handle(event).await
    }

    /// The metrics so far; they are then forgotten.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        std::mem::take(&mut *self.metrics.lock().unwrap())
    }

    /// The record of the mails about a request, by template.
    pub(crate) async fn record(&self, id: RequestId) -> Vec<(MailKind, MailStatus)> {
        let dossier = self.world.store.dossier(id).await.unwrap().expect("it was asked for");
        let mut mails: Vec<_> =
            dossier.mails.iter().map(|MailRecord { template, status, .. }| (*template, *status)).collect();
        mails.sort_by_key(|(template, _)| *template);
        mails
    }
}
