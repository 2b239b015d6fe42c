//! The checks of a document: what the specification requires, as far as readers and tools depend on it.

use std::collections::BTreeSet;

use crate::node::{Node, Value};
use crate::{Fault, MAX_FAULTS, METHODS, Refusal};

/// The members of a path item beside its operations.
const BESIDE_OPERATIONS: [&str; 5] = ["$ref", "summary", "description", "servers", "parameters"];
/// Members in which authors may write anything.
const FREE: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// Checks a document.
pub(crate) fn check(root: &Node) -> Result<(), Refusal> {
    let mut checker = Checker { root, faults: Vec::new(), operation_ids: BTreeSet::new() };
    checker.document();
    match checker.faults.is_empty() {
        true => Ok(()),
        false => Err(Refusal::Invalid(checker.faults)),
    }
}

struct Checker<'a> {
    root: &'a Node,
    faults: Vec<Fault>,
    operation_ids: BTreeSet<&'a str>,
}

impl<'a> Checker<'a> {
    fn document(&mut self) {
        let root = self.root;
        if !self.object(root, "") {
            return;
        }
        // Of something else than OpenAPI 3 every other fault would be a guess.
        let Some(version) = self.version() else { return };
        let info = self.required(root, "", "info", "must be an object with `title` and `version`");
        if let Some(info) = info.filter(|info| self.object(info, "/info")) {
            self.required_text(info, "/info", "title");
            self.required_text(info, "/info", "version");
        }
        match root.get("paths") {
            Some(paths) => self.paths(paths),
            None if version == Version::V3_0 => self.fault(root, "", "`paths` is missing"),
            None if root.get("components").is_none() && root.get("webhooks").is_none() => {
                self.fault(root, "", "one of `paths`, `components` and `webhooks` must be there");
            }
            None => {}
        }
        if let Some(servers) = root.get("servers") {
            self.servers(servers, "/servers");
        }
        self.components();
        self.references(root, "");
    }

    fn version(&mut self) -> Option<Version> {
        let root = self.root;
        if root.get("swagger").is_some() {
            self.fault(root, "/swagger", "Swagger 2.0 is not read: convert the document to OpenAPI 3");
            return None;
        }
        let node = self.required(root, "", "openapi", "must be `3.0.…` or `3.1.…`")?;
        let version = node.text().and_then(|text| match text {
            _ if text.starts_with("3.0.") => Some(Version::V3_0),
            _ if text.starts_with("3.1.") => Some(Version::V3_1),
            _ => None,
        });
        if version.is_none() {
            self.fault(node, "/openapi", "must be a text such as `3.0.3` or `3.1.0`");
        }
        version
    }

    fn paths(&mut self, paths: &'a Node) {
        if !self.object(paths, "/paths") {
            return;
        }
        for (path, item) in paths.members().iter().filter(|(name, _)| !name.starts_with("x-")) {
            let pointer = below("/paths", path);
            if !path.starts_with('/') {
                self.fault(item, &pointer, "a path must begin with `/`");
            }
            if self.object(item, &pointer) {
                self.path_item(item, &pointer);
            }
        }
    }

    fn path_item(&mut self, item: &'a Node, pointer: &str) {
        for (name, node) in item.members() {
            let pointer = below(pointer, name);
            match name.as_str() {
                method if METHODS.contains(&method) => self.operation(node, &pointer),
                "parameters" => self.parameters(node, &pointer),
                "servers" => self.servers(node, &pointer),
                name if BESIDE_OPERATIONS.contains(&name) || name.starts_with("x-") => {}
                _ => {
                    let detail = format!("is no method: {} are", METHODS.join(", "));
                    self.fault(node, &pointer, &detail);
                }
            }
        }
    }

