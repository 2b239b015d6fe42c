//! Documents as people upload them.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod changes;
mod reading;

use gatepass_openapi::{Document, Fault, Format, Refusal};

/// The smallest document that says something.
const WEATHER: &str = r#"openapi: 3.0.3
info:
  title: Weather
  version: "1.2"
paths:
  /forecast/{place}:
    parameters:
      - {name: place, in: path, required: true, schema: {type: string}}
    get:
      operationId: forecast
      parameters:
        - {name: hours, in: query, schema: {type: integer}}
        - {name: unit, in: query, schema: {type: string, enum: [celsius, kelvin]}}
      responses:
        200:
          description: The forecast.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Forecast'}
components:
  schemas:
    Forecast:
      type: object
      required: [place]
      properties:
        place: {type: string}
        temperature: {type: number}
        next: {$ref: '#/components/schemas/Forecast'}
"#;

fn yaml(text: &str) -> Document {
    Document::parse(text, Format::Yaml).expect(text)
}

/// The text with one line replaced.
fn with(line: &str, other: &str) -> String {
    assert_eq!(WEATHER.matches(line).count(), 1, "{line} is in the document once");
    WEATHER.replace(line, other)
}

fn faults(text: &str, format: Format) -> Vec<Fault> {
    match Document::parse(text, format) {
        Err(Refusal::Invalid(faults)) => faults,
        other => panic!("{other:?}"),
    }
}
