//! Both owners hear that an app was reassigned.

use gatepass_app::apps::{self, NewOwner};
use gatepass_app::{Idempotent, Refused};
use gatepass_domain::PersonId;
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::key::PlainKey;
use gatepass_testkit::aws::bus_event;
use gatepass_testkit::{at, context, owen};

use crate::stage::Stage;

/// The schedule of the tests: an hour after the access was provisioned.
const HANDOVER: &str = "2026-11-23T13:00:00Z";

async fn hand_over(stage: &Stage, app: AppId, to: &str, email: Option<&str>, overlap_seconds: u32) {
    let contact = (email.map(|_| "Grace".to_owned()), email.map(str::to_owned));
    let to = NewOwner::new(PersonId(to.into()), contact, None, overlap_seconds).unwrap();
    let seal = async |_: CredentialId, _: PlainKey| Ok::<_, Refused>("sealed".to_owned());
    let mut context = context();
    context.now = at(HANDOVER);
    apps::reassign(&stage.world.store, &mut context, &owen(), app, &to, seal, &Idempotent::Unkeyed).await.unwrap();
}

async fn deliver(stage: &Stage, app: AppId) {
    let event = stage.world.store.last_event_of(&Aggregate::App(app)).await.unwrap().unwrap();
    stage.deliver_json(HANDOVER, &bus_event(&event)).await.unwrap();
}

// Covers P21.
#[tokio::test]
async fn both_owners_of_a_reassigned_app_are_told_once() {
    let stage = Stage::new().await;
    let id = stage.provisioned("weather-api").await;
    let app = stage.world.request(id).await.app.id;
    stage.ses.mails();
    hand_over(&stage, app, "grace", Some("grace@example.com"), 3600).await;
    for _ in 0..2 {
        deliver(&stage, app).await;
    }
    let mails = stage.ses.mails();
    let told: Vec<_> = mails.iter().map(|mail| (mail.template.as_str(), mail.to.join(","))).collect();
    assert_eq!(told, [("reassigned", "ada@example.com".to_owned()), ("reassigned", "grace@example.com".to_owned())]);
    for (mail, says) in [(&mails[0], "from you to \"Grace\""), (&mails[1], "from \"ada\" to you")] {
        assert!(mail.text.to_lowercase().contains(&says.to_lowercase()), "{}", mail.text);
        assert!(mail.text.contains("23 November 2026, 14:00 UTC"), "{}", mail.text);
    }
    assert!(mails[0].subject.contains("no longer yours") && mails[1].subject.contains("is yours now"));
    // What concerns its keys is told to the new owner from now on.
    stage.suspend(id, "2026-11-23T15:00:00Z").await;
    let mail = stage.ses.mails().remove(0);
    assert_eq!(mail.to, ["grace@example.com"]);
    assert!(mail.text.contains("Hello Grace"), "{}", mail.text);
}

#[tokio::test]
async fn an_event_about_a_handover_that_never_was_tells_nobody() {
    let stage = Stage::new().await;
    let id = stage.provisioned("weather-api").await;
    let app = stage.world.request(id).await.app.id;
    hand_over(&stage, app, "grace", None, 0).await;
    stage.ses.mails();
    let event = stage.world.store.last_event_of(&Aggregate::App(app)).await.unwrap().unwrap();
    let mut forged = bus_event(&event);
    forged["detail"]["data"]["from"] = "eve".into();
    stage.deliver_json(HANDOVER, &forged).await.unwrap();
    assert!(stage.ses.mails().is_empty());
    // The new owner has no address that is known: the former one is told all the same.
    deliver(&stage, app).await;
    let mails = stage.ses.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.join(",")).collect::<Vec<_>>(), ["ada@example.com"]);
    assert!(mails[0].text.contains("stop working"), "{}", mails[0].text);
}
