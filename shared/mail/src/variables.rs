//! The variables of templates, by mail.

use std::collections::BTreeMap;

use gatepass_domain::access_request::ProvisioningStatus;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::MailKind;
use minijinja::Value;

use crate::context::{Decider, MailContext};
use crate::plain::{lines, one_line};
use crate::words;

/// The variables of a mail, by name.
pub(crate) type Variables = BTreeMap<&'static str, Value>;

/// The variables of the mail `kind`.
///
/// | variable | in | |
/// |---|---|---|
/// | `requester` | all | name of who asks |
/// | `app` | all | the app's name |
/// | `products` | all | the products' names in a phrase, at most three of them |
/// | `product_list` | all | all of them, each with `id` and `name` |
/// | `plan` | all | the plan's name |
/// | `limits` | all | the plan's limits, a phrase each |
/// | `auth_method` | all | "API key" or "OAuth 2.0 client credentials" |
/// | `request_id` | all | |
/// | `link` | all | where to go on; empty without a portal |
/// | `requester_email` | `submitted`, `provisioning-failed` | may be empty |
/// | `justification` | `submitted` | may be empty and have several lines |
/// | `automatic`, `decided_by` | `approve` | whether the policy approved it; else who did |
/// | `provisioned` | `approve` | whether access is ready; else it is being prepared |
/// | `decided_by` | `reject` | who decided |
/// | `reason` | `reject` | may be empty and have several lines |
/// | `attempts` | `provisioning-failed` | "5 attempts" |
/// | `error` | `provisioning-failed` | what went wrong last; may be empty and have several lines |
///
/// Bodies also have `subject`. What a context lacks is the empty text: it prints as nothing, is
/// false in a condition, and no filter stumbles over it.
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
        ("requester", one_line(&context.requester.name).into()),
        ("app", one_line(&context.app.name).into()),
        ("products", words::abridged(names).into()),
        ("product_list", product_list.into()),
        ("plan", one_line(&context.plan.name).into()),
        ("limits", context.plan.limits.iter().map(|limit| one_line(limit)).collect()),
        ("auth_method", auth_method.into()),
        ("request_id", context.request_id.to_string().into()),
        ("link", link(kind, context).into()),
    ]);

    let email = || one_line(context.requester.email.as_deref().unwrap_or_default());
    match kind {
        MailKind::Submitted => {
            let justification = lines(context.justification.as_deref().unwrap_or_default());
            variables.insert("requester_email", email().into());
            variables.insert("justification", justification.into());
        }
        MailKind::Approve => {
            variables.insert("automatic", matches!(context.decided_by, Some(Decider::Policy)).into());
            variables.insert("decided_by", decided_by(context).into());
            let provisioned = context.provisioning.status == ProvisioningStatus::Provisioned;
            variables.insert("provisioned", provisioned.into());
        }
        MailKind::Reject => {
            variables.insert("decided_by", decided_by(context).into());
            variables.insert("reason", lines(context.reason.as_deref().unwrap_or_default()).into());
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

/// The name of the person who decided; `None` when the policy did.
fn decided_by(context: &MailContext) -> String {
    match &context.decided_by {
        Some(Decider::Policy) => String::new(),
        Some(Decider::Person { name: Some(name) }) => one_line(name),
        Some(Decider::Person { name: None }) | None => "an API Owner".to_owned(),
    }
}

/// The link of the mail: owners to the request, the requester to the app that holds the
/// credential, or to the request when there is none.
fn link(kind: MailKind, context: &MailContext) -> String {
    let portal = context.portal_url.trim_end_matches('/');
    if portal.is_empty() {
        return String::new();
    }
    match kind {
        MailKind::Submitted | MailKind::ProvisioningFailed => {
            format!("{portal}/admin/access-requests/{}", context.request_id)
        }
        MailKind::Approve => format!("{portal}/apps/{}", context.app.id),
        MailKind::Reject => format!("{portal}/access-requests/{}", context.request_id),
    }
}
