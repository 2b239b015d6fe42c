//! The mails that events trigger.
//!
//! An event only says where to look: a mail is due when the request is in the state that the mail tells of. So an
//! event that comes late, or that somebody forged, causes no mail.

use gatepass_domain::access_request::{AccessRequestView, ProvisioningStatus, Status};
use gatepass_domain::event::Detail;
use gatepass_domain::id::RequestId;
use gatepass_domain::policy::Review;
use gatepass_domain::settings::MailKind;
use jiff::{SignedDuration, Timestamp};

/// The time from the approval in which access should be ready. After that the requester is told that it is being
/// prepared.
const READY_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// Tells the mail that access is being prepared from the one that it is ready.
const BEING_PREPARED: &str = "being-prepared";

/// The people who get a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The owners of the requested products, in one message.
    Owners,
    /// The addresses for escalation, in one message.
    Escalation,
    /// The person who asked.
    Requester,
}

/// A change that people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailTrigger {
    /// The request waits for an owner.
    Waiting,
    /// The request was rejected.
    Rejected,
    /// Access is not ready yet.
    Delayed,
    /// Access is ready.
    Ready,
    /// Provisioning gave up.
    GaveUp,
    /// Access was taken back.
    Revoked,
    /// Those who decide are reminded.
    Reminded,
    /// Nobody decides.
    Escalated,
    /// Nobody decided in time.
    Expired,
}

impl MailTrigger {
    /// The request that an event is about and the change that it may announce; `None` for events of which nobody
    /// is told.
    pub(crate) fn of(detail: &Detail) -> Option<(RequestId, Self)> {
        match detail {
            Detail::AccessRequestSubmitted(submitted) => Some((submitted.subject.request_id, Self::Waiting)),
            Detail::AccessRequestReferred(subject) => Some((subject.request_id, Self::Waiting)),
            Detail::AccessRequestRejected(subject) => Some((subject.request_id, Self::Rejected)),
            Detail::ProvisioningDeferred(failed) => Some((failed.subject.request_id, Self::Delayed)),
            Detail::ProvisioningRequeued(subject) => Some((subject.request_id, Self::Delayed)),
            Detail::AccessProvisioned(subject) => Some((subject.request_id, Self::Ready)),
            Detail::ProvisioningFailed(failed) => Some((failed.subject.request_id, Self::GaveUp)),
            Detail::AccessRevoked(subject) => Some((subject.request_id, Self::Revoked)),
            Detail::AccessRequestReminded(subject) => Some((subject.request_id, Self::Reminded)),
            Detail::AccessRequestEscalated(subject) => Some((subject.request_id, Self::Escalated)),
            Detail::AccessRequestExpired(subject) => Some((subject.request_id, Self::Expired)),
            _ => None,
        }
    }
}

impl MailTrigger {
    /// The mails that an earlier delivery may have begun to send, and that the state of the request may have overtaken
    /// since: template, and what tells apart mails of one template. The state that every other mail tells of is a last one,
    /// or is told by each delivery again.
    pub(crate) fn may_be_overtaken(self) -> &'static [(MailKind, Option<&'static str>)] {
        match self {
            Self::Waiting => &[(MailKind::Submitted, None)],
            Self::Delayed | Self::GaveUp => &[(MailKind::Approve, Some(BEING_PREPARED))],
            Self::Ready => &[(MailKind::Approve, None), (MailKind::Ready, None)],
            Self::Escalated => &[(MailKind::Escalation, None)],
            Self::Rejected | Self::Revoked | Self::Reminded | Self::Expired => &[],
        }
    }
}

