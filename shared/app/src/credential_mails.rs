//! The mails about a credential that events trigger, decided by the state of the credential.

use gatepass_domain::credential::{Credential, CredentialStatus};
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::settings::MailKind;
use jiff::Timestamp;

/// A change of a credential that the owner of its app is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialTrigger {
    /// It is about to expire.
    Expiring,
    /// It has expired.
    Expired,
    /// It was suspended.
    Suspended,
    /// It works again.
    Resumed,
}

/// A mail about a credential that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialMail {
    pub(crate) template: MailKind,
    /// The moment that the mail tells of. Tells apart mails of one template.
    pub(crate) at: Timestamp,
    pub(crate) reason: Option<String>,
}

impl CredentialTrigger {
    /// The credential that an event is about and the change that it may announce; `None` for events of which nobody is told.
    pub(crate) fn of(detail: &Detail) -> Option<(AppId, CredentialId, Self)> {
        let (subject, trigger) = match detail {
            Detail::CredentialExpiring(subject) => (subject, Self::Expiring),
            Detail::CredentialExpired(subject) => (subject, Self::Expired),
            Detail::CredentialSuspended(subject) => (subject, Self::Suspended),
            Detail::CredentialResumed(subject) => (subject, Self::Resumed),
            _ => return None,
        };
        Some((subject.app_id, subject.credential_id, trigger))
    }

    /// The mail that is due by the state of `credential` at `now`.
    pub(crate) fn due(self, credential: &Credential, now: Timestamp) -> Option<CredentialMail> {
        let status = credential.status_at(now);
        let mail = |template, at, reason: Option<&String>| CredentialMail { template, at, reason: reason.cloned() };
        match (self, status) {
            (Self::Expiring, CredentialStatus::Active | CredentialStatus::Suspended) => {
                credential.notices.announced.map(|at| mail(MailKind::KeyToExpire, at, None))
            }
            (Self::Expired, CredentialStatus::Expired) => {
                credential.expires_at.map(|at| mail(MailKind::KeyExpired, at, None))
            }
            (Self::Suspended, CredentialStatus::Suspended) => {
                let suspension = credential.suspension.as_ref();
                suspension.map(|one| mail(MailKind::Suspended, one.at, one.reason.as_ref()))
            }
            (Self::Resumed, CredentialStatus::Active) => {
                let resumption = credential.resumption.as_ref();
                resumption.map(|one| mail(MailKind::Resumed, one.at, one.reason.as_ref()))
            }
            _ => None,
        }
    }
}
