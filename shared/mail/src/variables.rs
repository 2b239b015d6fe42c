//! The variables of templates, by mail.

use std::collections::BTreeMap;

use gatepass_domain::access_request::ProvisioningStatus;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::MailKind;
use jiff::Timestamp;
use minijinja::Value;

use crate::context::{CredentialFacts, Decider, MailContext};
use crate::plain::{display_name, lines, one_line};
use crate::words;

/// The variables of a mail, by name.
pub(crate) type Variables = BTreeMap<&'static str, Value>;

/// The variables of the mail `kind`.
///
/// | variable | in | |
/// |---|---|---|
/// | `requester` | all | name of who asks; in quotes in the mails to owners |
/// | `app` | all | the app's name |
/// | `products` | all | the products' names in a phrase, at most three of them |
/// | `product_list` | all | all of them, each with `id` and `name` |
/// | `plan` | all | the plan's name |
/// | `limits` | all | the plan's limits, a phrase each |
/// | `auth_method` | all | "API key" or "OAuth 2.0 client credentials" |
/// | `request_id` | all | empty in `reassigned` |
/// | `link` | all | where to go on; empty without a portal |
/// | `requester_email` | `submitted`, `reminder`, `escalation`, `provisioning-failed` | may be empty |
/// | `justification` | `submitted`, `reminder`, `escalation` | may be empty and have several lines |
/// | `granted_by` | `submitted` | who grants the access, if it was not asked for |
/// | `asked` | `approve`, `reject` | the products and the plan asked for, when less was approved; else empty |
/// | `access_ends` | `approve` | the day and time at which access ends; may be empty |
/// | `automatic`, `decided_by` | `approve` | whether the policy approved it; else who did |
/// | `provisioned` | `approve` | whether access is ready; else it is being prepared |
/// | `decided_by` | `reject` | who decided |
/// | `reason` | `reject`, `revoked`, `suspended`, `resumed` | may be empty and have several lines |
/// | `contact` | `revoked`, `suspended`, `resumed`, `key-to-expire`, `key-expired` | where to ask for help; may be empty |
/// | `key` | `suspended`, `resumed`, `key-to-expire`, `key-expired` | start and end of the newest key |
/// | `expires` | `key-to-expire`, `key-expired` | the day and time at which the key expires |
/// | `renewable_from` | `key-to-expire`, `key-expired` | from when more time may be asked for; empty if it may now, or never |
/// | `renewable_until` | `key-to-expire`, `key-expired` | until when; empty if it never may |
/// | `yours`, `other` | `reassigned` | whether the reader owns the app now; the other owner |
/// | `keys_end` | `reassigned` | until when the keys from before work; empty if they do not |
/// | `attempts` | `provisioning-failed` | "5 attempts" |
/// | `error` | `provisioning-failed` | what went wrong last; may be empty and have several lines |
///
/// Bodies also have `subject`. What a context lacks is the empty text: it prints as nothing, is
/// false in a condition, and no filter stumbles over it.
///
/// A display name is edited by the person who has it. It is at most 60 characters long, holds no link, and
/// stands in quotes wherever somebody else reads it, so that it cannot pass for words of the mail.
pub(crate) fn variables(kind: MailKind, context: &MailContext) -> Variables {
    let product_list: Vec<Value> = context
        .products
        .iter()
        .map(|product| {
            BTreeMap::from([("id", Value::from(product.id.as_str())), ("name", Value::from(one_line(&product.name)))])
                .into()
        })
        .collect();
    let names = context.products.iter().map(|product| one_line(&product.name)).collect();
    let auth_method = match context.auth_method {
        AuthMethod::ApiKey => "API key",
        AuthMethod::OAuth2 => "OAuth 2.0 client credentials",
    };
    let mut variables = Variables::from([
        ("requester", requester(kind, context).into()),
        ("app", one_line(&context.app.name).into()),
        ("products", words::abridged(names).into()),
        ("product_list", product_list.into()),
        ("plan", one_line(&context.plan.name).into()),
        ("limits", context.plan.limits.iter().map(|limit| one_line(limit)).collect()),
        ("auth_method", auth_method.into()),
        ("request_id", request_id(context).into()),
        ("link", link(kind, context).into()),
    ]);

    let email = || one_line(context.requester.email.as_deref().unwrap_or_default());
    let reason = || lines(context.reason.as_deref().unwrap_or_default());
    match kind {
        MailKind::Submitted | MailKind::Reminder | MailKind::Escalation => {
            let justification = lines(context.justification.as_deref().unwrap_or_default());
            variables.insert("requester_email", email().into());
            variables.insert("justification", justification.into());
            variables.insert("granted_by", context.granted_by.as_ref().map(decider).unwrap_or_default().into());
        }
        MailKind::Approve => {
            variables.insert("automatic", matches!(context.decided_by, Some(Decider::Policy)).into());
            variables.insert("decided_by", decided_by(context).into());
            let provisioned = context.provisioning.status == ProvisioningStatus::Provisioned;
            variables.insert("provisioned", provisioned.into());
            variables.insert("asked", asked(context).into());
            variables.insert("access_ends", context.access_expires_at.map(words::moment).unwrap_or_default().into());
        }
        MailKind::Ready | MailKind::RequestExpired => {}
        MailKind::Reassigned => {
            let handover = context.handover.as_ref();
            let keys_end = handover.and_then(|handover| handover.keys_end).map(words::moment).unwrap_or_default();
            variables.insert("yours", handover.is_some_and(|handover| handover.yours).into());
            variables.insert("other", handover.map(|handover| quoted(&handover.other)).unwrap_or_default().into());
            variables.insert("keys_end", keys_end.into());
        }
        MailKind::Reject => {
            variables.insert("asked", asked(context).into());
            variables.insert("decided_by", decided_by(context).into());
            variables.insert("reason", reason().into());
        }
        MailKind::Revoked => {
            variables.insert("reason", reason().into());
            variables.insert("contact", contact(context).into());
        }
        MailKind::Suspended | MailKind::Resumed => {
            variables.insert("reason", reason().into());
            variables.insert("contact", contact(context).into());
            variables.insert("key", key(context).into());
        }
        MailKind::KeyToExpire | MailKind::KeyExpired => {
            let credential = context.credential.as_ref();
            let moment = |at: Option<Timestamp>| at.map(words::moment).unwrap_or_default();
            variables.insert("key", key(context).into());
            variables.insert("contact", contact(context).into());
            variables.insert("expires", moment(credential.and_then(|credential| credential.expires_at)).into());
            let renewable = |at: fn(&CredentialFacts) -> Option<Timestamp>| moment(credential.and_then(at));
            variables.insert("renewable_from", renewable(|one| one.renewable_from).into());
            variables.insert("renewable_until", renewable(|one| one.renewable_until).into());
        }
        MailKind::ProvisioningFailed => {
            let error = context.provisioning.last_error.as_ref().map(|error| lines(&error.message));
            variables.insert("requester_email", email().into());
            variables.insert("attempts", words::counted(context.provisioning.attempts.into(), "attempt").into());
            variables.insert("error", error.unwrap_or_default().into());
        }
    }
    variables
}

