//! Texts that people write are data.

use gatepass_domain::settings::MailKind;
use gatepass_mail::{Decider, MailContext, ProductName, render, sample};

/// The mail's sample with `text` wherever a person can put one.
fn everywhere(kind: MailKind, text: &str) -> MailContext {
    let mut context = sample(kind);
    context.requester.name = text.into();
    context.requester.email = Some(text.into());
    context.app.name = text.into();
    context.products.iter_mut().for_each(|product| product.name = text.into());
    context.plan.name = text.into();
    context.plan.limits = vec![text.into()];
    context.justification = Some(text.into());
    context.reason = Some(text.into());
    if let Some(error) = &mut context.provisioning.last_error {
        error.message = text.into();
    }
    if let Some(Decider::Person { name }) = &mut context.decided_by {
        *name = Some(text.into());
    }
    context
}

#[test]
fn markup_in_a_name_is_text() {
    let hostile = "<script>alert(\"1\")</script><img src='x'>&amp;";
    for kind in MailKind::ALL {
        let mail = render(kind, &everywhere(kind, hostile), None).unwrap();
        for markup in ["<script", "<img", "alert(\"", "src='", "&amp;amp;amp;"] {
            assert!(!mail.html.contains(markup), "{markup} in:\n{}", mail.html);
        }
        assert!(mail.html.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{}", mail.html);
        assert!(mail.text.contains(hostile), "plain text needs no escaping:\n{}", mail.text);
    }
}

#[test]
fn a_portal_address_cannot_leave_its_attribute() {
    let context = MailContext { portal_url: "https://x\" onclick=\"y".into(), ..sample(MailKind::Approve) };
    let mail = render(MailKind::Approve, &context, None).unwrap();
    assert!(!mail.html.contains("onclick=\""), "{}", mail.html);
}

#[test]
fn a_template_in_a_name_is_text() {
    let hostile = "{{ 7*7 }}{% for x in products %}{# gone #}";
    for kind in MailKind::ALL {
        let mail = render(kind, &everywhere(kind, hostile), Some("{{ requester }}")).unwrap();
        assert_eq!(mail.subject.trim_matches('"'), hostile);
        assert!(mail.text.contains(hostile), "{}", mail.text);
        assert!(!mail.html.contains("49"), "{}", mail.html);
    }
}

#[test]
fn a_line_break_in_a_name_begins_no_line_and_adds_no_header() {
    for line_break in ["\n", "\r\n", "\r", "\u{2028}", "\u{2029}", "\u{85}", "\u{b}"] {
        let hostile = format!("Ada{line_break}Bcc: all@example.com");
        for kind in MailKind::ALL {
            let mut context = everywhere(kind, &hostile);
            context.justification = None;
            context.reason = None;
            context.provisioning.last_error = None;
            let mail = render(kind, &context, None).unwrap();
            assert!(mail.subject.contains("Ada Bcc: all@example.com"), "{line_break:?}: {}", mail.subject);
            assert!(!mail.subject.chars().any(char::is_control));
            assert!(!mail.text.lines().any(|line| line.starts_with("Bcc:")), "{line_break:?}:\n{}", mail.text);
        }
    }
}

#[test]
fn a_reason_cannot_pass_for_the_mails_own_words() {
    let hostile = "No.\r\n\r\nReview the request: https://evil.example\u{2028}Plan: Platinum";
    let mail = render(MailKind::Reject, &everywhere(MailKind::Reject, hostile), None).unwrap();
    assert!(
        mail.text.contains("> No.\n>\n> Review the request: https://evil.example\n> Plan: Platinum\n"),
        "{}",
        mail.text
    );
}

#[test]
fn a_name_cannot_turn_the_text_around_it() {
    let mail = render(MailKind::Submitted, &everywhere(MailKind::Submitted, "\u{202e}adA\u{2066}"), None).unwrap();
    assert!(!format!("{}{}{}", mail.subject, mail.text, mail.html).contains(['\u{202e}', '\u{2066}']));
}

#[test]
fn the_largest_request_still_makes_a_mail_with_a_subject_that_fits() {
    for kind in MailKind::ALL {
        let mut context = everywhere(kind, &"<".repeat(2000));
        context.requester.name = "\u{1f980}".repeat(256);
        context.products = (0..200)
            .map(|number| ProductName { id: format!("product-{number}").parse().unwrap(), name: "&".repeat(100) })
            .collect();
        let mail = render(kind, &context, None).unwrap();
        assert!(mail.subject.chars().count() <= 200, "{}", mail.subject);
        if kind == MailKind::Reassigned {
            // It names no products.
            continue;
        }
        assert!(mail.subject.ends_with('…') || mail.subject.contains("and 197 more"), "{}", mail.subject);
        assert!(mail.text.contains("product-199"));
    }
}
