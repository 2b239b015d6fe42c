//! Deciding: who, how often, with which words.

use gatepass_domain::access_request::{AfterApproval, RequestKind, Status, submit};
use gatepass_domain::event::Detail;
use gatepass_domain::policy::{Review, Rule};
use gatepass_domain::{AccessRequest, Actor};

use crate::samples::{context, filed, olga, owen, slug, submission, verdict};

// Covers R1, R2.
#[test]
fn filing_a_request_is_on_record_with_who_decides() {
    for review in [Review::Automatic, Review::Manual] {
        let mut context = context(1);
        let submission = submission(&mut context, RequestKind::New, review);
        let (pending, event) = submit(&mut context, submission.clone());
        let Detail::AccessRequestSubmitted(submitted) = &event.detail else { panic!("{event:?}") };
        assert_eq!(submitted.review, review);
        assert_eq!(submitted.subject.request_id, pending.facts().id);
        assert_eq!(event.bus_detail()["data"]["review"], serde_json::to_value(review).unwrap());
        assert_eq!((event.seq, event.prev_hash.as_str()), (1, ""));
        assert_eq!(event.actor(), Actor::from(&submission.requester));
        assert_eq!(pending.facts().submission, submission);
    }
}

// Covers R26, R33.
#[test]
fn approval_allocates_the_credential_and_queues_provisioning() {
    for by in [owen(), Actor::policy()] {
        let mut context = context(1);
        let (pending, _) = filed(&mut context);
        let (after, event) = pending.approve(&mut context, &by, Some("welcome".into()), 1);
        let AfterApproval::Decided(queued) = after else { panic!("{after:?}") };
        let Detail::AccessRequestApproved(subject) = &event.detail else { panic!("{event:?}") };
        assert_eq!(subject.credential_id, Some(queued.approved().credential_id()));
        let view = AccessRequest::from(queued).view();
        assert_eq!(view.status, Status::Approved);
        assert_eq!(view.decided_by, Some(by.clone()));
        assert_eq!(view.approvals[0].note.as_deref(), Some("welcome"));
        assert_eq!(event.personal.unwrap().reason.as_deref(), Some("welcome"));
    }
}

#[test]
fn two_people_must_approve_when_the_plan_says_so() {
    let mut context = context(1);
    let (pending, _) = filed(&mut context);
    let (after, event) = pending.approve(&mut context, &owen(), None, 2);
    assert_eq!(event.detail.event_type(), "AccessRequestApprovalRecorded");
    let AfterApproval::StillPending(pending) = after else { panic!("{after:?}") };
    assert!(pending.is_approved_by(&gatepass_domain::PersonId("owen".into()), &slug("weather-api")));
    assert!(!pending.is_approved_by(&gatepass_domain::PersonId("olga".into()), &slug("weather-api")));
    let view = AccessRequest::from(pending.clone()).view();
    assert_eq!((view.status, view.decided_by, view.approvals.len()), (Status::Pending, None, 1));

    let (after, event) = pending.approve(&mut context, &olga(), None, 2);
    assert_eq!(event.detail.event_type(), "AccessRequestApproved");
    let view = AccessRequest::from(after).view();
    assert_eq!((view.status, view.decided_by, view.approvals.len()), (Status::Approved, Some(olga()), 2));
}

#[test]
fn the_policy_counts_for_all_approvals() {
    let mut context = context(1);
    let (pending, _) = filed(&mut context);
    let (after, _) = pending.approve(&mut context, &Actor::policy(), None, 2);
    assert!(matches!(after, AfterApproval::Decided(_)));
}

#[test]
fn an_extension_keeps_the_credential_it_extends() {
    let mut context = context(1);
    let submission = submission(&mut context, RequestKind::Extend, Review::Manual);
    let extended = submission.extends_credential_id;
    let (pending, _) = submit(&mut context, submission);
    let (after, event) = pending.approve(&mut context, &owen(), None, 1);
    assert_eq!(AccessRequest::from(after).view().credential_id, extended);
    let Detail::AccessRequestApproved(subject) = event.detail else { panic!("{event:?}") };
    assert_eq!(subject.credential_id, extended);
}

// Covers R27, R41.
#[test]
fn a_rejection_carries_its_reason_and_allocates_nothing() {
    let mut context = context(1);
    let (pending, _) = filed(&mut context);
    let (closed, event) = pending.reject(&mut context, &owen(), "not for storms".into());
    let view = AccessRequest::from(closed).view();
    assert_eq!((view.status, view.reason.as_deref()), (Status::Rejected, Some("not for storms")));
    assert_eq!((view.credential_id, view.decided_by), (None, Some(owen())));
    assert!(!event.bus_detail().to_string().contains("not for storms"));
    assert_eq!(event.personal.unwrap().reason.as_deref(), Some("not for storms"));
}

#[test]
fn a_referral_leaves_the_decision_to_people_and_says_why() {
    let mut context = context(1);
    let submission = submission(&mut context, RequestKind::New, Review::Automatic);
    let (pending, _) = submit(&mut context, submission);
    let mut now = verdict(Review::Automatic);
    now.reasons = vec!["the plan `gold` no longer exists".into()];
    let (pending, event) = pending.refer(&mut context, &Actor::policy(), now.clone());
    assert_eq!(event.detail.event_type(), "AccessRequestReferred");
    let policy = &pending.facts().submission.policy;
    assert_eq!((policy.review, policy.rule, &policy.reasons), (Review::Manual, Rule::NoLongerHolds, &now.reasons));
}
