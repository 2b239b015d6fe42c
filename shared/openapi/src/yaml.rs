//! YAML 1.2 with the core schema, as far as it says what JSON can say.

use indexmap::IndexMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::Number;

use crate::json::{too_deep, too_many, twice};
use crate::node::{Node, Value};
use crate::{MAX_LEVELS, MAX_NODES, Refusal};

/// Reads a text of one document.
pub(crate) fn parse(text: &str) -> Result<Node, Refusal> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| malformed(error.marker().line(), format!("this is not YAML: {}", error.info())))?;
        builder.take(event, span)?;
    }
    builder.root.ok_or_else(|| malformed(1, "the document is empty".into()))
}

fn malformed(line: usize, detail: String) -> Refusal {
    Refusal::Malformed { line, detail }
}

/// A list or an object that has begun.
struct Open {
    line: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Object(Members),
}

#[derive(Default)]
struct Members {
    known: IndexMap<String, Node>,
    /// The name of the member whose value comes next.
    next: Option<String>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, _, _) => match self.open.last_mut() {
                // What a name looks like does not matter: `200:` is the member `200`.
                Some(Open { content: Content::Object(Members { known, next: next @ None }), .. }) => {
                    if known.contains_key(text.as_ref()) {
                        return Err(malformed(line, twice(&text)));
                    }
                    *next = Some(text.into_owned());
                    Ok(())
                }
                _ => self.put(Node { line, value: scalar(&text, style) }),
            },
            Event::SequenceStart(..) => self.begin(line, Content::List(Vec::new())),
            Event::MappingStart(..) => self.begin(line, Content::Object(Members::default())),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { line, content: Content::List(items) }) => {
                    self.put(Node { line, value: Value::List(items) })
                }
                Some(Open { line, content: Content::Object(members) }) => {
                    self.put(Node { line, value: Value::Object(members.known) })
                }
                None => Ok(()),
            },
            // A few lines of aliases of aliases would grow into gigabytes.
            Event::Alias(_) => {
                Err(malformed(line, "aliases (`*name`) are not read: use `$ref`, or write it out".into()))
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(malformed(line, "a second document begins here: one is read".into()))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn begin(&mut self, line: usize, content: Content) -> Result<(), Refusal> {
        if let Some(Open { content: Content::Object(Members { next: None, .. }), .. }) = self.open.last() {
            return Err(malformed(line, "the name of a member must be a text".into()));
        }
        if self.open.len() >= MAX_LEVELS {
            return Err(malformed(line, too_deep()));
        }
        self.open.push(Open { line, content });
        Ok(())
    }

    fn put(&mut self, node: Node) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(malformed(node.line, too_many()));
        }
        match self.open.last_mut() {
            Some(Open { content: Content::List(items), .. }) => items.push(node),
            Some(Open { content: Content::Object(members), .. }) => {
                members.known.extend(members.next.take().map(|name| (name, node)));
            }
            None => self.root = Some(node),
        }
        Ok(())
    }
}

/// The value of a scalar, by the core schema of YAML 1.2.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::Text(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = |prefix, radix| text.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, radix).ok());
    if let Some(number) = digits("0x", 16).or_else(|| digits("0o", 8)).or_else(|| text.parse::<i64>().ok()) {
        return Some(number.into());
    }
    let is_number = |character: char| character.is_ascii_digit() || "+-.eE".contains(character);
    let is_float = text.chars().all(is_number) && text.contains(|character: char| character.is_ascii_digit());
    text.parse::<f64>().ok().filter(|_| is_float).and_then(Number::from_f64)
}
