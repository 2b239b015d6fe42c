//! Which mails an event gives occasion for.

use gatepass_domain::access_request::ProvisioningStatus;
use gatepass_domain::event::{BusEvent, Detail};
use gatepass_domain::id::{EventId, RequestId};
use gatepass_domain::settings::MailKind;

/// The recipients of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The owners of the requested products: one message to all of them.
    Owners,
    /// The person who asked.
    Requester,
}

/// A mail that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occasion {
    pub(crate) mail: MailKind,
    pub(crate) audience: Audience,
    /// The event for which it is due once; `None` when it is due once for the request.
    pub(crate) once_for: Option<EventId>,
    /// The event's data about provisioning.
    pub(crate) tells: Option<ProvisioningStatus>,
}

/// The request that an event is about and the mails that are due; `None` when it gives no occasion.
pub(crate) fn of(event: &BusEvent) -> Option<(RequestId, Vec<Occasion>)> {
    let once = |mail, audience, tells| Occasion { mail, audience, once_for: None, tells };
    match &event.detail {
        Detail::AccessRequestSubmitted(submitted) => {
            Some((submitted.subject.request_id, vec![once(MailKind::Submitted, Audience::Owners, None)]))
        }
        Detail::AccessRequestReferred(subject) => {
            Some((subject.request_id, vec![once(MailKind::Submitted, Audience::Owners, None)]))
        }
        Detail::AccessProvisioned(subject) => {
            let ready = Some(ProvisioningStatus::Provisioned);
            Some((subject.request_id, vec![once(MailKind::Approve, Audience::Requester, ready)]))
        }
        Detail::ProvisioningFailed(failed) => {
            let failure = Occasion {
                once_for: Some(event.id),
                ..once(MailKind::ProvisioningFailed, Audience::Owners, Some(ProvisioningStatus::Failed))
            };
            let in_preparation = once(MailKind::Approve, Audience::Requester, Some(ProvisioningStatus::Failed));
            Some((failed.subject.request_id, vec![failure, in_preparation]))
        }
        Detail::AccessRequestRejected(subject) => {
            Some((subject.request_id, vec![once(MailKind::Reject, Audience::Requester, None)]))
        }
        _ => None,
    }
}
