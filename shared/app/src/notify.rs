//! Send the mails that an event triggers: owners are told of what waits (R22), requesters of what became of it
//! (R28, R35–R43).
//!
//! A mail that fails breaks nothing: no other part of Gatepass waits for it. Without a mail service no mail is sent,
//! that is noted on the record, and nothing else changes (R36).

use std::collections::BTreeSet;
use std::time::Duration;

use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::app::Contact;
use gatepass_domain::event::{BusEvent, Detail, MailStatus, Reassigned};
use gatepass_domain::id::{AppId, CredentialId, ProductId, RequestId};
use gatepass_domain::mail_address::is_mail_address;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{App, PersonId, Plan, Product, Settings};
use gatepass_mail::{HandoverFacts, MailContext, RenderError, Rendered, Requester, render};
use gatepass_store::keys::MailPlace;
use gatepass_store::{Lease, MailLease, ON_ITS_WAY, Store, StoreError};
use jiff::Timestamp;

use crate::credential_mails::CredentialTrigger;
use crate::mail_triggers::{Audience, DueMail, MailTrigger};
use crate::rotate::older_ends;

/// Tries to record a mail that was handed to the mail service. Unrecorded, it is sent again.
const SETTLE_TRIES: u32 = 6;
/// The first pause between two tries; it doubles.
const SETTLE_PAUSE: Duration = Duration::from_millis(100);

/// A mail to hand to the mail service.
#[derive(Debug)]
pub struct Outgoing {
    /// Its recipients; at least one.
    pub to: Vec<String>,
    /// Its template.
    pub template: MailKind,
    /// Subject and bodies.
    pub rendered: Rendered,
    /// The HTTP request that it all began with.
    pub correlation_id: String,
}

/// Why the mail service did not take a mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// It refuses this mail, and would again.
    #[error("{0}")]
    Refused(String),
    /// It does not take the mail at present.
    #[error("{0}")]
    Unavailable(String),
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The event is none that people are told of.
    #[error("no mail is sent for {0}")]
    NoMail(String),
    /// There is no such request.
    #[error("there is no request {0}")]
    NoRequest(RequestId),
    /// Another delivery of the event is sending it.
    #[error("the mail is being sent by another delivery of the event")]
    BeingSent,
    /// The mail service did not take it.
    #[error("the mail was not sent")]
    Unsent(#[from] Unsent),
    /// A built-in template failed.
    #[error("the mail cannot be rendered")]
    Unrendered(#[from] RenderError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MailError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::BeingSent | Self::Unsent(Unsent::Unavailable(_)) => true,
            Self::Store(error) => error.is_transient(),
            Self::NoMail(_) | Self::NoRequest(_) | Self::Unsent(Unsent::Refused(_)) | Self::Unrendered(_) => false,
        }
    }
}

/// The state of a mail after a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attended {
    /// This delivery settled it.
    Now(MailStatus),
    /// An earlier delivery had settled it.
    Before(MailStatus),
    /// The request has moved on: the mail is not due any more.
    NotDue,
}

/// Sends the mails that `event` makes due, each once, however often the event comes; gives what became of each.
/// `send` hands a mail to the mail service; without one, that is put on record instead.
///
/// # Errors
/// [`MailError`] when no mail could even be attempted. The failure of a mail is its own result: that one person
/// cannot be written to does not keep another without word.
pub async fn notify<Sent>(
    store: &Store,
    now: Timestamp,
    event: &BusEvent,
    portal_url: &str,
    send: Option<impl Fn(Outgoing) -> Sent>,
) -> Result<Vec<(MailKind, Result<Attended, MailError>)>, MailError>
where
    Sent: Future<Output = Result<(), Unsent>>,
{
    let delivery = Delivery { store, now, event, portal_url };
    if let Some((id, trigger)) = MailTrigger::of(&event.detail) {
        return delivery.about_request(id, trigger, send.as_ref()).await;
    }
    if let Some((app_id, id, trigger)) = CredentialTrigger::of(&event.detail) {
        return delivery.about_credential(app_id, id, trigger, send.as_ref()).await;
    }
    if let Detail::AppReassigned(reassigned) = &event.detail {
        return delivery.about_handover(reassigned, send.as_ref()).await;
    }
    Err(MailError::NoMail(event.detail.event_type().to_owned()))
}

