//! The stored form of the settings.

use std::collections::BTreeMap;

use gatepass_domain::Settings;
use gatepass_domain::settings::{AccessFlow, MailKind, RevealRule};
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// The settings.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SettingsForm {
    schema_version: u32,
    access_flow: AccessFlow,
    /// By the name of the mail; those of mails that this version does not send are left out when reading.
    mail_subjects: BTreeMap<String, String>,
    /// Names of mails.
    muted_mails: Vec<String>,
    #[serde(default = "Settings::default_max_pending")]
    max_pending_per_person: u32,
    #[serde(default = "Settings::default_max_apps")]
    max_apps_per_person: u32,
    #[serde(default = "Settings::default_remind_after")]
    remind_after_seconds: Option<u64>,
    #[serde(default = "Settings::default_escalate_after")]
    escalate_after_seconds: Option<u64>,
    #[serde(default = "Settings::default_expire_after")]
    expire_after_seconds: Option<u64>,
    #[serde(default)]
    escalation: Vec<String>,
    #[serde(default)]
    fallback_owners: Vec<String>,
    #[serde(default = "Settings::default_expiry_notices")]
    expiry_notices_seconds: Vec<u64>,
    #[serde(default)]
    reveal: RevealRule,
}

fn mail_kind(name: &str) -> Option<MailKind> {
    MailKind::ALL.into_iter().find(|kind| kind.as_str() == name)
}

impl From<&Settings> for SettingsForm {
    fn from(settings: &Settings) -> Self {
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
        } = settings;
        let named = |(kind, subject): (&MailKind, &String)| (kind.as_str().to_owned(), subject.clone());
        Self {
            schema_version: SCHEMA_VERSION,
            access_flow: *access_flow,
            mail_subjects: mail_subjects.iter().map(named).collect(),
            muted_mails: muted_mails.iter().map(|kind| kind.as_str().to_owned()).collect(),
            max_pending_per_person: *max_pending_per_person,
            max_apps_per_person: *max_apps_per_person,
            remind_after_seconds: *remind_after_seconds,
            escalate_after_seconds: *escalate_after_seconds,
            expire_after_seconds: *expire_after_seconds,
            escalation: escalation.clone(),
            fallback_owners: fallback_owners.clone(),
            expiry_notices_seconds: expiry_notices_seconds.clone(),
            reveal: *reveal,
        }
    }
}

impl From<SettingsForm> for Settings {
    fn from(form: SettingsForm) -> Self {
        let SettingsForm {
            schema_version: _,
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
        } = form;
        Self {
            access_flow,
            mail_subjects: mail_subjects
                .into_iter()
                .filter_map(|(name, subject)| Some((mail_kind(&name)?, subject)))
                .collect(),
            muted_mails: muted_mails.iter().filter_map(|name| mail_kind(name)).collect(),
            max_pending_per_person,
            max_apps_per_person,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            escalation,
            fallback_owners,
            expiry_notices_seconds,
            reveal,
        }
    }
}
