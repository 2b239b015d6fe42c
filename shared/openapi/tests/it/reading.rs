use gatepass_openapi::{Document, Format, Refusal};
use serde_json::Value;

use crate::{WEATHER, faults, with, yaml};

// Covers P41.
#[test]
fn json_and_yaml_are_read_and_keep_their_order() {
    let document = yaml(WEATHER);
    assert_eq!((document.title(), document.api_version(), document.openapi()), ("Weather", "1.2", "3.0.3"));
    assert_eq!(document.operations(), 1);
    let json = document.to_json().unwrap();
    assert!(json.starts_with(r#"{"openapi":"3.0.3","info":{"title":"Weather""#), "{json}");
    let again = Document::parse(&json, Format::Json).unwrap();
    assert_eq!(again.to_json().unwrap(), json);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert!(value["paths"]["/forecast/{place}"]["get"]["responses"]["200"].is_object(), "names stay as written");
}

#[test]
fn the_inside_of_an_api_on_aws_is_taken_out() {
    let text = with(
        "      operationId: forecast",
        "      operationId: forecast\n      x-amazon-apigateway-integration:\n        uri: arn:aws:lambda:eu-west-1:123456789012:function:forecast\n        x-speed: high",
    );
    let text = format!("{text}x-amazon-apigateway-policy: {{Version: '2012-10-17'}}\nx-mine: kept\n");
    let json = yaml(&text).to_json().unwrap();
    assert!(!json.contains("amazon") && !json.contains("123456789012") && json.contains("x-mine"), "{json}");
}

#[test]
fn a_fault_has_its_line_and_its_place() {
    let named = |text: &str| {
        let faults = faults(text, Format::Yaml);
        assert_eq!(faults.len(), 1, "{faults:?}");
        (faults[0].line, faults[0].pointer.clone(), faults[0].detail.clone())
    };
    for (line, other, at, pointer) in [
        ("openapi: 3.0.3", "openapi: 2.0.0", 1, "/openapi"),
        ("  title: Weather", "  titel: Weather", 3, "/info"),
        ("  version: \"1.2\"", "  version: 1.2", 4, "/info/version"),
        ("  /forecast/{place}:", "  forecast:", 7, "/paths/forecast"),
        ("in: query, schema: {type: integer}", "in: body", 12, "/paths/~1forecast~1{place}/get/parameters/0/in"),
        ("required: true, ", "", 8, "/paths/~1forecast~1{place}/parameters/0"),
        ("        200:", "        ok:", 16, "/paths/~1forecast~1{place}/get/responses/ok"),
        ("          description: The forecast.\n", "", 16, "/paths/~1forecast~1{place}/get/responses/200"),
        ("    get:", "    fetch:", 10, "/paths/~1forecast~1{place}/fetch"),
        ("        place: {type: string}", "        place: string", 26, "/components/schemas/Forecast/properties/place"),
    ] {
        let (line, found, detail) = named(&with(line, other));
        assert_eq!((line, found.as_str()), (at, pointer), "{other}: {detail}");
    }
    let (_, _, detail) = named(&with("  version: \"1.2\"", "  version: 1.2"));
    assert!(detail.contains("quotes"), "{detail}");
    let json = "{\n \"openapi\": \"3.1.0\",\n \"info\": {\"title\": \"T\", \"version\": \"1\"},\n \"paths\": {\n  \"/a\": []}}";
    let fault = &faults(json, Format::Json)[0];
    assert_eq!((fault.line, fault.pointer.as_str()), (5, "/paths/~1a"));
}

#[test]
fn references_stay_in_the_document() {
    let lost = faults(
        &with(
            "        next: {$ref: '#/components/schemas/Forecast'}",
            "        next: {$ref: '#/components/schemas/Fore'}",
        ),
        Format::Yaml,
    );
    assert_eq!((lost[0].line, lost[0].pointer.as_str()), (28, "/components/schemas/Forecast/properties/next/$ref"));
    for outside in ["https://example.com/pet.yaml", "pet.yaml#/Pet", "file:///etc/passwd"] {
        let text = with(
            "        next: {$ref: '#/components/schemas/Forecast'}",
            &format!("        next: {{$ref: '{outside}'}}"),
        );
        assert!(faults(&text, Format::Yaml)[0].detail.contains("leads out of the document"), "{outside}");
    }
    // An example may show whatever the author likes.
    yaml(&with("        place: {type: string}", "        place: {type: string, example: {$ref: nowhere}}"));
}

#[test]
fn a_text_that_cannot_be_read_says_where() {
    let line = |text: &str, format| match Document::parse(text, format) {
        Err(Refusal::Malformed { line, detail }) => {
            assert!(!detail.is_empty());
            line
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(line("{\n\"openapi\": \"3.0.0\",\n}", Format::Json), 3);
    assert_eq!(line("{\"a\": 1,\n \"a\": 2}", Format::Json), 1);
    assert_eq!(line("openapi: 3.0.3\ninfo: [\n", Format::Yaml), 3);
    assert_eq!(line("a: 1\nb: 2\na: 3\n", Format::Yaml), 3);
    assert_eq!(line("a: &x [1]\nb: *x\n", Format::Yaml), 2);
    assert_eq!(line("a: 1\n---\nb: 2\n", Format::Yaml), 2);
    assert_eq!(line("", Format::Yaml), 1);
    line(&format!("{}1{}", "[".repeat(100), "]".repeat(100)), Format::Json);
    line(&format!("{}1{}", "[".repeat(100), "]".repeat(100)), Format::Yaml);
    line(&format!("[{}1]", "1,".repeat(250_001)), Format::Json);
}

#[test]
fn a_scalar_means_what_yaml_1_2_says() {
    let text = with(
        "  title: Weather",
        "  title: Weather\n  x-all: [yes, 0x10, 1.5, -2, ~, 'true', true, 1e3, 1.2.3, 2026-11-25, .5]",
    );
    let value: Value = serde_json::from_str(&yaml(&text).to_json().unwrap()).unwrap();
    let expected = serde_json::json!(["yes", 16, 1.5, -2, null, "true", true, 1000.0, "1.2.3", "2026-11-25", 0.5]);
    assert_eq!(value["info"]["x-all"], expected);
}

#[test]
fn the_faults_of_a_text_are_bounded() {
    let paths: String = (0..1000).map(|n| format!("  bad{n}: {{}}\n")).collect();
    let text = format!("openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}");
    assert_eq!(faults(&text, Format::Yaml).len(), 100);
}
