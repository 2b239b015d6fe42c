//! Provisioning may take several tries, and says so.

use gatepass_domain::access_request::{AttemptOutcome, Failed, MAX_ATTEMPTS, ProvisioningStatus, Queued};
use gatepass_domain::event::Detail;
use gatepass_domain::{AccessRequest, Actor, Context};
use jiff::SignedDuration;

use crate::samples::{context, filed, noon, outage, owen};

fn queued(context: &mut Context) -> Queued {
    let (pending, _) = filed(context);
    let (after, _) = pending.approve(context, &owen(), None, 1);
    match AccessRequest::from(after) {
        AccessRequest::Queued(queued) => queued,
        other => panic!("{other:?}"),
    }
}

fn by() -> Actor {
    Actor::system("provision")
}

/// Fails transiently and is queued again, until it gives up; gives the pauses in minutes.
fn until_it_gives_up(context: &mut Context, mut queued: Queued) -> (Failed, Vec<i64>) {
    let mut pauses = Vec::new();
    loop {
        let (outcome, event) = queued.attempt_failed(context, &by(), outage(), true);
        match outcome {
            AttemptOutcome::Deferred(deferred) => {
                assert_eq!(event.detail.event_type(), "ProvisioningDeferred");
                let due = deferred.next_attempt_at().unwrap();
                pauses.push(due.duration_since(context.now).as_mins());
                context.now = due;
                let (next, event) = deferred.requeue(context, &Actor::system("expire"));
                assert_eq!(event.detail.event_type(), "ProvisioningRequeued");
                assert_eq!(next.next_attempt_at(), None);
                queued = next;
            }
            AttemptOutcome::GaveUp(failed) => {
                let Detail::ProvisioningFailed(detail) = &event.detail else { panic!("{event:?}") };
                assert_eq!((detail.attempts, detail.code.as_str()), (MAX_ATTEMPTS, "gateway-unavailable"));
                return (failed, pauses);
            }
        }
    }
}

#[test]
fn provisioning_is_tried_five_times_with_growing_pauses() {
    let mut context = context(1);
    let queued = queued(&mut context);
    let (failed, pauses) = until_it_gives_up(&mut context, queued);
    assert_eq!(pauses, [1, 2, 4, 8]);
    let view = AccessRequest::from(failed).view();
    assert_eq!(view.provisioning.status, ProvisioningStatus::Failed);
    assert_eq!(view.provisioning.attempts, MAX_ATTEMPTS);
    assert_eq!(view.provisioning.next_attempt_at, None);
    assert_eq!(view.provisioning.last_error, Some(outage()));
}

#[test]
fn a_retry_by_hand_counts_anew() {
    let mut context = context(1);
    let queued = queued(&mut context);
    let (failed, _) = until_it_gives_up(&mut context, queued);
    let (queued, event) = failed.retry(&mut context, &owen());
    assert_eq!(event.detail.event_type(), "ProvisioningRequeued");
    let view = AccessRequest::from(queued.clone()).view();
    assert_eq!(view.provisioning.attempts, 0);
    assert_eq!(view.provisioning.last_error, Some(outage()), "it still says what went wrong last");
    let (_, pauses) = until_it_gives_up(&mut context, queued);
    assert_eq!(pauses, [1, 2, 4, 8]);
}

#[test]
fn a_permanent_failure_is_final_at_once() {
    let mut context = context(1);
    let (outcome, event) = queued(&mut context).attempt_failed(&mut context, &by(), outage(), false);
    assert_eq!(event.detail.event_type(), "ProvisioningFailed");
    assert!(matches!(outcome, AttemptOutcome::GaveUp(_)));
    assert_eq!(AccessRequest::from(outcome).view().provisioning.attempts, 1);
}

/// The failure is free text: on record and in the view, never on the bus.
#[test]
fn what_went_wrong_is_kept_off_the_bus() {
    let mut context = context(1);
    let (outcome, event) = queued(&mut context).attempt_failed(&mut context, &by(), outage(), true);
    let message = outage().message;
    assert!(!event.bus_detail().to_string().contains(&message));
    assert_eq!(event.personal.unwrap().reason, Some(message));
    assert_eq!(AccessRequest::from(outcome).view().provisioning.last_error, Some(outage()));
}

#[test]
fn success_after_failures_leaves_no_error_behind() {
    let mut context = context(1);
    let (outcome, _) = queued(&mut context).attempt_failed(&mut context, &by(), outage(), true);
    let AttemptOutcome::Deferred(deferred) = outcome else { panic!("{outcome:?}") };
    assert_eq!(deferred.next_attempt_at(), noon().checked_add(SignedDuration::from_mins(1)).ok());
    let (provisioned, event) = deferred.provisioned(&mut context, &by());
    assert_eq!(event.detail.event_type(), "AccessProvisioned");
    let view = AccessRequest::from(provisioned).view();
    assert_eq!((view.provisioning.attempts, view.provisioning.last_error), (2, None));
}
