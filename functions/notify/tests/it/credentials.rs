//! The owner of an app hears what becomes of its credentials.

use gatepass_app::{Idempotent, suspend};
use gatepass_domain::event::MailStatus;
use gatepass_domain::id::{CredentialId, RequestId};
use gatepass_domain::settings::MailKind;
use gatepass_domain::{Plan, Product, Settings};
use gatepass_testkit::{at, context, demo, owen};

use crate::stage::Stage;

/// Access under a plan whose keys live 30 days, from 23 November 2026, noon.
async fn thirty_days(stage: &Stage) -> RequestId {
    let gold = demo::plan("gold", "Gold");
    stage.world.offer::<Plan>(Plan { key_expires_in_seconds: Some(30 * 86_400), ..gold }).await;
    stage.provisioned("weather-api").await
}

async fn credential(stage: &Stage, id: RequestId) -> CredentialId {
    stage.world.request(id).await.credential_id.unwrap()
}

#[tokio::test]
async fn the_end_of_a_key_is_announced_twice_and_told_once_it_has_come() {
    let stage = Stage::new().await;
    let id = thirty_days(&stage).await;
    for (time, event_type, template, says) in [
        ("2026-12-09T12:00:00Z", "CredentialExpiring", "key-to-expire", "23 December 2026, 12:00 UTC"),
        ("2026-12-21T12:00:00Z", "CredentialExpiring", "key-to-expire", "23 December 2026, 12:00 UTC"),
        ("2026-12-23T12:00:00Z", "CredentialExpired", "key-expired", "22 January 2027, 12:00 UTC"),
    ] {
        stage.run_schedule_at(time).await;
        for _ in 0..2 {
            stage.deliver_about_credential(time, id, event_type).await.unwrap();
        }
        let mails = stage.ses.mails();
        assert_eq!(mails.len(), 1, "{time}");
        assert_eq!((mails[0].template.as_str(), mails[0].to.join(",").as_str()), (template, "ada@example.com"));
        assert!(mails[0].text.contains(says) && mails[0].text.contains("Renew"), "{}", mails[0].text);
    }
    let told = stage.record(id).await;
    let announced = (MailKind::KeyToExpire, MailStatus::Sent);
    assert_eq!(told, [announced, announced, (MailKind::KeyExpired, MailStatus::Sent)]);
    // An announcement that comes after the end tells nobody.
    stage.deliver_about_credential("2026-12-23T12:01:00Z", id, "CredentialExpiring").await.unwrap();
    assert!(stage.ses.mails().is_empty());
}

#[tokio::test]
async fn announcements_that_come_late_are_one_mail() {
    let stage = Stage::new().await;
    let id = thirty_days(&stage).await;
    stage.run_schedule_at("2026-12-21T13:00:00Z").await;
    stage.run_schedule_at("2026-12-21T13:01:00Z").await;
    stage.deliver_about_credential("2026-12-21T13:01:00Z", id, "CredentialExpiring").await.unwrap();
    assert_eq!(stage.templates(), ["key-to-expire"]);
    assert_eq!(stage.record(id).await.len(), 1);
}

// Covers P12.
#[tokio::test]
async fn a_suspension_and_its_end_are_told_with_the_reason_and_whom_to_ask() {
    let stage = Stage::new().await;
    let weather = demo::products().swap_remove(0);
    stage.world.offer::<Product>(Product { support: Some("help@weather.example.com".into()), ..weather }).await;
    let id = thirty_days(&stage).await;
    let (credential, owen) = (credential(&stage, id).await, owen());
    let because = |text: &str| Some(text.to_owned());
    let (store, unkeyed) = (&stage.world.store, Idempotent::Unkeyed);
    suspend::suspend(store, &mut context(), &owen, credential, because("Seen in public."), &unkeyed).await.unwrap();
    for _ in 0..2 {
        stage.deliver_about_credential("2026-11-23T13:00:00Z", id, "CredentialSuspended").await.unwrap();
    }
    let mails = stage.ses.mails();
    assert_eq!((mails.len(), mails[0].template.as_str()), (1, "suspended"));
    for said in ["Seen in public.", "help@weather.example.com", "Weather API"] {
        assert!(mails[0].text.contains(said), "{said}: {}", mails[0].text);
    }
    let mut later = context();
    later.now = at("2026-11-23T14:00:00Z");
    suspend::resume(store, &mut later, &owen, credential, because("Cleaned up."), &unkeyed).await.unwrap();
    stage.deliver_about_credential("2026-11-23T14:00:01Z", id, "CredentialResumed").await.unwrap();
    let mails = stage.ses.mails();
    assert_eq!((mails.len(), mails[0].template.as_str()), (1, "resumed"));
    assert!(mails[0].text.contains("Cleaned up."), "{}", mails[0].text);
    // The suspension is over: its event tells nobody any more.
    stage.deliver_about_credential("2026-11-23T14:01:00Z", id, "CredentialSuspended").await.unwrap();
    assert!(stage.ses.mails().is_empty());
}

#[tokio::test]
async fn an_announcement_can_be_muted() {
    let stage = Stage::new().await;
    stage.configure(Settings { muted_mails: vec![MailKind::KeyToExpire], ..Settings::default() }).await;
    let id = thirty_days(&stage).await;
    stage.run_schedule_at("2026-12-09T12:00:00Z").await;
    stage.deliver_about_credential("2026-12-09T12:00:00Z", id, "CredentialExpiring").await.unwrap();
    assert_eq!(stage.record(id).await, [(MailKind::KeyToExpire, MailStatus::Muted)]);
}

// Covers P9.
#[tokio::test]
async fn an_early_announcement_says_from_when_the_key_can_be_renewed() {
    let stage = Stage::new().await;
    stage.configure(Settings { expiry_notices_seconds: vec![40 * 86_400], ..Settings::default() }).await;
    let gold = demo::plan("gold", "Gold");
    stage.world.offer::<Plan>(Plan { key_expires_in_seconds: Some(60 * 86_400), ..gold }).await;
    let id = stage.provisioned("weather-api").await;
    stage.run_schedule_at("2026-12-13T12:00:00Z").await;
    stage.deliver_about_credential("2026-12-13T12:00:00Z", id, "CredentialExpiring").await.unwrap();
    let mail = stage.ses.mails().remove(0);
    assert!(mail.text.contains("from 23 December 2026, 12:00 UTC until 21 February 2027, 12:00 UTC"), "{}", mail.text);
}

#[tokio::test]
async fn nobody_is_told_to_renew_what_is_suspended() {
    let stage = Stage::new().await;
    let id = thirty_days(&stage).await;
    stage.suspend(id, "2026-11-24T12:00:00Z").await;
    stage.ses.mails();
    stage.run_schedule_at("2026-12-09T12:00:00Z").await;
    stage.deliver_about_credential("2026-12-09T12:00:00Z", id, "CredentialExpiring").await.unwrap();
    let mail = stage.ses.mails().remove(0);
    assert!(mail.text.contains("This key cannot be renewed"), "{}", mail.text);
}
