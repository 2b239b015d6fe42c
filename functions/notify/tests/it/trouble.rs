//! Failures, and the work that is left for the next delivery.

use gatepass_domain::event::MailStatus;
use gatepass_domain::settings::MailKind;
use gatepass_lambda::{Failure, Metric};
use gatepass_testkit::{Fault, ada};

use crate::stage::Stage;

#[tokio::test]
async fn a_mail_that_ses_refuses_is_on_record_and_can_be_sent_when_the_reason_is_gone() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.ses.refuse(400, "MessageRejected");
    let failure = stage.deliver(id, "AccessRequestSubmitted").await.unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(text) if text.contains("MessageRejected")), "{failure}");
    assert!(!failure.to_string().contains('@'), "{failure}");
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Refused)]);
    assert_eq!(stage.metrics(), [Metric::MailRefused]);
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 1);
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Sent)]);
}

#[tokio::test]
async fn a_mail_that_ses_does_not_take_at_present_can_be_sent_at_once_again() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    for (status, code) in [(500, "InternalFailure"), (429, "TooManyRequestsException"), (503, "ServiceUnavailable")] {
        stage.ses.refuse(status, code);
        let failure = stage.deliver(id, "AccessRequestSubmitted").await.unwrap_err();
        assert!(matches!(failure, Failure::Transient(_)), "{code}: {failure}");
        assert_eq!(stage.record(id).await, [], "{code}");
        assert_eq!(stage.metrics(), [], "{code}: nothing came of it yet");
    }
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 1);
}

#[tokio::test]
async fn of_two_mails_only_the_one_that_is_missing_is_sent_again() {
    let stage = Stage::new().await;
    let id = stage.provisioned("payments-api").await;
    stage.ses.refuse(500, "InternalFailure");
    stage.deliver(id, "ProvisioningFailed").await.unwrap_err();
    let templates = || stage.ses.mails().into_iter().map(|mail| mail.template).collect::<Vec<_>>();
    assert_eq!(templates(), ["approve"]);
    stage.deliver(id, "ProvisioningFailed").await.unwrap();
    assert_eq!(templates(), ["provisioning-failed"]);
}

#[tokio::test]
async fn as_long_as_one_mail_may_still_go_out_the_event_is_to_come_again() {
    let stage = Stage::new().await;
    for refusals in
        [[(500, "InternalFailure"), (400, "MessageRejected")], [(400, "MessageRejected"), (500, "InternalFailure")]]
    {
        let id = stage.world.submitted(&ada(), "payments-api", "gold", refusals[0].1).await.id;
        stage.provision(id).await;
        refusals.into_iter().for_each(|(status, code)| stage.ses.refuse(status, code));
        let failure = stage.deliver(id, "ProvisioningFailed").await.unwrap_err();
        assert!(matches!(failure, Failure::Transient(_)), "{failure}");
    }
}

/// The owners' mailbox being refused is no reason to leave the requester without word.
#[tokio::test]
async fn a_refused_mail_to_the_owners_does_not_keep_the_requesters_back() {
    let stage = Stage::new().await;
    let id = stage.provisioned("payments-api").await;
    stage.ses.refuse(400, "MessageRejected");
    let failure = stage.deliver(id, "ProvisioningFailed").await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
    let expected = [(MailKind::Approve, MailStatus::Sent), (MailKind::ProvisioningFailed, MailStatus::Refused)];
    assert_eq!(stage.record(id).await, expected);
    assert_eq!(stage.ses.mails()[0].to, ["ada@example.com"]);
}

#[tokio::test]
async fn without_the_store_the_event_is_to_come_again() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    for operation in ["GetItem", "PutItem", "BatchGetItem"] {
        stage.world.table.faults.plan(operation, Fault::Unreachable, 3);
        let failure = stage.deliver(id, "AccessRequestSubmitted").await.unwrap_err();
        assert!(matches!(failure, Failure::Transient(_)), "{operation}: {failure}");
        assert!(stage.world.table.faults.are_over(), "{operation}");
        assert!(stage.ses.mails().is_empty(), "{operation}");
    }
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 1);
}

/// Otherwise the mail would go out again, with the next delivery of the event.
#[tokio::test]
async fn a_mail_that_was_taken_is_put_on_record_even_when_the_table_is_out_of_reach_at_first() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    let held = stage.world.table.faults.hold("BatchGetItem", 0);
    let (delivered, ()) = tokio::join!(stage.deliver(id, "AccessRequestSubmitted"), async {
        // The mail is leased, and the owners are being looked up.
        held.arrived().await;
        stage.world.table.faults.plan("PutItem", Fault::Unreachable, 5);
        held.release();
    });
    delivered.unwrap();
    assert!(stage.world.table.faults.are_over());
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Sent)]);
    assert_eq!(stage.ses.mails().len(), 1);
}
