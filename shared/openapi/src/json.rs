//! JSON, with the line of every value.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::node::{Node, Value};
use crate::{MAX_LEVELS, MAX_NODES, Refusal};

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Result<Node, Refusal> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        // Its message ends with the place, which is told apart.
        let message = error.to_string();
        let detail = message.split(" at line ").next().unwrap_or(&message);
        Refusal::Malformed { line: error.line(), detail: format!("this is not JSON: {detail}") }
    })?;
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    Reader { text, starts, left: MAX_NODES }.node(raw, 0)
}

struct Reader<'a> {
    text: &'a str,
    /// Where the lines begin.
    starts: Vec<usize>,
    /// How many values may follow.
    left: usize,
}

impl<'a> Reader<'a> {
    /// Reads one value. The values in it are still text then, so that it is known where they stand.
    fn node(&mut self, raw: &'a RawValue, level: usize) -> Result<Node, Refusal> {
        let content = raw.get();
        let at = (content.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let line = self.starts.partition_point(|start| *start <= at);
        let malformed = |detail: String| Refusal::Malformed { line, detail };
        let unreadable = |error: serde_json::Error| malformed(format!("this is not JSON: {error}"));
        self.left = self.left.checked_sub(1).ok_or_else(|| malformed(too_many()))?;
        if level > MAX_LEVELS {
            return Err(malformed(too_deep()));
        }
        let value = match content.as_bytes().first() {
            Some(b'{') => {
                let Members(raw_members) = serde_json::from_str(content).map_err(unreadable)?;
                let mut members = IndexMap::with_capacity(raw_members.len());
                for (name, raw) in raw_members {
                    if members.contains_key(&name) {
                        return Err(malformed(twice(&name)));
                    }
                    members.insert(name, self.node(raw, level + 1)?);
                }
                Value::Object(members)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(content).map_err(unreadable)?;
                Value::List(items.into_iter().map(|raw| self.node(raw, level + 1)).collect::<Result<_, _>>()?)
            }
            _ => match serde_json::from_str(content).map_err(unreadable)? {
                Json::Bool(value) => Value::Bool(value),
                Json::Number(number) => Value::Number(number),
                Json::String(text) => Value::Text(text),
                Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
            },
        };
        Ok(Node { line, value })
    }
}

pub(crate) fn too_many() -> String {
    format!("the document has more than {MAX_NODES} values")
}

pub(crate) fn too_deep() -> String {
    format!("the document has more than {MAX_LEVELS} levels")
}

pub(crate) fn twice(name: &str) -> String {
    format!("`{name}` is there twice")
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