    fn operation(&mut self, operation: &'a Node, pointer: &str) {
        if !self.object(operation, pointer) {
            return;
        }
        if let Some(id) = operation.get("operationId") {
            let at = below(pointer, "operationId");
            match id.text() {
                Some(text) if !self.operation_ids.insert(text) => {
                    self.fault(id, &at, "another operation has this id: each must have its own");
                }
                Some(_) => {}
                None => self.fault(id, &at, "must be a text"),
            }
        }
        if let Some(parameters) = operation.get("parameters") {
            self.parameters(parameters, &below(pointer, "parameters"));
        }
        if let Some(body) = operation.get("requestBody") {
            let at = below(pointer, "requestBody");
            if self.object(body, &at) && body.get("$ref").is_none() {
                match body.get("content") {
                    Some(content) => self.content(content, &below(&at, "content")),
                    None => self.fault(body, &at, "`content` is missing"),
                }
            }
        }
        let Some(responses) = operation.get("responses") else {
            self.fault(operation, pointer, "`responses` is missing");
            return;
        };
        let at = below(pointer, "responses");
        if self.object(responses, &at) {
            for (code, response) in responses.members().iter().filter(|(name, _)| !name.starts_with("x-")) {
                let at = below(&at, code);
                if !is_status(code) {
                    self.fault(response, &at, "must be a status such as `200`, a range such as `4XX`, or `default`");
                }
                self.response(response, &at);
            }
        }
    }

    fn response(&mut self, response: &'a Node, pointer: &str) {
        if !self.object(response, pointer) || response.get("$ref").is_some() {
            return;
        }
        self.required_text(response, pointer, "description");
        if let Some(content) = response.get("content") {
            self.content(content, &below(pointer, "content"));
        }
    }

    fn content(&mut self, content: &'a Node, pointer: &str) {
        if !self.object(content, pointer) {
            return;
        }
        for (media_type, node) in content.members() {
            let pointer = below(pointer, media_type);
            if self.object(node, &pointer)
                && let Some(schema) = node.get("schema")
            {
                self.schema(schema, &below(&pointer, "schema"));
            }
        }
    }

