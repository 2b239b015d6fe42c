//! A document as a tree in which every value knows its line, and members keep their order.

use indexmap::IndexMap;
use indexmap::map::Slice;
use percent_encoding::percent_decode_str;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

/// A value of the document.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// By name, so that a reference is followed at the same cost however many schemas stand beside its target.
    Object(IndexMap<String, Node>),
}

impl Node {
    /// The member `name` of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The members of an object; none of anything else.
    pub(crate) fn members(&self) -> &Slice<String, Self> {
        match &self.value {
            Value::Object(members) => members.as_slice(),
            _ => Slice::new(),
        }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Tells whether it is the value `true`.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self.value, Value::Bool(true))
    }

    /// The value that `reference` points at, such as `#/components/schemas/Pet`. `self` is the whole document.
    pub(crate) fn at(&self, reference: &str) -> Option<&Self> {
        let pointer = reference.strip_prefix("#/")?;
        pointer.split('/').try_fold(self, |node, step| {
            // A reference is the fragment of an address: characters in it may be percent-encoded.
            let step = percent_decode_str(step).decode_utf8_lossy().replace("~1", "/").replace("~0", "~");
            match &node.value {
                Value::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => node.get(&step),
            }
        })
    }

    /// The value itself, or what its `$ref` leads to. `self` is the whole document. A reference that leads back to itself
    /// is given up after some steps.
    pub(crate) fn resolved<'a>(&'a self, node: &'a Self) -> &'a Self {
        /// References one after the other.
        const MOST_STEPS: usize = 16;
        let mut node = node;
        for _ in 0..MOST_STEPS {
            let Some(target) = node.get("$ref").and_then(Self::text).and_then(|reference| self.at(reference)) else {
                break;
            };
            node = target;
        }
        node
    }

    /// Takes out all members whose names begin with `prefix`.
    pub(crate) fn strip(&mut self, prefix: &str) {
        match &mut self.value {
            Value::Object(members) => {
                members.retain(|name, _| !name.to_ascii_lowercase().starts_with(prefix));
                members.values_mut().for_each(|node| node.strip(prefix));
            }
            Value::List(items) => items.iter_mut().for_each(|node| node.strip(prefix)),
            _ => {}
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, node) in members {
                    map.serialize_entry(name, node)?;
                }
                map.end()
            }
        }
    }
}
