//! A template with those that are nested in it.

use std::collections::BTreeMap;
use std::path::Path;

use super::TemplateError;
use super::loops;
use super::node::Node;
use super::resolve::refuse;

/// The type of a resource that is a template of its own.
pub(super) const STACK: &str = "AWS::CloudFormation::Stack";

/// A template, read.
pub(super) struct Source {
    pub(super) root: Node,
    /// The templates nested in it, by the logical id of their stack.
    pub(super) nested: BTreeMap<String, Self>,
}

impl Source {
    /// Reads the template `text`; what is nested in it are files in `directory`.
    pub(super) fn read(text: &str, directory: &Path) -> Result<Self, TemplateError> {
        Self::with_nested(Node::parse(text, None)?, directory)
    }

    fn with_nested(root: Node, directory: &Path) -> Result<Self, TemplateError> {
        let root = loops::expand(root)?;
        let mut nested = BTreeMap::new();
        for (id, resource) in root.get("Resources").map(Node::members).unwrap_or_default() {
            if resource.get("Type").and_then(Node::text) != Some(STACK) {
                continue;
            }
            let place = format!("Resources.{id}.Properties.TemplateURL");
            let url = resource.get("Properties").and_then(|properties| properties.get("TemplateURL"));
            let file = url.and_then(Node::text).filter(|name| !name.contains(['/', '\\']));
            let file = file.ok_or_else(|| {
                refuse(url.unwrap_or(resource), &place, "a nested template is a file beside this one here")
            })?;
            let text = std::fs::read_to_string(directory.join(file));
            let text = text.map_err(|error| refuse(resource, &place, format!("{file} cannot be read: {error}")))?;
            nested.insert(id.clone(), Self::with_nested(Node::parse(&text, Some(file))?, directory)?);
        }
        Ok(Self { root, nested })
    }
}