    fn parameters(&mut self, parameters: &'a Node, pointer: &str) {
        if !self.list(parameters, pointer) {
            return;
        }
        for (index, parameter) in parameters.items().iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            if self.object(parameter, &pointer) && parameter.get("$ref").is_none() {
                self.parameter(parameter, &pointer);
            }
        }
    }

    fn parameter(&mut self, parameter: &'a Node, pointer: &str) {
        self.required_text(parameter, pointer, "name");
        let places = ["query", "path", "header", "cookie"];
        if let Some(place) = self.required(parameter, pointer, "in", "must be `query`, `path`, `header` or `cookie`") {
            match place.text().filter(|text| places.contains(text)) {
                Some("path") if !parameter.get("required").is_some_and(Node::is_true) => {
                    self.fault(parameter, pointer, "a parameter in the path must have `required: true`");
                }
                Some(_) => {}
                None => self.fault(place, &below(pointer, "in"), "must be `query`, `path`, `header` or `cookie`"),
            }
        }
        if let Some(schema) = parameter.get("schema") {
            self.schema(schema, &below(pointer, "schema"));
        }
        if let Some(content) = parameter.get("content") {
            self.content(content, &below(pointer, "content"));
        }
    }

    fn servers(&mut self, servers: &'a Node, pointer: &str) {
        if !self.list(servers, pointer) {
            return;
        }
        for (index, server) in servers.items().iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            if self.object(server, &pointer) {
                self.required_text(server, &pointer, "url");
            }
        }
    }

    fn components(&mut self) {
        let Some(components) = self.root.get("components") else { return };
        if !self.object(components, "/components") {
            return;
        }
        for (kind, named) in components.members().iter().filter(|(name, _)| !name.starts_with("x-")) {
            let pointer = below("/components", kind);
            if !self.object(named, &pointer) {
                continue;
            }
            for (name, node) in named.members() {
                let pointer = below(&pointer, name);
                match kind.as_str() {
                    "schemas" => self.schema(node, &pointer),
                    "responses" => self.response(node, &pointer),
                    "parameters" if self.object(node, &pointer) && node.get("$ref").is_none() => {
                        self.parameter(node, &pointer);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Checks what the reference shows of a schema.
    fn schema(&mut self, schema: &'a Node, pointer: &str) {
        // Since 3.1 a schema may be `true` or `false`.
        if matches!(schema.value, Value::Bool(_)) || !self.object(schema, pointer) {
            return;
        }
        for (name, node) in schema.members() {
            let pointer = below(pointer, name);
            match name.as_str() {
                "type" if node.text().is_none() && node.items().iter().all(|item| item.text().is_none()) => {
                    self.fault(node, &pointer, "must be a text such as `string`, or a list of them");
                }
                "properties" if self.object(node, &pointer) => {
                    for (property, schema) in node.members() {
                        self.schema(schema, &below(&pointer, property));
                    }
                }
                "items" | "additionalProperties" | "not" => self.schema(node, &pointer),
                "allOf" | "anyOf" | "oneOf" if self.list(node, &pointer) => {
                    for (index, schema) in node.items().iter().enumerate() {
                        self.schema(schema, &format!("{pointer}/{index}"));
                    }
                }
                "required" if node.items().iter().any(|item| item.text().is_none()) => {
                    self.fault(node, &pointer, "must be a list of names");
                }
                "enum" => {
                    self.list(node, &pointer);
                }
                _ => {}
            }
        }
    }

    /// Checks that every reference leads to something in the document.
    fn references(&mut self, node: &'a Node, pointer: &str) {
        for (name, value) in node.members() {
            let pointer = below(pointer, name);
            match value.text().filter(|_| name == "$ref") {
                Some(target) if !target.starts_with("#/") => self.fault(
                    value,
                    &pointer,
                    "leads out of the document: write what it names under `components` and refer to that",
                ),
                Some(target) if self.root.at(target).is_none() => {
                    let detail = format!("`{target}` is not in the document");
                    self.fault(value, &pointer, &detail);
                }
                Some(_) => {}
                None if FREE.contains(&name.as_str()) => {}
                None => self.references(value, &pointer),
            }
        }
        for (index, value) in node.items().iter().enumerate() {
            self.references(value, &format!("{pointer}/{index}"));
        }
    }

    fn required(&mut self, parent: &'a Node, pointer: &str, name: &str, kind: &str) -> Option<&'a Node> {
        let found = parent.get(name);
        if found.is_none() {
            self.fault(parent, pointer, &format!("`{name}` is missing: {kind}"));
        }
        found
    }

    fn required_text(&mut self, parent: &'a Node, pointer: &str, name: &str) {
        match parent.get(name) {
            Some(Node { value: Value::Text(_), .. }) => {}
            Some(node @ Node { value: Value::Number(_), .. }) => {
                self.fault(node, &below(pointer, name), "must be a text: put the number in quotes");
            }
            Some(node) => self.fault(node, &below(pointer, name), "must be a text"),
            None => self.fault(parent, pointer, &format!("`{name}` is missing")),
        }
    }

    fn object(&mut self, node: &Node, pointer: &str) -> bool {
        let is_object = matches!(node.value, Value::Object(_));
        if !is_object {
            self.fault(node, pointer, "must be an object");
        }
        is_object
    }

    fn list(&mut self, node: &Node, pointer: &str) -> bool {
        let is_list = matches!(node.value, Value::List(_));
        if !is_list {
            self.fault(node, pointer, "must be a list");
        }
        is_list
    }

    fn fault(&mut self, node: &Node, pointer: &str, detail: &str) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { pointer: pointer.to_owned(), line: node.line, detail: detail.to_owned() });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V3_0,
    V3_1,
}

fn is_status(code: &str) -> bool {
    let (class, rest) = code.split_at_checked(1).unwrap_or_default();
    let is_range = rest == "XX" || (rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    code == "default" || (matches!(class, "1" | "2" | "3" | "4" | "5") && is_range)
}

/// The pointer to the member `name` of what `pointer` points at.
pub(crate) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
