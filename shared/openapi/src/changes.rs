//! The differences between two documents by which clients of the older one may fail.

use std::collections::BTreeSet;

use crate::Operation;
use crate::check::below;
use crate::node::Node;

/// The most changes that are listed.
const MAX_CHANGES: usize = 100;
/// The most levels of a schema that are compared.
const MAX_LEVELS: usize = 24;

/// A change by which clients may fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakingChange {
    /// Method and path of the operation, such as `GET /forecast`.
    pub operation: String,
    /// JSON pointer to the changed value: in the new document, or of what was removed, in the old one.
    pub pointer: String,
    /// The change, as a sentence without its full stop.
    pub detail: String,
}

/// The changes by which clients may fail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BreakingChanges {
    /// At most 100 changes, in the order of the older document.
    pub items: Vec<BreakingChange>,
    /// True when there are others.
    pub more: bool,
}

/// The breaking changes from `before` to `after`.
pub(crate) fn compare(before: &Node, after: &Node) -> BreakingChanges {
    let mut comparison = Comparison { before, after, operation: String::new(), found: BreakingChanges::default() };
    for old in before.operations() {
        comparison.operation = format!("{} {}", old.method.to_uppercase(), old.path);
        let pointer = below(&below("/paths", old.path), old.method);
        match after.operations().find(|new| new.path == old.path && new.method == old.method) {
            Some(new) => comparison.operation(old, new, &pointer),
            None => comparison.note(&pointer, "the operation was removed".to_owned()),
        }
    }
    comparison.found
}

/// The direction in which values of a schema travel: clients write requests and read responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

struct Comparison<'a> {
    before: &'a Node,
    after: &'a Node,
    operation: String,
    found: BreakingChanges,
}

impl<'a> Comparison<'a> {
    fn operation(&mut self, old: Operation<'a>, new: Operation<'a>, pointer: &str) {
        self.parameters(old, new, pointer);
        self.request_body(old.node, new.node, pointer);
        self.responses(old.node, new.node, pointer);
        if security(self.before, old.node) != security(self.after, new.node) {
            self.note(&below(pointer, "security"), "it is called with other credentials".to_owned());
        }
    }

    fn parameters(&mut self, old: Operation<'a>, new: Operation<'a>, pointer: &str) {
        let (old, new) = (parameters(self.before, old), parameters(self.after, new));
        let pointer = below(pointer, "parameters");
        for parameter in &new {
            let known = old.iter().find(|other| other.is_same(parameter));
            if parameter.is_required() && !known.is_some_and(|known| known.is_required()) {
                self.note(&pointer, format!("{} is required now", parameter.name()));
            }
            if let (Some(before), Some(after)) =
                (known.and_then(|known| known.0.get("schema")), parameter.0.get("schema"))
            {
                self.schema(before, after, Direction::Request, &pointer, &parameter.name());
            }
        }
        for parameter in old.iter().filter(|old| !new.iter().any(|new| new.is_same(old))) {
            self.note(&pointer, format!("{} is not taken any more", parameter.name()));
        }
    }

    fn request_body(&mut self, old: &'a Node, new: &'a Node, pointer: &str) {
        let pointer = below(pointer, "requestBody");
        let old = old.get("requestBody").map(|body| self.before.resolved(body));
        let new = new.get("requestBody").map(|body| self.after.resolved(body));
        let is_required = |body: Option<&Node>| body.and_then(|body| body.get("required")).is_some_and(Node::is_true);
        if is_required(new) && !is_required(old) {
            self.note(&pointer, "a request body is required now".to_owned());
        }
        let Some(old) = old else { return };
        let Some(new) = new else {
            self.note(&pointer, "it takes no request body any more".to_owned());
            return;
        };
        self.contents(old, new, Direction::Request, &pointer, "the request");
    }

    fn responses(&mut self, old: &'a Node, new: &'a Node, pointer: &str) {
        let pointer = below(pointer, "responses");
        let (old, new) = (old.get("responses"), new.get("responses"));
        for (status, response) in old.map(Node::members).unwrap_or_default() {
            let place = format!("the answer {status}");
            let pointer = below(&pointer, status);
            match new.and_then(|new| new.get(status)) {
                Some(after) => {
                    let (before, after) = (self.before.resolved(response), self.after.resolved(after));
                    self.contents(before, after, Direction::Response, &pointer, &place);
                }
                // Clients are not written for errors that do not come any more.
                None if status.starts_with('2') => self.note(&pointer, format!("{place} was removed")),
                None => {}
            }
        }
    }

    fn contents(&mut self, old: &'a Node, new: &'a Node, direction: Direction, pointer: &str, place: &str) {
        let pointer = below(pointer, "content");
        for (media_type, before) in old.get("content").map(Node::members).unwrap_or_default() {
            let pointer = below(&pointer, media_type);
            match new.get("content").and_then(|content| content.get(media_type)) {
                Some(after) => {
                    if let (Some(before), Some(after)) = (before.get("schema"), after.get("schema")) {
                        self.schema(before, after, direction, &below(&pointer, "schema"), place);
                    }
                }
                None => self.note(&pointer, format!("{place} does not have the media type `{media_type}` any more")),
            }
        }
    }

    fn schema(&mut self, before: &'a Node, after: &'a Node, direction: Direction, pointer: &str, place: &str) {
        self.level(before, after, direction, pointer, place, MAX_LEVELS, &mut BTreeSet::new());
    }

