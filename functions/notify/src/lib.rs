//! Events → mails. The use case is `gatepass_app::notify`; this function hands the mails to Amazon SES.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use gatepass_app::notify::{Attended, MailError, Outgoing, Unsent, notify};
use gatepass_domain::event::{BusEvent, MailStatus};
use gatepass_lambda::{Clock, ConfigError, Failure, Metric, Metrics, Vars, react};
use gatepass_ses::{Mailer, SendError};
use gatepass_store::Store;
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

    /// Sends the mails that the event triggers. Safe to repeat: what was sent is on record.
    ///
    /// # Errors
    /// [`Failure::Permanent`] for an event that triggers no mail, and for a mail that the mail service refuses;
    /// [`Failure::Transient`] when store or mail service cannot be reached.
    pub async fn handle(&self, event: EventBridgeEvent<Value>) -> Result<(), Failure> {
        let event =
            BusEvent::parse(event.detail).map_err(|error| Failure::permanent("not an event of ours", &error))?;
        react(&event, self.notify(&event)).await
    }

    async fn notify(&self, event: &BusEvent) -> Result<(), Failure> {
        let send = self.mailer.as_ref().map(|mailer| |mail| hand_over(mailer, mail));
        let mails = notify(&self.store, self.clock.now(), event, &self.portal_url, send).await.map_err(failed)?;
        let mut worst = None;
        for (template, attended) in mails {
            let (template, correlation_id) = (template.as_str(), &event.correlation_id);
            match attended {
                Ok(attended) => {
                    tracing::info!(correlation_id, template, ?attended, "mail attended to");
                    match attended {
                        Attended::Now(MailStatus::Sent) => self.metrics.write(self.clock.now(), &[Metric::MailSent]),
                        Attended::Now(MailStatus::NoRecipient) => {
                            tracing::error!(
                                alarm = "no-recipient",
                                correlation_id,
                                template,
                                "a mail has no recipient"
                            );
                            self.metrics.write(self.clock.now(), &[Metric::MailWithoutRecipient]);
                        }
                        _ => {}
                    }
                }
                // If any of the mails may still go out, the event is to come again.
                Err(error) => {
                    if matches!(error, MailError::Unsent(Unsent::Refused(_))) {
                        self.metrics.write(self.clock.now(), &[Metric::MailRefused]);
                    }
                    let failure = failed(error);
                    tracing::warn!(correlation_id, template, %failure, "mail not sent");
                    worst = match worst {
                        Some(transient @ Failure::Transient(_)) => Some(transient),
                        _ => Some(failure),
                    };
                }
            }
        }
        worst.map_or(Ok(()), Err)
    }
}

async fn hand_over(mailer: &Mailer, mail: Outgoing) -> Result<(), Unsent> {
    let sent = mailer.send(&mail.to, mail.template, &mail.rendered, &mail.correlation_id).await;
    sent.map_err(|error| match error {
        SendError::Refused(_) => Unsent::Refused(error.to_string()),
        SendError::Unavailable(_) => Unsent::Unavailable(error.to_string()),
    })
}

fn failed(error: MailError) -> Failure {
    if error.is_transient() {
        Failure::transient("a mail was not sent", &error)
    } else {
        Failure::permanent("a mail was not sent", &error)
    }
}
