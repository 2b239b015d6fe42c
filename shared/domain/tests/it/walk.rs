//! Random walks through the life of a request, holding everything that must always hold.

use gatepass_domain::access_request::{
    AccessRequestView, MAX_ATTEMPTS, ProvisioningStatus, RequestKind, Status, submit,
};
use gatepass_domain::event::Chain;
use gatepass_domain::policy::Review;
use gatepass_domain::{AccessRequest, Actor, Context, Event};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::samples::{context, olga, outage, owen, submission, verdict};

/// Something that somebody tries to do with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Approve { by: usize, required: u8 },
    Reject,
    Withdraw,
    Expire,
    Refer,
    Provisioned,
    AttemptFailed { transient: bool },
    Requeue,
    Retry,
    Revoke,
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0usize..3, 1u8..=2).prop_map(|(by, required)| Operation::Approve { by, required }),
        1 => Just(Operation::Reject),
        1 => Just(Operation::Withdraw),
        1 => Just(Operation::Expire),
        1 => Just(Operation::Refer),
        2 => Just(Operation::Provisioned),
        6 => prop::bool::weighted(0.9).prop_map(|transient| Operation::AttemptFailed { transient }),
        2 => Just(Operation::Requeue),
        3 => Just(Operation::Retry),
        1 => Just(Operation::Revoke),
    ]
}

pub(crate) fn kind() -> impl Strategy<Value = RequestKind> {
    prop_oneof![
        3 => Just(RequestKind::New),
        1 => Just(RequestKind::Extend),
        1 => Just(RequestKind::ChangePlan),
        1 => Just(RequestKind::Renewal),
        1 => Just(RequestKind::Grant),
    ]
}

/// The request after a walk, with all that was recorded on the way.
pub(crate) struct Walk {
    pub(crate) request: AccessRequest,
    pub(crate) events: Vec<Event>,
    /// Every state it was in, from the first.
    pub(crate) states: Vec<AccessRequest>,
}

/// Files a request and tries `operations` on it, one a minute.
pub(crate) fn walk(seed: u64, kind: RequestKind, operations: &[Operation]) -> Walk {
    let mut context = context(seed);
    let submission = submission(&mut context, kind, Review::Automatic);
    let (pending, event) = submit(&mut context, submission);
    let request = AccessRequest::from(pending);
    let mut walk = Walk { states: vec![request.clone()], request, events: vec![event] };
    for operation in operations {
        context.now = context.now.checked_add(SignedDuration::from_mins(1)).unwrap();
        if let Some((request, event)) = apply(&mut context, walk.request.clone(), *operation) {
            walk.states.push(request.clone());
            walk.request = request;
            walk.events.push(event);
        }
    }
    walk
}

/// Does what compiles: `None` when the state has no such transition.
fn apply(context: &mut Context, request: AccessRequest, operation: Operation) -> Option<(AccessRequest, Event)> {
    let system = Actor::system("provision");
    let why = || Some("it had to be".to_owned());
    Some(match (request, operation) {
        (AccessRequest::Pending(pending), Operation::Approve { by, required }) => {
            let by = [owen(), olga(), Actor::policy()][by].clone();
            into(pending.approve(context, &by, Some("fine by me".into()), required))
        }
        (AccessRequest::Pending(pending), Operation::Reject) => {
            into(pending.reject(context, &owen(), "not for storms".into()))
        }
        (AccessRequest::Pending(pending), Operation::Withdraw) => into(pending.withdraw(context, &owen())),
        (AccessRequest::Pending(pending), Operation::Expire) => into(pending.expire(context, &system)),
        (AccessRequest::Pending(pending), Operation::Refer) => {
            into(pending.refer(context, &Actor::policy(), verdict(Review::Automatic)))
        }
        (AccessRequest::Queued(queued), Operation::Provisioned) => into(queued.provisioned(context, &system)),
        (AccessRequest::Queued(queued), Operation::AttemptFailed { transient }) => {
            into(queued.attempt_failed(context, &system, outage(), transient))
        }
        (AccessRequest::Queued(queued), Operation::Requeue) => into(queued.requeue(context, &system)),
        (AccessRequest::Failed(failed), Operation::Retry) => into(failed.retry(context, &owen())),
        (AccessRequest::Queued(queued), Operation::Revoke) => into(queued.revoke(context, &owen(), why())),
        (AccessRequest::Provisioned(provisioned), Operation::Revoke) => {
            into(provisioned.revoke(context, &owen(), why()))
        }
        (AccessRequest::Failed(failed), Operation::Revoke) => into(failed.revoke(context, &owen(), why())),
        _ => return None,
    })
}

fn into(stepped: (impl Into<AccessRequest>, Event)) -> (AccessRequest, Event) {
    (stepped.0.into(), stepped.1)
}

/// The states of a request, as people see them.
pub(crate) fn standing(view: &AccessRequestView) -> (Status, ProvisioningStatus) {
    (view.status, view.provisioning.status)
}

/// The steps of the state diagram, and no other.
pub(crate) fn may_follow(from: (Status, ProvisioningStatus), to: (Status, ProvisioningStatus)) -> bool {
    use ProvisioningStatus::{Failed, None, Provisioned, Queued, Revoked};
    use Status::{Approved, Expired, Pending, Rejected, Withdrawn};
    matches!(
        (from, to),
        ((Pending, None), (Pending | Rejected | Withdrawn | Expired, None) | (Approved, Queued))
            | ((Approved, Queued), (Approved, Queued | Provisioned | Failed | Revoked))
            | ((Approved, Failed), (Approved, Queued | Revoked))
            | ((Approved, Provisioned), (Approved, Revoked))
    )
}

/// The properties of every request in every state.
pub(crate) fn check_view(view: &AccessRequestView) -> Result<(), TestCaseError> {
    let approved = view.status == Status::Approved;
    prop_assert_eq!(view.decided_by.is_some(), view.status != Status::Pending);
    prop_assert_eq!(view.decided_at.is_some(), view.status != Status::Pending);
    prop_assert_eq!(view.credential_id.is_some(), approved);
    prop_assert_eq!(view.provisioning.status == ProvisioningStatus::None, !approved);
    prop_assert!(view.provisioning.attempts <= MAX_ATTEMPTS);
    if view.provisioning.next_attempt_at.is_some() {
        prop_assert_eq!(view.provisioning.status, ProvisioningStatus::Queued);
        prop_assert!(view.provisioning.attempts < MAX_ATTEMPTS);
        prop_assert!(view.provisioning.next_attempt_at > Some(view.updated_at));
    }
    match view.provisioning.status {
        ProvisioningStatus::Failed => prop_assert!(view.provisioning.last_error.is_some()),
        ProvisioningStatus::Provisioned => prop_assert!(view.provisioning.last_error.is_none()),
        _ => {}
    }
    if view.status == Status::Rejected {
        prop_assert!(view.reason.is_some());
    }
    let people: Vec<_> = view.items.iter().map(|item| item.product_id.clone()).collect();
    prop_assert_eq!(&view.product_ids, &people);
    prop_assert!(view.updated_at >= view.created_at);
    Ok(())
}

/// That `events` are the whole story of `request`.
pub(crate) fn check_story(request: &AccessRequest, events: &[Event]) -> Result<(), TestCaseError> {
    let facts = request.facts();
    prop_assert_eq!(facts.version, u64::try_from(events.len()).unwrap());
    prop_assert_eq!(&Chain::verify(events).unwrap(), &facts.chain);
    prop_assert_eq!(events.last().map(|event| event.occurred_at), Some(facts.updated_at));
    Ok(())
}