/// True when the access of a revoked request had ended by itself before it was revoked.
async fn had_ended(store: &Store, request: &AccessRequestView) -> Result<bool, StoreError> {
    let Some(id) = request.credential_id else { return Ok(false) };
    let credential = store.credential(request.app.id, id).await?.map(|stored| stored.credential);
    let expires_at = credential.and_then(|credential| credential.content.expires_at);
    // Nothing changes in a request after it was revoked.
    Ok(expires_at.is_some_and(|end| end <= request.updated_at))
}

/// One delivery of an event.
struct Delivery<'a> {
    store: &'a Store,
    now: Timestamp,
    event: &'a BusEvent,
    portal_url: &'a str,
}

/// A mail with its recipients.
struct Letter {
    to: Vec<String>,
    context: MailContext,
    /// The state of the mail when there is nobody to send it to.
    to_nobody: MailStatus,
}

/// The place of a mail's marker.
struct Marker {
    place: MailPlace,
    template: MailKind,
    /// Tells apart mails of one template in one place.
    which: Option<String>,
}

impl Delivery<'_> {
    /// Attends to the mails about a request.
    async fn about_request<Sent>(
        &self,
        id: RequestId,
        trigger: MailTrigger,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<Vec<(MailKind, Result<Attended, MailError>)>, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let request = self.store.request(id).await?.ok_or(MailError::NoRequest(id))?.view();
        let mut attended = Vec::new();
        let mut due = DueMail::by(trigger, &request, self.now);
        if due.contains(&DueMail::Revoked) && had_ended(self.store, &request).await? {
            due.clear();
        }
        if due.is_empty() {
            // An earlier delivery may have been ended while it was sending what is not due any more.
            for (template, which) in trigger.may_be_overtaken() {
                match self.store.settle_lost_mail(id, *template, *which, self.now).await? {
                    None => {}
                    Some(Lease::Settled(status)) => attended.push((*template, Ok(Attended::Before(status)))),
                    Some(Lease::Busy | Lease::Taken(_)) => attended.push((*template, Err(MailError::BeingSent))),
                }
            }
        }
        for mail in due {
            attended.push((mail.template(), self.attend(&request, trigger, &mail, send).await));
        }
        Ok(attended)
    }

    /// Sends one mail about a request, unless that was settled before.
    async fn attend<Sent>(
        &self,
        request: &AccessRequestView,
        trigger: MailTrigger,
        mail: &DueMail,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<Attended, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let template = match mail {
            DueMail::Ready => self.template_of_ready(request).await?,
            other => other.template(),
        };
        let marker = Marker { place: MailPlace::Request(request.id), template, which: mail.which() };
        // Once the lease is taken, the mail that says "ready" waits for the one that access is being prepared.
        let still_due = async {
            if *mail != DueMail::BeingPrepared {
                return Ok(true);
            }
            let request = self.store.request(request.id).await?;
            Ok(request.is_some_and(|request| DueMail::by(trigger, &request.view(), self.now).contains(mail)))
        };
        let letter = async |settings: &Settings| self.letter_about_request(request, mail, settings).await;
        self.once(&marker, still_due, letter, send).await
    }

    async fn letter_about_request(
        &self,
        request: &AccessRequestView,
        mail: &DueMail,
        settings: &Settings,
    ) -> Result<Letter, MailError> {
        let to = self.recipients(request, mail.audience(), settings).await?;
        let to_nobody = match mail.audience() {
            // Whoever names nobody to escalate to has not asked for this mail.
            Audience::Escalation => MailStatus::NotConfigured,
            Audience::Owners | Audience::Requester => MailStatus::NoRecipient,
        };
        let plan = self.store.offering::<Plan>(&request.plan_id).await?;
        let mut context = MailContext::new(request, plan.as_ref().map(|(plan, _)| &plan.content), self.portal_url);
        if *mail == DueMail::Revoked {
            context = context.with_support(&self.products(&request.product_ids).await?);
        }
        Ok(Letter { to, context, to_nobody })
    }

    /// The mail that says that access is ready: `ready` when the requester was told that it is being prepared.
    async fn template_of_ready(&self, request: &AccessRequestView) -> Result<MailKind, MailError> {
        let which = DueMail::BeingPrepared.which();
        let told = self.store.mail(request.id, MailKind::Approve, which.as_deref()).await?;
        Ok(match told.map(|record| (record.status, self.now.duration_since(record.at))) {
            // One of the two must not overtake the other.
            Some((MailStatus::Sending, since)) if since < ON_ITS_WAY => return Err(MailError::BeingSent),
            Some((MailStatus::Sending | MailStatus::Sent, _)) => MailKind::Ready,
            _ => MailKind::Approve,
        })
    }

    /// Attends to the mail about a credential, to the owner of its app. It is on record beside the request that brought the
    /// credential about.
    async fn about_credential<Sent>(
        &self,
        app_id: AppId,
        id: CredentialId,
        trigger: CredentialTrigger,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<Vec<(MailKind, Result<Attended, MailError>)>, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let stored = self.store.credential(app_id, id).await?;
        let Some(credential) = stored.map(|stored| stored.credential.content) else { return Ok(Vec::new()) };
        let Some(due) = trigger.due(&credential, self.now) else { return Ok(Vec::new()) };
        let Some(app) = self.store.app(app_id).await? else { return Ok(Vec::new()) };
        let request_id = credential.request_id;
        let request = self.store.request(request_id).await?.ok_or(MailError::NoRequest(request_id))?.view();
        let which = format!("{id}#{}", due.at);
        let marker = Marker { place: MailPlace::Request(request_id), template: due.template, which: Some(which) };
        let letter = async |_: &Settings| {
            let products = self.products(&credential.open_products()).await?;
            let plan = self.store.offering::<Plan>(&credential.plan_id).await?;
            let plan = plan.as_ref().map(|(plan, _)| &plan.content);
            let (reason, url) = (due.reason.as_deref(), self.portal_url);
            let mut context = MailContext::of_credential(&request, &credential, &products, plan, reason, url, self.now);
            context.app.name.clone_from(&app.profile.name);
            if let Some(contact) = &app.contact {
                context.requester = Requester::from(contact);
            }
            let to = self.owner_of(&app, &request);
            Ok(Letter { to, context, to_nobody: MailStatus::NoRecipient })
        };
        let attended = self.once(&marker, async { Ok(true) }, letter, send).await;
        Ok(vec![(due.template, attended)])
    }

    /// Tells both owners that an app was reassigned. Whether it was is read from the app, and not from the event.
    async fn about_handover<Sent>(
        &self,
        reassigned: &Reassigned,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<Vec<(MailKind, Result<Attended, MailError>)>, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let Ok(app_id) = reassigned.subject.id.parse() else { return Ok(Vec::new()) };
        let Some(app) = self.store.app(app_id).await? else { return Ok(Vec::new()) };
        let handover = app.handovers.iter().rev().find(|handover| handover.from == reassigned.from);
        let Some(handover) = handover.filter(|_| reassigned.from != reassigned.to) else { return Ok(Vec::new()) };
        let unknown = |id: &PersonId| Contact { name: id.to_string(), email: None };
        let former = handover.contact.clone().unwrap_or_else(|| unknown(&handover.from));
        // An app that has gone on to somebody else since is not said to be the reader's.
        let present = app.contact.clone().filter(|_| app.owner == reassigned.to);
        let now_theirs = present.clone().unwrap_or_else(|| unknown(&reassigned.to));
        let keys_end = older_ends(handover.at, handover.overlap_seconds).filter(|end| *end > self.now);
        let mut attended = Vec::new();
        for (reader, other, yours) in [(Some(&former), &now_theirs, false), (present.as_ref(), &former, true)] {
            let Some(reader) = reader else { continue };
            let which = format!("{}#{}", handover.at, if yours { "to" } else { "from" });
            let marker = Marker { place: MailPlace::App(app_id), template: MailKind::Reassigned, which: Some(which) };
            let letter = async |_: &Settings| {
                let facts = HandoverFacts { yours, other: other.name.clone(), keys_end };
                let context = MailContext::of_handover(&app, reader, facts, self.portal_url);
                Ok(Letter { to: addresses(reader.email.clone()), context, to_nobody: MailStatus::NoRecipient })
            };
            let sent = self.once(&marker, async { Ok(true) }, letter, send).await;
            attended.push((MailKind::Reassigned, sent));
        }
        Ok(attended)
    }

    /// Takes the marker of a mail, sends the mail if it is still due, and writes down what became of it; unless that was settled
    /// before.
    async fn once<Sent>(
        &self,
        marker: &Marker,
        still_due: impl Future<Output = Result<bool, MailError>>,
        letter: impl AsyncFnOnce(&Settings) -> Result<Letter, MailError>,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<Attended, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let Marker { place, template, which } = marker;
        let lease = match self.store.lease_mail(*place, *template, which.as_deref(), self.now).await? {
            Lease::Settled(status) => return Ok(Attended::Before(status)),
            Lease::Busy => return Err(MailError::BeingSent),
            Lease::Taken(lease) => lease,
        };
        if !still_due.await? {
            self.store.release_mail(lease).await?;
            return Ok(Attended::NotDue);
        }
        match self.send(*template, letter, send).await {
            Ok(status) => {
                self.settle(&lease, status).await?;
                Ok(Attended::Now(status))
            }
            Err(error) if error.is_transient() => {
                self.store.release_mail(lease).await?;
                Err(error)
            }
            Err(error) => {
                self.settle(&lease, MailStatus::Refused).await?;
                Err(error)
            }
        }
    }

    async fn settle(&self, lease: &MailLease, status: MailStatus) -> Result<(), StoreError> {
        let mut pause = SETTLE_PAUSE;
        for _ in 1..SETTLE_TRIES {
            match self.store.settle_mail(lease, status, self.now).await {
                Err(error) if error.is_transient() => tokio::time::sleep(pause).await,
                settled => return settled,
            }
            pause *= 2;
        }
        self.store.settle_mail(lease, status, self.now).await
    }

    async fn send<Sent>(
        &self,
        template: MailKind,
        letter: impl AsyncFnOnce(&Settings) -> Result<Letter, MailError>,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<MailStatus, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let Some(send) = send else { return Ok(MailStatus::NotConfigured) };
        let settings = self.store.settings_in_force().await?;
        if settings.muted_mails.contains(&template) {
            return Ok(MailStatus::Muted);
        }
        let Letter { to, context, to_nobody } = letter(&settings).await?;
        if to.is_empty() {
            return Ok(to_nobody);
        }
        let subject = settings.mail_subjects.get(&template).map(String::as_str);
        // Settings are checked when they are saved. Should a subject fail all the same, the mail goes
        // out with the built-in one: people learn what became of their request.
        let rendered = render(template, &context, subject).or_else(|error| {
            tracing::error!(%error, "the configured subject cannot be used");
            render(template, &context, None)
        })?;
        let correlation_id = self.event.correlation_id.clone();
        send(Outgoing { to, template, rendered, correlation_id }).await?;
        Ok(MailStatus::Sent)
    }

    /// The products, without those that are gone.
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let products = self.store.offerings::<Product>(ids).await?;
        Ok(products.into_iter().map(|product| product.content).collect())
    }

    /// The address of the owner of `app`: the one that it came to them with, or else that of the request that they filed.
    fn owner_of(&self, app: &App, request: &AccessRequestView) -> Vec<String> {
        let known = app.contact.as_ref().and_then(|contact| contact.email.clone());
        let requester = Some(&request.requester).filter(|requester| requester.id == app.owner);
        addresses(known.or_else(|| requester.and_then(|requester| requester.email.clone())))
    }

    /// The addresses to write to about `request`.
    async fn recipients(
        &self,
        request: &AccessRequestView,
        audience: Audience,
        settings: &Settings,
    ) -> Result<Vec<String>, StoreError> {
        Ok(match audience {
            Audience::Requester => addresses(request.requester.email.clone()),
            Audience::Owners => {
                let products = self.products(&request.product_ids).await?;
                // Somebody is told of each product.
                let is_orphaned =
                    |id: &ProductId| products.iter().all(|product| product.id != *id || product.owners.is_empty());
                let fallback = request.product_ids.iter().any(is_orphaned).then_some(&settings.fallback_owners);
                let owners = products.iter().flat_map(|product| &product.owners);
                addresses(owners.chain(fallback.into_iter().flatten()).cloned())
            }
            Audience::Escalation => addresses(settings.escalation.iter().cloned()),
        })
    }
}

/// The addresses among `texts`, each once. What is not exactly one address is left out: a list in its place would send the
/// mail to strangers.
fn addresses(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let addresses: BTreeSet<_> = texts.into_iter().filter(|text| is_mail_address(text)).collect();
    addresses.into_iter().collect()
}