/// The requester's name: in quotes for owners, as it is for the requester.
fn requester(kind: MailKind, context: &MailContext) -> String {
    let name = display_name(&context.requester.name);
    match kind {
        MailKind::Submitted | MailKind::ProvisioningFailed | MailKind::Reminder | MailKind::Escalation => {
            format!("\"{name}\"")
        }
        MailKind::Approve
        | MailKind::Ready
        | MailKind::Reject
        | MailKind::Revoked
        | MailKind::RequestExpired
        | MailKind::KeyToExpire
        | MailKind::KeyExpired
        | MailKind::Suspended
        | MailKind::Resumed
        | MailKind::Reassigned => name,
    }
}

/// The id of the request; empty in mails about an app.
fn request_id(context: &MailContext) -> String {
    context.request_id.map(|id| id.to_string()).unwrap_or_default()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", display_name(name))
}

/// The name of the person who decided, in quotes; empty when the policy did.
fn decided_by(context: &MailContext) -> String {
    decider(context.decided_by.as_ref().unwrap_or(&Decider::Person { name: None }))
}

fn decider(by: &Decider) -> String {
    match by {
        Decider::Policy => String::new(),
        Decider::Person { name: Some(name) } => quoted(name),
        Decider::Person { name: None } => "an API Owner".to_owned(),
    }
}

/// "https://weather.example.com/help and maps-support@example.com"; empty when the products name none.
fn contact(context: &MailContext) -> String {
    words::abridged(context.support.iter().map(|place| one_line(place)).collect())
}

/// "gp_4aZ9…x0Qd"
fn key(context: &MailContext) -> String {
    context.credential.as_ref().map(|credential| one_line(&credential.shown)).unwrap_or_default()
}

/// "Weather API and Maps API under the plan Gold"; empty when all of it was approved.
fn asked(context: &MailContext) -> String {
    let Some(asked) = &context.asked else { return String::new() };
    let names: Vec<_> = asked.products.iter().map(|product| one_line(&product.name)).collect();
    format!("{} under the plan {}", words::enumeration(&names), one_line(&asked.plan))
}

/// The page on which the reader goes on: the request for owners, the app that holds the credential for the
/// requester, or the request when there is none.
fn link(kind: MailKind, context: &MailContext) -> String {
    let portal = context.portal_url.trim_end_matches('/');
    if portal.is_empty() {
        return String::new();
    }
    match kind {
        MailKind::Submitted | MailKind::ProvisioningFailed | MailKind::Reminder | MailKind::Escalation => {
            format!("{portal}/admin/access-requests/{}", request_id(context))
        }
        MailKind::Approve
        | MailKind::Ready
        | MailKind::KeyToExpire
        | MailKind::KeyExpired
        | MailKind::Suspended
        | MailKind::Resumed
        | MailKind::Reassigned => format!("{portal}/apps/{}", context.app.id),
        MailKind::Reject | MailKind::Revoked | MailKind::RequestExpired => {
            format!("{portal}/access-requests/{}", request_id(context))
        }
    }
}
