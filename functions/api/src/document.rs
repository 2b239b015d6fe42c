//! The OpenAPI document.

use std::collections::BTreeSet;

use gatepass_http::{InvalidParam, ProblemBody};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::examples::illustrate;
use crate::routes;

/// An answer that API Gateway writes by itself.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes an answer that API Gateway writes")]
struct GatewayMessage {
    /// Always `Unauthorized`.
    #[schema(example = "Unauthorized")]
    message: String,
}

/// The OpenAPI 3.1 document of all endpoints, made from the code. What is served is the committed one, which a test
/// holds to this.
pub fn document() -> Value {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .schema_from::<GatewayMessage>()
        .schema_from::<ProblemBody>()
        .schema_from::<InvalidParam>()
        .build();
    let info =
        InfoBuilder::new().title("Gatepass").version("1").description(Some(include_str!("description.md"))).build();
    let base = OpenApiBuilder::new().info(info).components(Some(components)).build();
    let router = routes::documented().into_iter().fold(OpenApiRouter::with_openapi(base), OpenApiRouter::routes);
    let mut document = serde_json::to_value(router.into_openapi()).unwrap_or_default();
    drop_empty_parts(&mut document);
    close_bodies(&mut document);
    illustrate(&mut document);
    document
}

/// Leaves out the object without members that stands beside one that was inlined: it says nothing, and
/// generators of types take it for an object that must be empty.
fn drop_empty_parts(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Array(parts)) = members.get_mut("allOf") {
                parts.retain(|part| part.get("type") != Some(&json!("object")) || part.get("properties").is_some());
            }
            members.values_mut().for_each(drop_empty_parts);
        }
        Value::Array(parts) => parts.iter_mut().for_each(drop_empty_parts),
        _ => {}
    }
}

/// Says of each body that it has no other members than those named, and may be left out where it may:
/// what is not understood is refused.
fn close_bodies(document: &mut Value) {
    let mut taken = BTreeSet::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for operation in paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten()) {
        let schema = operation.1.pointer_mut("/requestBody/content/application~1json/schema");
        let Some(schema) = schema else { continue };
        // A body that may be left out is not `null` instead.
        if let Some(whole) = schema.pointer("/oneOf/0").cloned() {
            *schema = whole;
        }
        collect_names(schema, &mut taken);
    }
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let mut names: Vec<_> = taken.iter().cloned().collect();
    while let Some(Value::Object(schema)) = names.pop().and_then(|name| schemas.get_mut(&name)) {
        if schema.get("type").is_some_and(|kind| kind == "object") {
            schema.entry("additionalProperties").or_insert(Value::Bool(false));
        }
        let mut inner = BTreeSet::new();
        schema.values().for_each(|part| collect_names(part, &mut inner));
        names.extend(inner.difference(&taken).cloned());
        taken.extend(inner);
    }
}

/// The named schemas that `schema` refers to.
fn collect_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|path| path.rsplit('/').next()).map(str::to_owned));
            members.values().for_each(|part| collect_names(part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect_names(part, names)),
        _ => {}
    }
}
