//! A mail is sent once, however often its event comes.

use gatepass_domain::event::MailStatus;
use gatepass_domain::settings::MailKind;
use gatepass_lambda::{Failure, Metric};
use gatepass_testkit::at;

use crate::stage::Stage;

#[tokio::test]
async fn an_event_that_comes_again_sends_nothing_again() {
    let stage = Stage::new().await;
    let id = stage.submitted("payments-api").await;
    for _ in 0..3 {
        stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    }
    stage.provision(id).await;
    for _ in 0..3 {
        stage.deliver(id, "ProvisioningFailed").await.unwrap();
    }
    assert_eq!(stage.ses.mails().len(), 3, "one to the owners, one to the owners, one to ada");
    assert_eq!(stage.metrics(), [Metric::MailSent; 3], "each is counted once");
}

#[tokio::test]
async fn what_was_settled_without_a_mail_stays_so() {
    let stage = Stage::without_sender().await;
    let id = stage.submitted("weather-api").await;
    for _ in 0..2 {
        stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    }
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::NotConfigured)]);
    assert_eq!(stage.metrics(), []);
}

#[tokio::test]
async fn deliveries_at_the_same_time_send_once() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    let deliver = || stage.deliver(id, "AccessRequestSubmitted");
    let (a, b, c, d) = tokio::join!(deliver(), deliver(), deliver(), deliver());
    // Who finds the mail on its way is to come again, lest it be lost with whoever sends it.
    for failure in [a, b, c, d].into_iter().filter_map(Result::err) {
        assert!(matches!(failure, Failure::Transient(_)), "{failure}");
    }
    assert_eq!(stage.ses.mails().len(), 1);
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 0);
}

#[tokio::test]
async fn a_mail_that_was_lost_with_its_sender_is_sent_after_a_minute() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    let lease = stage.world.store.lease_mail(id, MailKind::Submitted, None, at("2026-11-23T12:00:00Z"));
    assert!(matches!(lease.await.unwrap(), gatepass_store::Lease::Taken(_)));
    let early = stage.deliver_at("2026-11-23T12:00:30Z", id, "AccessRequestSubmitted").await.unwrap_err();
    assert!(matches!(early, Failure::Transient(_)), "{early}");
    assert!(stage.ses.mails().is_empty());
    stage.deliver_at("2026-11-23T12:01:05Z", id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 1);
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Sent)]);
}

/// The function was ended while it sent the mail, and somebody decided before the event came again.
#[tokio::test]
async fn a_mail_that_was_lost_with_its_sender_and_then_overtaken_is_settled() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    let lease = stage.world.store.lease_mail(id, MailKind::Submitted, None, at("2026-11-23T12:00:00Z"));
    assert!(matches!(lease.await.unwrap(), gatepass_store::Lease::Taken(_)));
    stage.world.rejected(id, "not now").await;
    let early = stage.deliver_at("2026-11-23T12:00:30Z", id, "AccessRequestSubmitted").await.unwrap_err();
    assert!(matches!(early, Failure::Transient(_)), "{early}");
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Sending)]);
    for _ in 0..2 {
        stage.deliver_at("2026-11-23T12:01:05Z", id, "AccessRequestSubmitted").await.unwrap();
        assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Unconfirmed)]);
    }
    assert!(stage.ses.mails().is_empty(), "whoever it was for need not do anything any more");
}
