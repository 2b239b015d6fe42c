//! Every mail in every situation, read like a specification (R22, R24, R28, R35, R37–R43).

use gatepass_domain::access_request::ProvisioningStatus;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::MailKind;
use gatepass_mail::{Decider, MailContext, Requester, render, sample};

/// Every mail in every situation that reads differently.
pub(crate) fn situations() -> Vec<(&'static str, MailKind, MailContext)> {
    let mut all: Vec<_> = MailKind::ALL.iter().map(|kind| (kind.as_str(), *kind, sample(*kind))).collect();

    let mut unexplained = sample(MailKind::Submitted);
    unexplained.justification = None;
    unexplained.requester = Requester { name: "Grace".into(), email: None };
    unexplained.portal_url = String::new();
    all.push(("submitted_unexplained_without_portal", MailKind::Submitted, unexplained));

    let mut automatic = sample(MailKind::Approve);
    automatic.decided_by = Some(Decider::Policy);
    automatic.products.truncate(1);
    all.push(("approve_automatic", MailKind::Approve, automatic));

    let mut being_prepared = sample(MailKind::Approve);
    being_prepared.provisioning.status = ProvisioningStatus::Failed;
    being_prepared.auth_method = AuthMethod::OAuth2;
    being_prepared.plan.limits = vec!["no limit on requests".into(), "client secrets do not expire".into()];
    being_prepared.portal_url = String::new();
    all.push(("approve_being_prepared_without_portal", MailKind::Approve, being_prepared));

    let mut unreasoned = sample(MailKind::Reject);
    unreasoned.reason = None;
    unreasoned.decided_by = Some(Decider::Person { name: None });
    unreasoned.portal_url = String::new();
    all.push(("reject_unreasoned_by_a_person_since_erased_without_portal", MailKind::Reject, unreasoned));

    let mut unknown = sample(MailKind::ProvisioningFailed);
    unknown.provisioning.attempts = 1;
    unknown.provisioning.last_error = None;
    unknown.portal_url = String::new();
    all.push(("provisioning-failed_at_once_without_portal", MailKind::ProvisioningFailed, unknown));
    all
}

// Covers R22, R24, R28, R35, R37, R41.
#[test]
fn every_mail_reads_as_specified() {
    for (name, kind, context) in situations() {
        let mail = render(kind, &context, None).unwrap();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}.txt"), format!("Subject: {}\n\n{}", mail.subject, mail.text));
            insta::assert_snapshot!(format!("{name}.html"), mail.html);
        });
    }
}

// Covers R24.
#[test]
fn owners_see_who_asks_for_what_under_which_plan_and_into_which_app() {
    let mail = render(MailKind::Submitted, &sample(MailKind::Submitted), None).unwrap();
    for body in [&mail.text, &mail.html] {
        for fact in
            ["Ada", "ada@example.com", "Storm warnings", "Weather API", "Maps API", "Gold", "100 requests per second"]
        {
            assert!(body.contains(fact), "{fact} is missing in:\n{body}");
        }
    }
}

// Covers R40.
#[test]
fn the_requester_sees_what_was_approved_its_limits_and_where_the_credential_is() {
    let context = sample(MailKind::Approve);
    let mail = render(MailKind::Approve, &context, None).unwrap();
    for fact in
        ["Weather API", "Maps API", "Gold", "100 requests per second", "keys expire after 30 days", "Storm warnings"]
    {
        assert!(mail.text.contains(fact), "{fact} is missing in:\n{}", mail.text);
    }
    assert!(mail.text.contains(&format!("https://gatepass.example.com/apps/{}", context.app.id)));
}

#[test]
fn a_mail_to_the_requester_shows_no_address() {
    for kind in [MailKind::Approve, MailKind::Reject] {
        let mail = render(kind, &sample(kind), None).unwrap();
        assert!(!format!("{mail:?}").contains('@'), "{mail:?}");
    }
}

#[test]
fn a_portal_url_may_end_in_a_slash() {
    for kind in MailKind::ALL {
        let plain = sample(kind);
        let slashed = MailContext { portal_url: format!("{}/", plain.portal_url), ..plain.clone() };
        assert_eq!(render(kind, &slashed, None), render(kind, &plain, None));
    }
}
