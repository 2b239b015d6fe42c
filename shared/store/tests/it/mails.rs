//! A mail is sent by whoever holds its lease, once.

use gatepass_domain::event::MailStatus;
use gatepass_domain::settings::MailKind;
use gatepass_store::{Lease, MailLease, Store};
use gatepass_testkit::{Table, at, context};
use jiff::{SignedDuration, Timestamp};

use crate::samples::filed;

fn taken(lease: Lease) -> MailLease {
    match lease {
        Lease::Taken(lease) => lease,
        other => panic!("{other:?}"),
    }
}

fn later(now: Timestamp, millis: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_millis(millis)).unwrap()
}

async fn approve_mail(store: &Store, id: gatepass_domain::id::RequestId, now: Timestamp) -> Lease {
    store.lease_mail(id, MailKind::Approve, None, now).await.unwrap()
}

#[tokio::test]
async fn one_sends_and_the_others_wait_or_learn_that_it_is_done() {
    let store = Table::new().await.store();
    let (id, now) = (context().id(), context().now);
    let lease = taken(approve_mail(&store, id, now).await);
    assert_eq!(approve_mail(&store, id, now).await, Lease::Busy);
    // Another mail about the same request is another mail.
    taken(store.lease_mail(id, MailKind::Submitted, None, now).await.unwrap());
    store.settle_mail(&lease, MailStatus::Sent, now).await.unwrap();
    for after in [0, 59_000, 61_000, 86_400_000] {
        assert_eq!(approve_mail(&store, id, later(now, after)).await, Lease::Settled(MailStatus::Sent));
    }
}

#[tokio::test]
async fn what_ends_without_a_mail_is_settled_too() {
    let store = Table::new().await.store();
    for status in [MailStatus::NotConfigured, MailStatus::Muted, MailStatus::NoRecipient] {
        let (id, now) = (context().id(), context().now);
        let lease = taken(approve_mail(&store, id, now).await);
        store.settle_mail(&lease, status, now).await.unwrap();
        assert_eq!(approve_mail(&store, id, now).await, Lease::Settled(status));
    }
}

/// Also where the fractions of the two times are written in different lengths.
#[tokio::test]
async fn a_mail_that_was_lost_with_its_process_is_taken_over_after_a_minute() {
    let store = Table::new().await.store();
    for start in ["12:00:00Z", "12:00:00.5Z", "12:00:00.25Z"] {
        let (id, start) = (context().id(), at(&format!("2026-11-23T{start}")));
        taken(approve_mail(&store, id, start).await);
        for after in [1, 59_001, 59_500, 59_999] {
            assert_eq!(approve_mail(&store, id, later(start, after)).await, Lease::Busy, "{start} {after}");
        }
        taken(approve_mail(&store, id, later(start, 60_500)).await);
        assert_eq!(approve_mail(&store, id, later(start, 61_000)).await, Lease::Busy);
    }
}

#[tokio::test]
async fn a_mail_that_was_refused_or_given_back_may_be_sent_again() {
    let store = Table::new().await.store();
    let (id, now) = (context().id(), context().now);
    let lease = taken(approve_mail(&store, id, now).await);
    store.settle_mail(&lease, MailStatus::Refused, now).await.unwrap();
    let lease = taken(approve_mail(&store, id, now).await);
    store.release_mail(lease).await.unwrap();
    taken(approve_mail(&store, id, now).await);
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_lease() {
    let store = Table::new().await.store();
    let (id, now) = (context().id(), context().now);
    let tries = (0..12).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { approve_mail(&store, id, now).await })
    });
    let mut leases = 0;
    for attempt in tries.collect::<Vec<_>>() {
        leases += usize::from(attempt.await.unwrap() != Lease::Busy);
    }
    assert_eq!(leases, 1);
}

/// Provisioning may fail, be retried, and fail again: two mails, each on record with the request.
#[tokio::test]
async fn mails_of_one_template_about_one_request_are_told_apart() {
    let store = Table::new().await.store();
    let id = filed(&store).await.facts().id;
    let now = context().now;
    for second in 0..2 {
        let which = Some(format!("v{second}"));
        let now = later(now, second * 1000);
        let lease = taken(store.lease_mail(id, MailKind::ProvisioningFailed, which.as_deref(), now).await.unwrap());
        store.settle_mail(&lease, MailStatus::Sent, now).await.unwrap();
        let again = store.lease_mail(id, MailKind::ProvisioningFailed, which.as_deref(), now).await.unwrap();
        assert_eq!(again, Lease::Settled(MailStatus::Sent));
    }
    taken(store.lease_mail(id, MailKind::Reject, None, later(now, 5000)).await.unwrap());
    let mails = store.dossier(id).await.unwrap().unwrap().mails;
    let seen: Vec<_> = mails.iter().map(|mail| (mail.template, mail.status)).collect();
    let failed = (MailKind::ProvisioningFailed, MailStatus::Sent);
    assert_eq!(seen, [failed, failed, (MailKind::Reject, MailStatus::Sending)]);
}

/// Who was held up for a minute no longer holds the lease, and must not undo what the next one did.
#[tokio::test]
async fn a_lease_that_was_taken_over_settles_and_gives_back_nothing() {
    let store = Table::new().await.store();
    let (id, now) = (context().id(), context().now);
    let late = taken(approve_mail(&store, id, now).await);
    let next = taken(approve_mail(&store, id, later(now, 60_000)).await);
    store.settle_mail(&late, MailStatus::Refused, later(now, 60_001)).await.unwrap();
    store.release_mail(late.clone()).await.unwrap();
    assert_eq!(approve_mail(&store, id, later(now, 60_002)).await, Lease::Busy);
    store.settle_mail(&next, MailStatus::Sent, later(now, 60_003)).await.unwrap();
    store.release_mail(late).await.unwrap();
    assert_eq!(approve_mail(&store, id, later(now, 60_004)).await, Lease::Settled(MailStatus::Sent));
}
