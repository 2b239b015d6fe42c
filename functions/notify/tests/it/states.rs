//! A mail is sent when the request is in the state that the mail tells of.

use gatepass_domain::Person;
use gatepass_domain::event::MailStatus;
use gatepass_domain::settings::MailKind;
use gatepass_lambda::Failure;
use gatepass_testkit::aws::bus_event;
use gatepass_testkit::{ada, at, context, owen};
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn after_being_prepared_the_requester_hears_once_that_access_is_ready() {
    let stage = Stage::new().await;
    let id = stage.provisioned("payments-api").await;
    stage.deliver(id, "ProvisioningFailed").await.unwrap();
    assert_eq!(stage.templates(), ["provisioning-failed", "approve"]);
    stage.succeeds_at_last(id).await;
    for _ in 0..2 {
        stage.deliver(id, "AccessProvisioned").await.unwrap();
    }
    assert_eq!(stage.templates(), ["ready"]);
    // Late deliveries change nothing.
    stage.deliver(id, "ProvisioningFailed").await.unwrap();
    assert_eq!(stage.templates(), [""; 0]);
}

#[tokio::test]
async fn access_that_is_not_ready_within_two_minutes_is_said_to_be_prepared() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.world.approved(id).await;
    stage.requeued_at("2026-11-23T12:01:59Z", id).await;
    stage.deliver_at("2026-11-23T12:01:59Z", id, "ProvisioningRequeued").await.unwrap();
    assert_eq!(stage.templates(), [""; 0]);
    for _ in 0..2 {
        stage.deliver_at("2026-11-23T12:02:00Z", id, "ProvisioningRequeued").await.unwrap();
    }
    let mails = stage.ses.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].template.as_str(), mails[0].to.as_slice()), ("approve", &["ada@example.com".to_owned()][..]));
    assert!(mails[0].text.contains("being prepared"), "{}", mails[0].text);
    stage.succeeds_at_last(id).await;
    stage.deliver_at("2026-11-23T12:03:30Z", id, "AccessProvisioned").await.unwrap();
    assert_eq!(stage.templates(), ["ready"]);
}

/// Access becomes ready between the first look at the request and the moment at which the mail is marked as being sent.
#[tokio::test]
async fn a_mail_that_access_is_being_prepared_is_not_sent_once_it_is_ready() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.world.approved(id).await;
    stage.requeued_at("2026-11-23T12:02:00Z", id).await;
    let held = stage.world.table.faults.hold("PutItem", 0);
    let (delivered, ()) = tokio::join!(stage.deliver_at("2026-11-23T12:02:00Z", id, "ProvisioningRequeued"), async {
        held.arrived().await;
        stage.succeeds_at_last(id).await;
        held.release();
    });
    delivered.unwrap();
    assert_eq!(stage.templates(), [""; 0]);
    stage.deliver_at("2026-11-23T12:02:01Z", id, "AccessProvisioned").await.unwrap();
    assert_eq!(stage.templates(), ["approve"], "it is the first that the requester hears");
}

#[tokio::test]
async fn the_mail_that_access_is_ready_waits_for_the_one_that_it_is_being_prepared() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.world.approved(id).await;
    let (which, since) = (Some("being-prepared"), at("2026-11-23T12:02:00Z"));
    let lease = stage.world.store.lease_mail(id, MailKind::Approve, which, since).await.unwrap();
    let gatepass_store::Lease::Taken(lease) = lease else { panic!("{lease:?}") };
    stage.succeeds_at_last(id).await;
    let early = stage.deliver_at("2026-11-23T12:02:01Z", id, "AccessProvisioned").await.unwrap_err();
    assert!(matches!(early, Failure::Transient(_)), "{early}");
    assert_eq!(stage.templates(), [""; 0]);
    stage.world.store.settle_mail(&lease, MailStatus::Sent, since).await.unwrap();
    stage.deliver_at("2026-11-23T12:02:02Z", id, "AccessProvisioned").await.unwrap();
    assert_eq!(stage.templates(), ["ready"]);
}

