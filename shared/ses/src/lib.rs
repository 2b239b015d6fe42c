//! Mails to Amazon SES, by its API version 2. Apart from what they say, so that a function which checks a subject does
//! not link an SDK that it never calls.
//!
//! See <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use gatepass_domain::settings::MailKind;
use gatepass_mail::Rendered;

/// How many recipients SES takes in one message.
pub const MAX_RECIPIENTS: usize = 50;

/// How long SES may take for a mail.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// The client of SES. It waits long, and tries nothing twice: SES may have taken a mail whose answer is lost, and
/// there is no token by which it would notice that the call is repeated.
pub fn client(aws: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TIMEOUT).operation_timeout(TIMEOUT).build();
    let config = Builder::from(aws).retry_config(RetryConfig::disabled()).timeout_config(timeouts);
    Client::from_conf(config.build())
}

/// Hands mails to SES.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    sender: String,
}

/// Why a mail was not taken.
///
/// Holds no text from SES, whose messages name mail addresses: the code, which is safe to log, says
/// what to look up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// SES refuses this mail, and would again: `MessageRejected` (content, or an address that is
    /// not verified while the account is in the sandbox), `MailFromDomainNotVerifiedException`,
    /// `BadRequestException`, `NotFoundException`.
    #[error("Amazon SES refuses the mail ({0}): check the sender's identity in SES and the recipients' addresses")]
    Refused(Code),
    /// SES cannot be reached or does not send at present: try again later.
    ///
    /// That is every answer which does not clearly condemn the mail. It includes a quota that is
    /// used up and an account that is paused or suspended: SES lifts those with no change on
    /// our side, and until then a mail that is tried again, and at last kept aside for a redrive,
    /// is better than one that is lost.
    #[error("Amazon SES does not take the mail at present ({0}): it can be tried again")]
    Unavailable(Code),
}

/// The failure in one word: the error code of SES, or `timeout`, `unreachable`,
/// `unreadable-answer`, `not-sendable`, `no-recipient`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// As it came from SES, less anything that is not part of a code.
    fn new(code: &str) -> Self {
        Self(code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect())
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Mailer {
    /// Sends from `sender`: an address, or a name with one (`Gatepass <gatepass@example.com>`), of an
    /// identity that SES has verified.
    pub fn new(client: Client, sender: String) -> Self {
        Self { client, sender }
    }

    /// Sends `rendered` to everyone in `to`, in one message for every 50 of them.
    ///
    /// The message is tagged with its template and with `correlation_id`, so that SES's own
    /// events can be found from the HTTP call that it all began with.
    ///
    /// SES has no idempotency token: when an answer is lost, trying again sends the mail twice. Likewise the first 50 of more recipients get it again when a later
    /// message failed.
    ///
    /// # Errors
    /// [`SendError`]: whether trying again can help. An empty `to` is refused.
    pub async fn send(
        &self,
        to: &[String],
        kind: MailKind,
        rendered: &Rendered,
        correlation_id: &str,
    ) -> Result<(), SendError> {
        if to.is_empty() {
            return Err(SendError::Refused(Code::new("no-recipient")));
        }
        let unsendable = |_: BuildError| SendError::Refused(Code::new("not-sendable"));
        let content = content(rendered).map_err(unsendable)?;
        let tags = tags(kind, correlation_id).map_err(unsendable)?;
        for recipients in to.chunks(MAX_RECIPIENTS) {
            let answer = self
                .client
                .send_email()
                .from_email_address(&self.sender)
                .destination(Destination::builder().set_to_addresses(Some(recipients.to_vec())).build())
                .content(content.clone())
                .set_email_tags(Some(tags.clone()))
                .send()
                .await
                .map_err(|error| classify(&error))?;
            tracing::info!(
                template = kind.as_str(),
                correlation_id,
                message_id = answer.message_id(),
                recipients = recipients.len(),
                "Amazon SES took a mail"
            );
        }
        Ok(())
    }
}

fn content(rendered: &Rendered) -> Result<EmailContent, BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().text(utf8(&rendered.text)?).html(utf8(&rendered.html)?).build();
    let message = Message::builder().subject(utf8(&rendered.subject)?).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}

fn tags(kind: MailKind, correlation_id: &str) -> Result<Vec<MessageTag>, BuildError> {
    [("template", kind.as_str()), ("correlation_id", correlation_id)]
        .into_iter()
        .map(|(name, value)| (name, tag_value(value)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| MessageTag::builder().name(name).value(value).build())
        .collect()
}

/// The text that SES takes as a tag's value: at most 256 ASCII letters, digits, underscores and hyphens. Each
/// other character becomes a hyphen.
fn tag_value(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.chars().map(|c| if allowed(c) { c } else { '-' }).take(256).collect()
}

fn classify<R>(error: &SdkError<SendEmailError, R>) -> SendError {
    let unavailable = |what| SendError::Unavailable(Code::new(what));
    let answer = match error {
        SdkError::ServiceError(answer) => answer.err(),
        SdkError::TimeoutError(_) => return unavailable("timeout"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => return unavailable("timeout"),
        SdkError::DispatchFailure(_) => return unavailable("unreachable"),
        SdkError::ResponseError(_) => return unavailable("unreadable-answer"),
        _ => return unavailable("not-sendable"),
    };
    let code = Code::new(answer.code().unwrap_or("unreadable-answer"));
    match answer {
        SendEmailError::BadRequestException(_)
        | SendEmailError::MailFromDomainNotVerifiedException(_)
        | SendEmailError::MessageRejected(_)
        | SendEmailError::NotFoundException(_) => SendError::Refused(code),
        _ => SendError::Unavailable(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_holds_only_what_ses_takes() {
        assert_eq!(tag_value("0192-af_9"), "0192-af_9");
        assert_eq!(tag_value("Root=1-5f; ada@example.com\n"), "Root-1-5f--ada-example-com-");
        assert_eq!(tag_value(&"é".repeat(300)), "-".repeat(256));
    }

    #[test]
    fn a_code_holds_no_address() {
        assert_eq!(Code::new("MessageRejected").as_str(), "MessageRejected");
        assert!(!Code::new("ada@example.com").as_str().contains('@'));
    }
}
