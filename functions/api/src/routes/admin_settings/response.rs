//! The settings as the API shows them.

use std::collections::BTreeMap;

use gatepass_domain::settings::{AccessFlow, MailKind, RevealRule};
use gatepass_domain::{Settings, Versioned};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Settings of the installation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versioned_Settings)]
pub(crate) struct SettingsResponse {
    /// The ways to submit requests: from the cart, directly, or both.
    access_flow: AccessFlow,
    /// Subject lines by mail (`submitted`, `approve`, `ready`, `reject`, `revoked`, `provisioning-failed`,
    /// `reminder`, `escalation`, `request-expired`, `key-to-expire`, `key-expired`, `suspended`, `resumed`), instead of the built-in ones. A subject is a template and may use what the mail's own subject uses.
    #[schema(example = json!({"approve": "Welcome to {{ products }}"}))]
    mail_subjects: BTreeMap<MailKind, String>,
    /// Mails that are not sent.
    muted_mails: Vec<MailKind>,
    /// Undecided requests that a person may have at once, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    max_pending_per_person: u32,
    /// Apps that a person may have, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1000)]
    max_apps_per_person: u32,
    /// Seconds after which those who decide on a request are reminded, again and again, unless its plan says otherwise; `null`
    /// is never.
    #[schema(example = 172800)]
    remind_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides is escalated, once, unless its plan says otherwise; `null` is never.
    #[schema(example = 432000)]
    escalate_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides expires, unless its plan says otherwise; `null` is never.
    #[schema(example = 2592000)]
    expire_after_seconds: Option<u64>,
    /// Mail addresses that are told of requests which nobody decides, at most 20.
    #[schema(example = json!(["api-leads@example.com"]), max_items = 20)]
    escalation: Vec<String>,
    /// Mail addresses that are told of requests for products without owners, at most 20.
    #[schema(example = json!(["api-team@example.com"]), max_items = 20)]
    fallback_owners: Vec<String>,
    /// Seconds before the end of a key at which its owner is told, at most 5 times. Keys that live shorter are not announced. A
    /// change holds for keys that are issued, renewed or get another plan from then on.
    #[schema(example = json!([1_209_600, 172_800]), max_items = 5)]
    expiry_notices_seconds: Vec<u64>,
    /// How often a key can be revealed.
    reveal: RevealRule,
    /// Version: 0 as long as nobody changed them, and one more with each change.
    #[schema(example = 1)]
    pub(crate) version: u64,
    /// Time of creation.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Versioned<Settings>> for SettingsResponse {
    fn from(Versioned { content, version, created_at, updated_at }: Versioned<Settings>) -> Self {
        let Settings {
            access_flow,
            mail_subjects,
            muted_mails,
            max_pending_per_person,
            max_apps_per_person,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            escalation,
            fallback_owners,
            expiry_notices_seconds,
            reveal,
        } = content;
        Self {
            access_flow,
            mail_subjects,
            muted_mails,
            max_pending_per_person,
            max_apps_per_person,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            escalation,
            fallback_owners,
            expiry_notices_seconds,
            reveal,
            version,
            created_at,
            updated_at,
        }
    }
}
