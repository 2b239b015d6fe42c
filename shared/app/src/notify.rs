//! Send the mails that an event triggers: owners are told of what waits (R22), requesters of what became of it
//! (R28, R35–R43).
//!
//! A mail that fails breaks nothing: no other part of Gatepass waits for it. Without a mail service no mail is sent,
//! that is noted on the record, and nothing else changes (R36).

use std::time::Duration;

use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::event::{BusEvent, MailStatus};
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::mail_address::is_mail_address;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{Plan, Product, Settings};
use gatepass_mail::{MailContext, RenderError, Rendered, render};
use gatepass_store::{Lease, MailLease, ON_ITS_WAY, Store, StoreError};
use jiff::Timestamp;

use crate::mail_triggers::{Audience, DueMail, MailTrigger};

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
    let (id, trigger) =
        MailTrigger::of(&event.detail).ok_or_else(|| MailError::NoMail(event.detail.event_type().to_owned()))?;
    let request = store.request(id).await?.ok_or(MailError::NoRequest(id))?.view();
    let mut attended = Vec::new();
    let mut due = DueMail::by(trigger, &request, now);
    if due.contains(&DueMail::Revoked) && had_ended(store, &request).await? {
        due.clear();
    }
    if due.is_empty() {
        // An earlier delivery may have been ended while it was sending what is not due any more.
        for (template, which) in trigger.may_be_overtaken() {
            match store.settle_lost_mail(id, *template, *which, now).await? {
                None => {}
                Some(Lease::Settled(status)) => attended.push((*template, Ok(Attended::Before(status)))),
                Some(Lease::Busy | Lease::Taken(_)) => attended.push((*template, Err(MailError::BeingSent))),
            }
        }
    }
    for mail in due {
        let work = Delivery { store, now, event, portal_url, trigger, request: &request };
        attended.push((mail.template(), work.attend(&mail, send.as_ref()).await));
    }
    Ok(attended)
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
    trigger: MailTrigger,
    request: &'a AccessRequestView,
}

impl Delivery<'_> {
    /// Sends one mail, unless that was settled before.
    async fn attend<Sent>(
        &self,
        mail: &DueMail,
        send: Option<&impl Fn(Outgoing) -> Sent>,
    ) -> Result<Attended, MailError>
    where
        Sent: Future<Output = Result<(), Unsent>>,
    {
        let template = match mail {
            DueMail::Ready => self.template_of_ready().await?,
            other => other.template(),
        };
        let lease = self.store.lease_mail(self.request.id, template, mail.which().as_deref(), self.now).await?;
        let lease = match lease {
            Lease::Settled(status) => return Ok(Attended::Before(status)),
            Lease::Busy => return Err(MailError::BeingSent),
            Lease::Taken(lease) => lease,
        };
        if *mail == DueMail::BeingPrepared && !self.is_still_due(mail).await? {
            self.store.release_mail(lease).await?;
            return Ok(Attended::NotDue);
        }
        match self.send(mail, template, send).await {
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

    /// The mail that says that access is ready: `ready` when the requester was told that it is being prepared.
    async fn template_of_ready(&self) -> Result<MailKind, MailError> {
        let which = DueMail::BeingPrepared.which();
        let told = self.store.mail(self.request.id, MailKind::Approve, which.as_deref()).await?;
        Ok(match told.map(|record| (record.status, self.now.duration_since(record.at))) {
            // One of the two must not overtake the other.
            Some((MailStatus::Sending, since)) if since < ON_ITS_WAY => return Err(MailError::BeingSent),
            Some((MailStatus::Sending | MailStatus::Sent, _)) => MailKind::Ready,
            _ => MailKind::Approve,
        })
    }

    /// Looks again, once the lease is taken: from then on the mail that says "ready" waits for this one.
    async fn is_still_due(&self, mail: &DueMail) -> Result<bool, MailError> {
        let request = self.store.request(self.request.id).await?;
        Ok(request.is_some_and(|request| DueMail::by(self.trigger, &request.view(), self.now).contains(mail)))
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
        mail: &DueMail,
        template: MailKind,
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
        let to = self.recipients(mail.audience(), &settings).await?;
        if to.is_empty() && mail.audience() == Audience::Escalation {
            // Whoever names nobody to escalate to has not asked for this mail.
            return Ok(MailStatus::NotConfigured);
        }
        if to.is_empty() {
            return Ok(MailStatus::NoRecipient);
        }
        let plan = self.store.offering::<Plan>(&self.request.plan_id).await?;
        let context = MailContext::new(self.request, plan.as_ref().map(|(plan, _)| &plan.content), self.portal_url);
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

    /// The addresses to write to. What is not exactly one address is left out: a list in its place would send the
    /// mail to strangers.
    async fn recipients(&self, audience: Audience, settings: &Settings) -> Result<Vec<String>, StoreError> {
        let mut addresses: Vec<String> = match audience {
            Audience::Requester => self.request.requester.email.iter().cloned().collect(),
            Audience::Owners => {
                let products = self.store.offerings::<Product>(&self.request.product_ids).await?;
                // Somebody is told of each product.
                let is_orphaned =
                    |id: &ProductId| products.iter().all(|product| product.id != *id || product.owners.is_empty());
                let fallback = self.request.product_ids.iter().any(is_orphaned).then_some(&settings.fallback_owners);
                let owners = products.iter().flat_map(|product| &product.owners);
                owners.chain(fallback.into_iter().flatten()).cloned().collect()
            }
            Audience::Escalation => settings.escalation.clone(),
        };
        addresses.retain(|address| is_mail_address(address));
        addresses.sort();
        addresses.dedup();
        Ok(addresses)
    }
}
