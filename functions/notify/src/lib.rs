//! Events → mails: owners are told of what waits (R22), requesters of what became of it (R28, R35–R43).
//!
//! A mail failure never breaks the flow: nothing waits for this function. Without a sender no mail is
//! sent, that is noted on the record, and nothing else changes (R36).

mod occasion;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use gatepass_domain::event::{BusEvent, MailStatus};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Plan, Product, Settings};
use gatepass_lambda::{Clock, ConfigError, Failure, Metric, Metrics, Vars, react};
use gatepass_mail::{MailContext, render};
use gatepass_ses::{Mailer, SendError};
use gatepass_store::{Lease, Store, StoreError};
use occasion::{Audience, Occasion};
use serde_json::Value;

/// Configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
    /// The sender of mails (`GATEPASS_MAIL_SENDER`); when it is empty, no mail is sent.
    pub sender: Option<String>,
    /// The address to which mails link (`GATEPASS_PORTAL_URL`); when it is empty, they have no link.
    pub portal_url: String,
    /// The destination of metrics.
    pub metrics: Metrics,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The variable that is missing.
    pub fn from_vars(vars: &Vars) -> Result<Self, ConfigError> {
        Ok(Self {
            table: vars.required("GATEPASS_TABLE")?.into(),
            sender: vars.optional("GATEPASS_MAIL_SENDER")?.map(str::to_owned),
            portal_url: vars.required("GATEPASS_PORTAL_URL")?.into(),
            metrics: Metrics::of(vars),
        })
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Notify {
    store: Store,
    mailer: Option<Mailer>,
    portal_url: String,
    metrics: Metrics,
    clock: Clock,
}

impl Notify {
    /// The function on these clients.
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, ses: aws_sdk_sesv2::Client, clock: Clock) -> Self {
        Self {
            store: Store::new(dynamodb, config.table),
            mailer: config.sender.map(|sender| Mailer::new(ses, sender)),
            portal_url: config.portal_url,
            metrics: config.metrics,
            clock,
        }
    }

    /// Sends the mails that the event gives occasion for. Safe to repeat: what was sent is on record.
    ///
    /// # Errors
    /// [`Failure::Permanent`] for an event that gives no occasion, and for a mail that the mail
    /// service refuses; [`Failure::Transient`] when store or mail service cannot be reached.
    pub async fn handle(&self, event: EventBridgeEvent<Value>) -> Result<(), Failure> {
        let event =
            BusEvent::parse(event.detail).map_err(|error| Failure::permanent("not an event of ours", &error))?;
        let (request_id, occasions) = occasion::of(&event)
            .ok_or_else(|| Failure::Permanent(format!("{} gives no occasion for a mail", event.detail.event_type())))?;
        react(&event, self.attend_all(&event, request_id, occasions)).await
    }

    async fn attend_all(
        &self,
        event: &BusEvent,
        request_id: RequestId,
        occasions: Vec<Occasion>,
    ) -> Result<(), Failure> {
        let request = self.store.request(request_id).await.map_err(store_failed)?;
        let request = request.ok_or_else(|| Failure::Permanent(format!("there is no request {request_id}")))?;
        let mut failed = None;
        for occasion in occasions {
            let (template, correlation_id) = (occasion.mail.as_str(), &event.correlation_id);
            match self.attend(event, &request, &occasion).await {
                Ok(status) => tracing::info!(%request_id, correlation_id, template, ?status, "mail attended to"),
                // That one cannot be written to is no reason to leave the other without word. If any
                // of the mails may still go out, the event is to come again.
                Err(failure) => {
                    tracing::warn!(%request_id, correlation_id, template, %failure, "mail not sent");
                    failed = match failed {
                        Some(transient @ Failure::Transient(_)) => Some(transient),
                        _ => Some(failure),
                    };
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Sends one mail, unless that was settled before.
    async fn attend(
        &self,
        event: &BusEvent,
        request: &AccessRequest,
        occasion: &Occasion,
    ) -> Result<MailStatus, Failure> {
        let request_id = request.facts().id;
        let lease = self.store.lease_mail(request_id, occasion.mail, occasion.once_for, self.clock.now()).await;
        let lease = match lease.map_err(store_failed)? {
            Lease::Settled(status) => return Ok(status),
            Lease::Busy => return Err(Failure::Transient("the mail is on its way already".into())),
            Lease::Taken(lease) => lease,
        };
        match self.send(event, request, occasion).await {
            Ok(status) => {
                self.store.settle_mail(lease, status, self.clock.now()).await.map_err(store_failed)?;
                if status == MailStatus::Sent {
                    self.metrics.write(self.clock.now(), &[Metric::MailSent]);
                }
                Ok(status)
            }
            Err(failure @ Failure::Permanent(_)) => {
                self.store.settle_mail(lease, MailStatus::Refused, self.clock.now()).await.map_err(store_failed)?;
                self.metrics.write(self.clock.now(), &[Metric::MailRefused]);
                Err(failure)
            }
            Err(failure @ Failure::Transient(_)) => {
                self.store.release_mail(lease).await.map_err(store_failed)?;
                Err(failure)
            }
        }
    }

    async fn send(
        &self,
        event: &BusEvent,
        request: &AccessRequest,
        occasion: &Occasion,
    ) -> Result<MailStatus, Failure> {
        let Some(mailer) = &self.mailer else { return Ok(MailStatus::NotConfigured) };
        let settings = self.store.settings().await.map_err(store_failed)?;
        let settings = settings.map_or_else(Settings::default, |(settings, _)| settings.content);
        if settings.muted_mails.contains(&occasion.mail) {
            return Ok(MailStatus::Muted);
        }
        let to = self.recipients(request, occasion.audience).await.map_err(store_failed)?;
        if to.is_empty() {
            return Ok(MailStatus::NoRecipient);
        }
        let plan = self.store.offering::<Plan>(&request.facts().submission.plan_id).await.map_err(store_failed)?;
        let mut context =
            MailContext::new(&request.view(), plan.as_ref().map(|(plan, _)| &plan.content), &self.portal_url);
        // What the mail says is what the event says, even if the request has moved on since.
        if let Some(status) = occasion.tells {
            context.provisioning.status = status;
        }
        let subject = settings.mail_subjects.get(&occasion.mail).map(String::as_str);
        // Settings are checked when they are saved. Should a subject fail all the same, the mail goes
        // out with the built-in one: people learn what became of their request.
        let rendered = render(occasion.mail, &context, subject).or_else(|error| {
            tracing::error!(%error, "the configured subject cannot be used");
            render(occasion.mail, &context, None)
        });
        let rendered = rendered.map_err(|error| Failure::permanent("the mail cannot be rendered", &error))?;
        let sent = mailer.send(&to, occasion.mail, &rendered, &event.correlation_id).await;
        sent.map(|()| MailStatus::Sent).map_err(|error| match error {
            SendError::Refused(_) => Failure::permanent("the mail was not sent", &error),
            SendError::Unavailable(_) => Failure::transient("the mail was not sent", &error),
        })
    }

    async fn recipients(&self, request: &AccessRequest, audience: Audience) -> Result<Vec<String>, StoreError> {
        match audience {
            Audience::Requester => Ok(request.facts().submission.requester.email.iter().cloned().collect()),
            Audience::Owners => {
                let products = self.store.offerings::<Product>(&request.facts().product_ids()).await?;
                let mut owners: Vec<_> = products.into_iter().flat_map(|product| product.content.owners).collect();
                owners.sort();
                owners.dedup();
                Ok(owners)
            }
        }
    }
}

fn store_failed(error: StoreError) -> Failure {
    if error.is_transient() {
        Failure::transient("the store failed", &error)
    } else {
        Failure::permanent("the store failed", &error)
    }
}
