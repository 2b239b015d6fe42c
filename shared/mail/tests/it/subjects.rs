//! Subjects from the settings (R39, R43).

use gatepass_domain::settings::MailKind;
use gatepass_mail::{Part, RenderError, Source, check_subject, render, sample};
use rstest::rstest;

// Covers R39, R43.
#[rstest]
#[case("Welcome to {{ products }}", "Welcome to Weather API and Maps API")]
#[case("[{{ plan|upper }}] {{ app }}: {{ product_list|length }} products", "[GOLD] Storm warnings: 2 products")]
#[case("{% if automatic %}At once{% else %}By {{ decided_by }}{% endif %}", "By \"Owen\"")]
#[case("{{ limits | join(', ') }}!", "100 requests per second, keys expire after 30 days!")]
#[case("{% for p in product_list %}{{ p.id }} {% endfor %}", "weather-api maps-api")]
#[case("  two\n lines\t", "two lines")]
fn a_configured_subject_replaces_the_built_in_one(#[case] template: &str, #[case] subject: &str) {
    let kind = MailKind::Approve;
    let mail = render(kind, &sample(kind), Some(template)).unwrap();
    assert_eq!(mail.subject, subject);
    assert!(mail.html.contains(&format!("<title>{}</title>", subject.replace('"', "&quot;"))));
    assert_eq!(mail.text, render(kind, &sample(kind), None).unwrap().text);
    assert_eq!(check_subject(kind, template), Ok(()));
}

#[test]
fn each_built_in_subject_could_be_configured() {
    for kind in MailKind::ALL {
        let path =
            format!("{}/../../functions/notify/templates/{}/subject.txt", env!("CARGO_MANIFEST_DIR"), kind.as_str());
        assert_eq!(check_subject(kind, &std::fs::read_to_string(path).unwrap()), Ok(()));
    }
}

#[rstest]
#[case::misspelt("Welcome {{ requestor }}", "requestor")]
#[case::on_a_branch_not_taken("{% if not provisioned and automatic and plan == 'x' %}{{ typo }}{% endif %}x", "typo")]
#[case::of_another_mail("Rejected: {{ reason }}", "reason")]
#[case::an_owners_matter("{{ requester_email }}", "requester_email")]
#[case::a_function("{{ range(9) }}", "range")]
#[case::the_engines_own_state("{{ debug() }}", "debug")]
#[case::the_subject_itself("{{ subject }}", "subject")]
fn an_unknown_variable_is_named_with_what_there_is(#[case] template: &str, #[case] unknown: &str) {
    let error = check_subject(MailKind::Approve, template).unwrap_err();
    let RenderError::Unknown { template: source, name, known } = &error else { panic!("{error:?}") };
    assert_eq!((*source, name.as_str()), (Source::Settings { kind: MailKind::Approve }, unknown));
    assert!(known.contains(&"products"), "{known:?}");
}

#[test]
fn errors_say_what_is_wrong_where_and_what_would_be_right() {
    let faults = [
        "Welcome {{ requestor }}",
        "Welcome\n{{ requester",
        "{% include 'body.txt' %}",
        "{% extends 'body.txt' %}",
        "{% macro m() %}{% endmacro %}x",
        "{{ requester | tojson }}",
        "{{ app | safe }}",
        "{{ requester * requester }}",
        "{{ requester.name.first }}",
        "{% for product in product_list %}{{ product.nmae }}{% endfor %}",
        "{{ limits | first }}",
        "{# nothing #}",
        "{{ decided_by }}",
        "{% for a in 'x' * 9999 %}{% for b in 'x' * 9999 %}{% endfor %}{% endfor %}x",
        "{{ 'x' * 999999999 }}",
    ];
    let told: Vec<_> = faults
        .iter()
        .map(|template| format!("{template}\n    {}", check_subject(MailKind::Approve, template).unwrap_err()))
        .collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("faulty_subjects", told.join("\n\n"));
    });
}

#[test]
fn an_error_tells_of_the_template_and_nothing_of_the_people() {
    let mut context = sample(MailKind::Submitted);
    context.requester.name = "Zebedee".into();
    context.requester.email = Some("zebedee@example.com".into());
    for template in
        ["{{ requester_email * 2.5 }}", "{{ requester - 1 }}", "{{ requester.x.y }}", "{{ requester|join(1, 2, 3) }}"]
    {
        let error = render(MailKind::Submitted, &context, Some(template)).unwrap_err();
        let told = format!("{error} {error:?}").to_lowercase();
        assert!(!told.contains("zebedee") && !told.contains('@'), "{told}");
    }
}

#[test]
fn a_subject_must_say_something_for_every_request() {
    let error = check_subject(MailKind::Approve, "{{ decided_by }}").unwrap_err();
    assert_eq!(error, RenderError::EmptySubject { template: Source::Settings { kind: MailKind::Approve } });
    assert_eq!(check_subject(MailKind::Reject, "{{ decided_by }} said no"), Ok(()));
}

#[test]
fn a_source_is_named_as_its_file_is() {
    let source = Source::BuiltIn { kind: MailKind::ProvisioningFailed, part: Part::Html };
    assert_eq!(source.to_string(), "the built-in template provisioning-failed/body.html");
}