/// Access had ended by itself: nobody is told that it is taken back.
#[tokio::test]
async fn revoking_an_expired_credential_tells_nobody_that_access_was_revoked() {
    for (time, templates) in [("2026-11-24T12:00:00Z", vec!["revoked"]), ("2027-01-01T12:00:00Z", vec![])] {
        let stage = Stage::new().await;
        let request = stage.world.submitted(&ada(), "weather-api", "free", "Storm warnings").await;
        stage.provision(request.id).await;
        let credential_id = stage.world.request(request.id).await.credential_id.unwrap();
        let mut late = context();
        late.now = at(time);
        let any = gatepass_app::Precondition::Any;
        gatepass_app::revoke_credential::revoke_own(
            &stage.world.store,
            &mut late,
            &ada(),
            request.app.id,
            credential_id,
            &any,
        )
        .await
        .unwrap();
        stage.deliver_at(time, request.id, "AccessRevoked").await.unwrap();
        assert_eq!(stage.templates(), templates, "{time}");
    }
}

#[tokio::test]
async fn a_request_that_is_revoked_while_it_is_queued_is_told_to_the_requester() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.world.approved(id).await;
    let unkeyed = gatepass_app::Idempotent::Unkeyed;
    gatepass_app::revoke::revoke(
        &stage.world.store,
        &mut context(),
        &owen().into(),
        id,
        Some("Not any more."),
        &unkeyed,
    )
    .await
    .unwrap();
    for _ in 0..2 {
        stage.deliver(id, "AccessRevoked").await.unwrap();
    }
    let mails = stage.ses.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].template.as_str(), mails[0].to.as_slice()), ("revoked", &["ada@example.com".to_owned()][..]));
    assert!(mails[0].text.contains("> Not any more."), "{}", mails[0].text);
}

#[tokio::test]
async fn a_forged_event_causes_no_mail() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    let genuine = bus_event(&stage.world.event(id, "AccessRequestSubmitted").await);
    let forge = async |event_type: &str| {
        let mut forged = genuine.clone();
        forged["detail"]["metadata"]["type"] = json!(event_type);
        forged["detail"]["data"]["attempts"] = json!(5);
        forged["detail"]["data"]["code"] = json!("forged");
        stage.deliver_json("2026-11-23T18:00:00Z", &forged).await.unwrap();
    };
    for event_type in
        ["AccessRequestRejected", "ProvisioningRequeued", "AccessProvisioned", "ProvisioningFailed", "AccessRevoked"]
    {
        forge(event_type).await;
    }
    assert!(stage.ses.mails().is_empty());
    assert_eq!(stage.record(id).await, []);
    stage.world.rejected(id, "No").await;
    stage.deliver_json("2026-11-23T18:00:00Z", &genuine).await.unwrap();
    assert!(stage.ses.mails().is_empty(), "it does not wait any more");
}

/// Two addresses in one would send the mail to a stranger, and a line break would add a header.
#[tokio::test]
async fn a_requester_without_exactly_one_address_is_not_written_to() {
    for (n, email) in ["victim@example.com,second@example.com", "ada@example.com\r\nBcc: all@example.com", "ada"]
        .into_iter()
        .enumerate()
    {
        let stage = Stage::new().await;
        let eve = Person { email: Some(email.into()), ..ada() };
        let id = stage.world.submitted(&eve, "weather-api", "gold", &format!("App {n}")).await.id;
        stage.world.rejected(id, "No").await;
        stage.deliver(id, "AccessRequestRejected").await.unwrap();
        assert!(stage.ses.mails().is_empty(), "{email:?}");
        assert_eq!(stage.record(id).await, [(MailKind::Reject, MailStatus::NoRecipient)], "{email:?}");
    }
}

#[tokio::test]
async fn the_subject_of_the_owners_mail_ends_with_the_requesters_name_in_quotes() {
    let stage = Stage::new().await;
    let eve = Person { name: "URGENT account review https://evil.example/x".into(), ..ada() };
    let id = stage.world.submitted(&eve, "weather-api", "gold", "Storm warnings").await.id;
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!(mails[0].subject, "Access to Weather API requested by \"URGENT account review\"");
    assert!(!mails[0].text.contains("evil.example") && !mails[0].html.contains("evil.example"), "{}", mails[0].text);
}
