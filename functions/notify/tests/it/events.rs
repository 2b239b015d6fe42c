//! The mail that each event triggers, and who gets it.

use gatepass_domain::event::MailStatus;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{Person, Plan, Product, Settings};
use gatepass_lambda::{Failure, Metric};
use gatepass_testkit::aws::bus_event;
use gatepass_testkit::{ada, demo};
use serde_json::json;

use crate::stage::Stage;

/// R22
#[tokio::test]
async fn the_owners_are_told_in_one_message_of_what_waits() {
    let stage = Stage::new().await;
    let weather = demo::products().swap_remove(0);
    let owners = ["wilma@example.com", "abel@example.com", "wilma@example.com"].map(str::to_owned).to_vec();
    stage.world.offer(Product { owners, ..weather }).await;
    let id = stage.submitted("weather-api").await;
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["abel@example.com", "wilma@example.com"]);
    assert_eq!(mails[0].template, "submitted");
    for part in [&mails[0].text, &mails[0].html] {
        assert!(part.contains("Ada") && part.contains("Weather API"), "{part}");
        assert!(part.contains("portal.example.com"), "{part}");
    }
    insta::assert_snapshot!("submitted", mails[0].text.replace(&id.to_string(), "[id]"));
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::Sent)]);
}

/// R37
#[tokio::test]
async fn the_requester_is_told_when_access_stands() {
    let stage = Stage::new().await;
    let id = stage.provisioned("weather-api").await;
    stage.deliver(id, "AccessProvisioned").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].to.as_slice(), mails[0].template.as_str()), (&["ada@example.com".to_owned()][..], "approve"));
    assert!(!mails[0].text.contains("gp_"), "no key in a mail: {}", mails[0].text);
    assert_eq!(stage.record(id).await, [(MailKind::Approve, MailStatus::Sent)]);
}

/// R41
#[tokio::test]
async fn the_requester_is_told_why_access_was_not_granted() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.world.rejected(id, "Please use the plan <free>.").await;
    stage.deliver(id, "AccessRequestRejected").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, &["ada@example.com".to_owned()][..]));
    assert!(mails[0].text.contains("Please use the plan <free>."), "{}", mails[0].text);
    assert!(mails[0].html.contains("Please use the plan &lt;free&gt;."), "{}", mails[0].html);
    assert_eq!(stage.record(id).await, [(MailKind::Reject, MailStatus::Sent)]);
}

#[tokio::test]
async fn a_final_failure_is_told_to_the_owners_and_to_the_requester() {
    let stage = Stage::new().await;
    let id = stage.provisioned("payments-api").await;
    stage.deliver(id, "ProvisioningFailed").await.unwrap();
    let mails = stage.ses.mails();
    let told: Vec<_> = mails.iter().map(|mail| (mail.template.as_str(), mail.to.join(","))).collect();
    let expected = [
        ("provisioning-failed", "payments-api-owner@example.com".to_owned()),
        ("approve", "ada@example.com".to_owned()),
    ];
    assert_eq!(told, expected);
    let expected = [(MailKind::Approve, MailStatus::Sent), (MailKind::ProvisioningFailed, MailStatus::Sent)];
    assert_eq!(stage.record(id).await, expected);
    // Each failure is news to the owners; the requester knows.
    stage.fails_again(id).await;
    stage.deliver(id, "ProvisioningFailed").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!(mails.iter().map(|mail| mail.template.as_str()).collect::<Vec<_>>(), ["provisioning-failed"]);
}

#[tokio::test]
async fn a_referral_is_told_like_a_submission_and_not_in_addition_to_one() {
    let stage = Stage::new().await;
    let id = stage.world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
    stage.world.offer(demo::plan("free", "Free")).await;
    gatepass_app::auto_approve::auto_approve(&stage.world.store, &mut gatepass_testkit::context(), id).await.unwrap();
    stage.deliver(id, "AccessRequestReferred").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 1);
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails().len(), 0);
}

#[tokio::test]
async fn an_event_that_triggers_no_mail_is_refused_for_good() {
    let stage = Stage::new().await;
    let id = stage.submitted("weather-api").await;
    stage.world.approved(id).await;
    let mut garbage = bus_event(&stage.world.event(id, "AccessRequestSubmitted").await);
    let mut nobodys = garbage.clone();
    garbage["detail"]["metadata"] = json!({});
    nobodys["detail"]["data"]["request_id"] = json!("019351d0-0000-7000-8000-000000000000");
    let approved = bus_event(&stage.world.event(id, "AccessRequestApproved").await);
    for event in [garbage, nobodys, approved] {
        let failure = stage.deliver_json("2026-11-23T12:00:01Z", &event).await.unwrap_err();
        assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
    }
    assert!(stage.ses.mails().is_empty());
    assert!(stage.record(id).await.is_empty());
}

/// R36
#[tokio::test]
async fn without_a_sender_that_is_on_record_and_nothing_is_sent() {
    let stage = Stage::without_sender().await;
    let id = stage.submitted("weather-api").await;
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert!(stage.ses.mails().is_empty());
    assert_eq!(stage.record(id).await, [(MailKind::Submitted, MailStatus::NotConfigured)]);
}