/// A mail that is due by the state of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DueMail {
    /// To the owners: the request waits.
    Submitted,
    /// To the requester: approved, and access is being prepared.
    BeingPrepared,
    /// To the requester: access is ready. The mail is `approve`, or `ready` after [`DueMail::BeingPrepared`].
    Ready,
    /// To the requester: rejected.
    Reject,
    /// To the owners: provisioning gave up. Due again when that happens again, which makes another version.
    ProvisioningFailed { version: u64 },
    /// To the requester: revoked.
    Revoked,
    /// To the owners: the request still waits. Due again with each reminder.
    Reminder { reminded_at: Timestamp },
    /// To the addresses for escalation: nobody decides.
    Escalation,
    /// To the requester: nobody decided in time.
    RequestExpired,
}

impl DueMail {
    /// The mails that `trigger` makes due by the state of `request` at `now`.
    pub(crate) fn by(trigger: MailTrigger, request: &AccessRequestView, now: Timestamp) -> Vec<Self> {
        let (provisioning, waiting) = (&request.provisioning, request.waiting.as_ref());
        match (trigger, request.status, provisioning.status) {
            (MailTrigger::Waiting, Status::Pending, _) if request.policy.review == Review::Manual => {
                vec![Self::Submitted]
            }
            (MailTrigger::Rejected, Status::Rejected, _) => vec![Self::Reject],
            (MailTrigger::Delayed, Status::Approved, ProvisioningStatus::Queued) => {
                let soonest = provisioning.next_attempt_at.map_or(now, |next| next.max(now));
                let late = request.decided_at.is_some_and(|at| soonest.duration_since(at) >= READY_WITHIN);
                if late { vec![Self::BeingPrepared] } else { Vec::new() }
            }
            (MailTrigger::Ready, Status::Approved, ProvisioningStatus::Provisioned) => vec![Self::Ready],
            (MailTrigger::GaveUp, Status::Approved, ProvisioningStatus::Failed) => {
                vec![Self::ProvisioningFailed { version: request.version }, Self::BeingPrepared]
            }
            (MailTrigger::Revoked, Status::Approved, ProvisioningStatus::Revoked) => vec![Self::Revoked],
            (MailTrigger::Reminded, Status::Pending, _) => {
                let reminded_at = waiting.and_then(|waiting| waiting.reminded_at);
                reminded_at.map(|reminded_at| Self::Reminder { reminded_at }).into_iter().collect()
            }
            (MailTrigger::Escalated, Status::Pending, _)
                if waiting.is_some_and(|waiting| waiting.escalated_at.is_some()) =>
            {
                vec![Self::Escalation]
            }
            (MailTrigger::Expired, Status::Expired, _) => vec![Self::RequestExpired],
            _ => Vec::new(),
        }
    }

    /// The template, as long as [`DueMail::Ready`] does not follow another mail.
    pub(crate) fn template(&self) -> MailKind {
        match self {
            Self::Submitted => MailKind::Submitted,
            Self::BeingPrepared | Self::Ready => MailKind::Approve,
            Self::Reject => MailKind::Reject,
            Self::ProvisioningFailed { .. } => MailKind::ProvisioningFailed,
            Self::Revoked => MailKind::Revoked,
            Self::Reminder { .. } => MailKind::Reminder,
            Self::Escalation => MailKind::Escalation,
            Self::RequestExpired => MailKind::RequestExpired,
        }
    }

    /// Tells apart mails of one template about one request.
    pub(crate) fn which(&self) -> Option<String> {
        match self {
            Self::BeingPrepared => Some(BEING_PREPARED.to_owned()),
            Self::ProvisioningFailed { version } => Some(format!("v{version}")),
            Self::Reminder { reminded_at } => Some(reminded_at.to_string()),
            Self::Submitted | Self::Ready | Self::Reject | Self::Revoked | Self::Escalation | Self::RequestExpired => {
                None
            }
        }
    }

    /// Who gets it.
    pub(crate) fn audience(&self) -> Audience {
        match self {
            Self::Submitted | Self::ProvisioningFailed { .. } | Self::Reminder { .. } => Audience::Owners,
            Self::Escalation => Audience::Escalation,
            Self::BeingPrepared | Self::Ready | Self::Reject | Self::Revoked | Self::RequestExpired => {
                Audience::Requester
            }
        }
    }
}
