use crate::{WEATHER, with, yaml};

/// The changes from the document to `after`, each with its operation.
fn changes(after: &str) -> Vec<String> {
    let found = yaml(after).breaking_changes(&yaml(WEATHER));
    assert!(!found.more);
    found.items.into_iter().map(|change| format!("{}: {}", change.operation, change.detail)).collect()
}

#[test]
fn a_change_that_clients_can_ignore_is_not_listed() {
    assert_eq!(changes(WEATHER), [""; 0]);
    let more = with("        place: {type: string}", "        place: {type: string}\n        wind: {type: number}");
    assert_eq!(changes(&more), [""; 0]);
    let optional = with("        - {name: hours,", "        - {name: days, in: query}\n        - {name: hours,");
    assert_eq!(changes(&optional), [""; 0]);
}

// Covers P41.
#[test]
fn changes_by_which_clients_fail_are_listed() {
    for (line, other, change) in [
        ("  /forecast/{place}:", "  /forecasts/{place}:", "the operation was removed"),
        ("    get:", "    post:", "the operation was removed"),
        (
            "{name: hours, in: query,",
            "{name: hours, in: query, required: true,",
            "the query parameter `hours` is required now",
        ),
        (
            "        - {name: hours, in: query, schema: {type: integer}}\n",
            "",
            "the query parameter `hours` is not taken any more",
        ),
        (
            "schema: {type: integer}",
            "schema: {type: string}",
            "the query parameter `hours` was integer, and is string now",
        ),
        ("[celsius, kelvin]", "[celsius]", "the query parameter `unit` cannot be \"kelvin\" any more"),
        ("        200:", "        201:", "the answer 200 was removed"),
        (
            "            application/json:",
            "            text/csv:",
            "the answer 200 does not have the media type `application/json` any more",
        ),
        ("        temperature: {type: number}\n", "", "`temperature` of the answer 200 was removed"),
        (
            "        place: {type: string}",
            "        place: {type: integer}",
            "`place` of the answer 200 was string, and is integer now",
        ),
        ("      required: [place]\n", "", "`place` of the answer 200 may be missing now"),
        ("      operationId: forecast", "      security: [{key: []}]", "it is called with other credentials"),
    ] {
        assert_eq!(changes(&with(line, other)), [format!("GET /forecast/{{place}}: {change}")], "{other}");
    }
}

#[test]
fn changes_of_requests_are_listed_in_their_own_direction() {
    let document = |schema: &str, required: &str| {
        yaml(&format!(
            "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n  /orders:\n    post:\n      requestBody:\n        \
             {required}content: {{application/json: {{schema: {{{schema}}}}}}}\n      responses: {{'201': {{description: Made.}}}}\n"
        ))
    };
    let before = document("type: object, properties: {size: {type: integer}}", "");
    let details = |after: gatepass_openapi::Document| -> Vec<String> {
        after.breaking_changes(&before).items.into_iter().map(|change| change.detail).collect()
    };
    let stricter = document(
        "type: object, required: [size], properties: {size: {type: integer, enum: [1, 2]}}",
        "required: true\n        ",
    );
    assert_eq!(
        details(stricter),
        [
            "a request body is required now",
            "`size` of the request is required now",
            "`size` of the request takes only listed values now"
        ]
    );
    assert_eq!(details(document("type: object", "")), ["`size` of the request was removed"]);
}

#[test]
fn the_list_of_changes_is_bounded() {
    let paths: String =
        (0..150).map(|n| format!("  /p{n}:\n    get: {{responses: {{'200': {{description: Fine.}}}}}}\n")).collect();
    let before = yaml(&format!("openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}"));
    let found = yaml(WEATHER).breaking_changes(&before);
    assert_eq!((found.items.len(), found.more), (100, true));
}
