//! The settings that owners change at run time: one item, every field with a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::mail_address::is_mail_address;
use crate::plan::check_waits;
use crate::text::{FieldError, ValidationErrors};

/// Settings of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Settings {
    /// The ways to submit requests: from the cart, directly, or both.
    pub access_flow: AccessFlow,
    /// Subject lines by mail (`submitted`, `approve`, `ready`, `reject`, `revoked`, `provisioning-failed`,
    /// `reminder`, `escalation`, `request-expired`, `key-to-expire`, `key-expired`, `suspended`, `resumed`, `reassigned`), instead of the built-in ones. A subject is a template and may use what the mail's own subject uses.
    #[schema(example = json!({"approve": "Welcome to {{ products }}"}))]
    pub mail_subjects: BTreeMap<MailKind, String>,
    /// Mails that are not sent.
    pub muted_mails: Vec<MailKind>,
    /// Undecided requests that a person may have at once, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    pub max_pending_per_person: u32,
    /// Apps that a person may have, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1000)]
    pub max_apps_per_person: u32,
    /// Seconds after which those who decide on a request are reminded, again and again, unless its plan says otherwise; `null`
    /// is never.
    #[schema(example = 172800)]
    pub remind_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides is escalated, once, unless its plan says otherwise; `null` is never.
    #[schema(example = 432000)]
    pub escalate_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides expires, unless its plan says otherwise; `null` is never.
    #[schema(example = 2592000)]
    pub expire_after_seconds: Option<u64>,
    /// Mail addresses that are told of requests which nobody decides, at most 20.
    #[schema(example = json!(["api-leads@example.com"]), max_items = 20)]
    pub escalation: Vec<String>,
    /// Mail addresses that are told of requests for products without owners, at most 20.
    #[schema(example = json!(["api-team@example.com"]), max_items = 20)]
    pub fallback_owners: Vec<String>,
    /// Seconds before the end of a key at which its owner is told, at most 5 times. Keys that live shorter are not announced. A
    /// change holds for keys that are issued, renewed or get another plan from then on.
    #[schema(example = json!([1_209_600, 172_800]), max_items = 5)]
    pub expiry_notices_seconds: Vec<u64>,
    /// How often a key can be revealed.
    pub reveal: RevealRule,
}

/// How often a key can be revealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevealRule {
    /// As often as one likes, while the credential is active.
    #[default]
    WhileActive,
    /// Once.
    Once,
}

impl Settings {
    /// The cap on undecided requests as long as nobody sets another.
    pub fn default_max_pending() -> u32 {
        20
    }

    /// The cap on apps as long as nobody sets another.
    pub fn default_max_apps() -> u32 {
        50
    }

    /// Two days, in seconds, as long as nobody sets another time.
    pub fn default_remind_after() -> Option<u64> {
        Some(2 * 86_400)
    }

    /// Five days, in seconds, as long as nobody sets another time.
    pub fn default_escalate_after() -> Option<u64> {
        Some(5 * 86_400)
    }

    /// Fourteen days and two days, in seconds, as long as nobody sets other times.
    pub fn default_expiry_notices() -> Vec<u64> {
        vec![14 * 86_400, 2 * 86_400]
    }

    /// Thirty days, in seconds, as long as nobody sets another time.
    pub fn default_expire_after() -> Option<u64> {
        Some(30 * 86_400)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_flow: AccessFlow::Both,
            mail_subjects: BTreeMap::new(),
            muted_mails: Vec::new(),
            max_pending_per_person: Self::default_max_pending(),
            max_apps_per_person: Self::default_max_apps(),
            remind_after_seconds: Self::default_remind_after(),
            escalate_after_seconds: Self::default_escalate_after(),
            expire_after_seconds: Self::default_expire_after(),
            escalation: Vec::new(),
            fallback_owners: Vec::new(),
            expiry_notices_seconds: Self::default_expiry_notices(),
            reveal: RevealRule::default(),
        }
    }
}

/// The ways to submit requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessFlow {
    /// Products are collected in a cart.
    Cart,
    /// One product and plan straight to the request.
    Direct,
    /// Either.
    Both,
}

/// The mails that Gatepass sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// To the owners: a request waits for them.
    Submitted,
    /// To the requester: access was approved and is ready, or is being prepared.
    Approve,
    /// To the requester, after a mail saying that access is being prepared: it is ready.
    Ready,
    /// To the requester: access was not granted.
    Reject,
    /// To the requester: access was taken back.
    Revoked,
    /// To the owners: provisioning gave up.
    ProvisioningFailed,
    /// To the owners: a request still waits for them.
    Reminder,
    /// To the addresses for escalation: nobody decides on a request.
    Escalation,
    /// To the requester: nobody decided in time.
    RequestExpired,
    /// To the owner of the app: a key is about to expire.
    KeyToExpire,
    /// To the owner of the app: a key has expired.
    KeyExpired,
    /// To the owner of the app: a credential was suspended.
    Suspended,
    /// To the owner of the app: a credential works again.
    Resumed,
    /// To the former and to the new owner of an app: it was reassigned.
    Reassigned,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Submitted,
        Self::Approve,
        Self::Ready,
        Self::Reject,
        Self::Revoked,
        Self::ProvisioningFailed,
        Self::Reminder,
        Self::Escalation,
        Self::RequestExpired,
        Self::KeyToExpire,
        Self::KeyExpired,
        Self::Suspended,
        Self::Resumed,
        Self::Reassigned,
    ];

    /// The template's name, as in settings, records and directories.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Approve => "approve",
            Self::Ready => "ready",
            Self::Reject => "reject",
            Self::Revoked => "revoked",
            Self::ProvisioningFailed => "provisioning-failed",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::RequestExpired => "request-expired",
            Self::KeyToExpire => "key-to-expire",
            Self::KeyExpired => "key-expired",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::Reassigned => "reassigned",
        }
    }
}

impl Settings {
    /// Checks what a type cannot say. Whether a subject renders is checked by the mail library.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = ValidationErrors::default();
        for (mail, subject) in &self.mail_subjects {
            errors.name(subject, &format!("/mail_subjects/{}", mail.as_str()), 200);
        }
        let (pending, apps) = (self.max_pending_per_person, self.max_apps_per_person);
        errors.require((1..=100).contains(&pending), "/max_pending_per_person", "must be between 1 and 100");
        errors.require((1..=1000).contains(&apps), "/max_apps_per_person", "must be between 1 and 1000");
        check_waits(&mut errors, [self.remind_after_seconds, self.escalate_after_seconds, self.expire_after_seconds]);
        for (addresses, pointer) in [(&self.escalation, "/escalation"), (&self.fallback_owners, "/fallback_owners")] {
            errors.require(addresses.len() <= 20, pointer, "must hold at most 20 mail addresses");
            for (index, address) in addresses.iter().enumerate() {
                let fault = "must be exactly one mail address, such as `team@example.com`";
                errors.require(is_mail_address(address), &format!("{pointer}/{index}"), fault);
            }
        }
        let notices = &self.expiry_notices_seconds;
        errors.require(notices.len() <= 5, "/expiry_notices_seconds", "must hold at most 5 times");
        errors.distinct(notices, "/expiry_notices_seconds", "must not repeat a time");
        for (index, seconds) in notices.iter().enumerate() {
            errors.require(
                (60..=366 * 86_400).contains(seconds),
                &format!("/expiry_notices_seconds/{index}"),
                "must be between 1 minute and 1 year",
            );
        }
        errors.into_result()
    }
}