#[tokio::test]
async fn a_muted_mail_is_not_sent_and_the_others_are() {
    let stage = Stage::new().await;
    stage.configure(Settings { muted_mails: vec![MailKind::Approve], ..Settings::default() }).await;
    let id = stage.provisioned("payments-api").await;
    stage.deliver(id, "ProvisioningFailed").await.unwrap();
    assert_eq!(
        stage.ses.mails().iter().map(|mail| mail.template.as_str()).collect::<Vec<_>>(),
        ["provisioning-failed"]
    );
    let expected = [(MailKind::Approve, MailStatus::Muted), (MailKind::ProvisioningFailed, MailStatus::Sent)];
    assert_eq!(stage.record(id).await, expected);
}

#[tokio::test]
async fn a_mail_without_a_recipient_is_on_record() {
    let stage = Stage::new().await;
    let weather = demo::products().swap_remove(0);
    stage.world.offer(Product { owners: Vec::new(), ..weather }).await;
    let nobody = Person { email: None, ..ada() };
    let id = stage.world.submitted(&nobody, "weather-api", "gold", "Storm warnings").await.id;
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    stage.world.rejected(id, "No").await;
    stage.deliver(id, "AccessRequestRejected").await.unwrap();
    assert!(stage.ses.mails().is_empty());
    let expected = [(MailKind::Submitted, MailStatus::NoRecipient), (MailKind::Reject, MailStatus::NoRecipient)];
    assert_eq!(stage.record(id).await, expected);
    assert_eq!(stage.metrics(), [Metric::MailWithoutRecipient; 2]);
}

/// R35
#[tokio::test]
async fn a_configured_subject_replaces_the_built_in_one() {
    let stage = Stage::new().await;
    let subjects = [(MailKind::Submitted, "{{ requester }} would like {{ products }}".to_owned())];
    stage.configure(Settings { mail_subjects: subjects.into(), ..Settings::default() }).await;
    let id = stage.submitted("weather-api").await;
    stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
    assert_eq!(stage.ses.mails()[0].subject, "\"Ada\" would like Weather API");
}

/// It cannot be saved; should it stand there all the same, people learn what they must.
#[tokio::test]
async fn a_subject_that_cannot_be_used_gives_way_to_the_built_in_one() {
    let stage = Stage::new().await;
    let subjects = [(MailKind::Reject, "{{ nonsense".to_owned())];
    stage.configure(Settings { mail_subjects: subjects.into(), ..Settings::default() }).await;
    let id = stage.submitted("weather-api").await;
    stage.world.rejected(id, "No").await;
    stage.deliver(id, "AccessRequestRejected").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].subject.is_empty() && !mails[0].subject.contains("nonsense"), "{}", mails[0].subject);
}

/// A plan under which a request is brought to mind, escalated and ended after a minute each.
async fn short_waits(stage: &Stage) {
    let plan = Plan {
        remind_after_seconds: Some(60),
        escalate_after_seconds: Some(120),
        expire_after_seconds: Some(180),
        ..demo::plan("gold", "Gold")
    };
    stage.world.offer(plan).await;
}

// Covers P18, P19.
#[tokio::test]
async fn people_are_told_of_a_request_that_nobody_decides() {
    let stage = Stage::new().await;
    short_waits(&stage).await;
    stage.configure(Settings { escalation: vec!["leads@example.com".into()], ..Settings::default() }).await;
    let id = stage.submitted("weather-api").await;
    for (time, event_type, template, to) in [
        ("2026-11-23T12:01:00Z", "AccessRequestReminded", "reminder", "weather-api-owner@example.com"),
        ("2026-11-23T12:02:00Z", "AccessRequestEscalated", "escalation", "leads@example.com"),
        ("2026-11-23T12:03:30Z", "AccessRequestExpired", "request-expired", "ada@example.com"),
    ] {
        stage.run_schedule_at(time).await;
        for _ in 0..2 {
            stage.deliver_at(time, id, event_type).await.unwrap();
        }
        let mails = stage.ses.mails();
        assert_eq!(mails.len(), 1, "{event_type}");
        assert_eq!((mails[0].template.as_str(), mails[0].to.join(",").as_str()), (template, to));
    }
    // What comes late changes nothing.
    stage.deliver_at("2026-11-23T12:04:00Z", id, "AccessRequestReminded").await.unwrap();
    stage.deliver_at("2026-11-23T12:04:00Z", id, "AccessRequestEscalated").await.unwrap();
    assert!(stage.ses.mails().is_empty());
}

/// Nobody is set for escalation: that is on record, and no alarm.
#[tokio::test]
async fn without_addresses_nothing_is_escalated_by_mail() {
    let stage = Stage::new().await;
    short_waits(&stage).await;
    let id = stage.submitted("weather-api").await;
    stage.run_schedule_at("2026-11-23T12:02:00Z").await;
    stage.deliver_at("2026-11-23T12:02:00Z", id, "AccessRequestEscalated").await.unwrap();
    assert_eq!(stage.record(id).await, [(MailKind::Escalation, MailStatus::NotConfigured)]);
    assert_eq!(stage.metrics(), []);
}

// Covers R22.
#[tokio::test]
async fn the_fallback_owners_are_told_of_products_without_owners() {
    let stage = Stage::new().await;
    let weather = demo::products().swap_remove(0);
    stage.world.offer(Product { owners: Vec::new(), ..weather }).await;
    stage.configure(Settings { fallback_owners: vec!["team@example.com".into()], ..Settings::default() }).await;
    for (product, to) in [("weather-api", "team@example.com"), ("maps-api", "maps-api-owner@example.com")] {
        let id = stage.submitted(product).await;
        stage.deliver(id, "AccessRequestSubmitted").await.unwrap();
        assert_eq!(stage.ses.mails().remove(0).to, [to], "{product}");
    }
}