    /// Compares two schemas. `seen` has the pairs of references that are being compared: schemas may contain themselves.
    #[allow(clippy::too_many_arguments)]
    fn level(
        &mut self,
        before: &'a Node,
        after: &'a Node,
        direction: Direction,
        pointer: &str,
        place: &str,
        levels: usize,
        seen: &mut BTreeSet<(&'a str, &'a str)>,
    ) {
        let reference = |node: &'a Node| node.get("$ref").and_then(Node::text).unwrap_or_default();
        let pair = (reference(before), reference(after));
        if levels == 0 || self.found.more || (pair != ("", "") && !seen.insert(pair)) {
            return;
        }
        let (before, after) = (self.before.resolved(before), self.after.resolved(after));
        self.types(before, after, pointer, place);
        self.values(before, after, direction, pointer, place);
        let (old, new) = (required(before), required(after));
        for name in new.iter().filter(|name| direction == Direction::Request && !old.contains(*name)) {
            self.note(&below(pointer, "required"), format!("`{name}` of {place} is required now"));
        }
        let now = after.get("properties");
        for (name, schema) in before.get("properties").map(Node::members).unwrap_or_default() {
            let pointer = below(&below(pointer, "properties"), name);
            match now.and_then(|properties| properties.get(name)) {
                Some(after) => {
                    let place = format!("`{name}` of {place}");
                    self.level(schema, after, direction, &pointer, &place, levels - 1, seen);
                    if direction == Direction::Response && old.contains(name.as_str()) && !new.contains(name.as_str()) {
                        self.note(&pointer, format!("{place} may be missing now"));
                    }
                }
                None => self.note(&pointer, format!("`{name}` of {place} was removed")),
            }
        }
        if let (Some(before), Some(after)) = (before.get("items"), after.get("items")) {
            let place = format!("an item of {place}");
            self.level(before, after, direction, &below(pointer, "items"), &place, levels - 1, seen);
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            let items = |node: &'a Node| node.get(name).map(Node::items).unwrap_or_default();
            for (index, (before, after)) in items(before).iter().zip(items(after)).enumerate() {
                let pointer = format!("{}/{index}", below(pointer, name));
                self.level(before, after, direction, &pointer, place, levels - 1, seen);
            }
        }
    }

    fn types(&mut self, before: &Node, after: &Node, pointer: &str, place: &str) {
        let (old, new) = (types(before), types(after));
        if !old.is_empty() && !new.is_empty() && old != new {
            let named = |types: &BTreeSet<&str>| types.iter().copied().collect::<Vec<_>>().join(" or ");
            self.note(&below(pointer, "type"), format!("{place} was {}, and is {} now", named(&old), named(&new)));
        }
    }

    /// Compares the values that are allowed: a client must not write one that was removed, nor be surprised by a new one.
    fn values(&mut self, before: &Node, after: &Node, direction: Direction, pointer: &str, place: &str) {
        let pointer = below(pointer, "enum");
        match (before.get("enum").map(texts), after.get("enum").map(texts), direction) {
            (Some(old), Some(new), Direction::Request) => {
                for value in old.difference(&new) {
                    self.note(&pointer, format!("{place} cannot be {value} any more"));
                }
            }
            (Some(old), Some(new), Direction::Response) => {
                for value in new.difference(&old) {
                    self.note(&pointer, format!("{place} may be {value} now"));
                }
            }
            (None, Some(_), Direction::Request) => {
                self.note(&pointer, format!("{place} takes only listed values now"));
            }
            _ => {}
        }
    }

    fn note(&mut self, pointer: &str, detail: String) {
        let change = BreakingChange { operation: self.operation.clone(), pointer: pointer.to_owned(), detail };
        match self.found.items.len() < MAX_CHANGES {
            true => self.found.items.push(change),
            false => self.found.more = true,
        }
    }
}

struct Parameter<'a>(&'a Node);

impl Parameter<'_> {
    fn key(&self) -> (Option<&str>, Option<&str>) {
        let text = |name| self.0.get(name).and_then(Node::text);
        (text("in"), text("name"))
    }

    fn is_same(&self, other: &Parameter<'_>) -> bool {
        self.key() == other.key()
    }

    fn is_required(&self) -> bool {
        self.0.get("required").is_some_and(Node::is_true)
    }

    fn name(&self) -> String {
        let (place, name) = self.key();
        format!("the {} parameter `{}`", place.unwrap_or_default(), name.unwrap_or_default())
    }
}

/// The parameters of an operation: its own, and those of its path that it does not replace.
fn parameters<'a>(root: &'a Node, operation: Operation<'a>) -> Vec<Parameter<'a>> {
    let of = |node: &'a Node| {
        let items = node.get("parameters").map(Node::items).unwrap_or_default();
        items.iter().map(|item| Parameter(root.resolved(item)))
    };
    let mut parameters: Vec<_> = of(operation.node).collect();
    for shared in of(operation.item) {
        if !parameters.iter().any(|own| own.is_same(&shared)) {
            parameters.push(shared);
        }
    }
    parameters
}

/// The names of the alternatives by which an operation is authenticated.
fn security<'a>(root: &'a Node, operation: &'a Node) -> BTreeSet<Vec<&'a str>> {
    let alternatives = operation.get("security").or_else(|| root.get("security")).map(Node::items).unwrap_or_default();
    let names = |node: &'a Node| node.members().iter().map(|(name, _)| name.as_str()).collect();
    alternatives.iter().map(names).collect()
}

fn required(schema: &Node) -> BTreeSet<&str> {
    schema.get("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect()
}

fn types(schema: &Node) -> BTreeSet<&str> {
    let Some(node) = schema.get("type") else { return BTreeSet::new() };
    node.text().into_iter().chain(node.items().iter().filter_map(Node::text)).collect()
}

/// The items of a list as JSON.
fn texts(list: &Node) -> BTreeSet<String> {
    list.items().iter().filter_map(|item| serde_json::to_string(item).ok()).collect()
}
