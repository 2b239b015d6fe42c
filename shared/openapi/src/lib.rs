//! OpenAPI documents of products, versions 3.0 and 3.1: reading them from JSON or YAML, checking them, and telling in which
//! ways one breaks the clients of another.
//!
//! Nothing is fetched: a document must hold everything that it refers to.

mod changes;
mod check;
mod json;
mod node;
mod yaml;

use node::Node;

pub use changes::{BreakingChange, BreakingChanges};

/// The largest document that is read, in bytes: 2 MiB.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most levels of a document.
const MAX_LEVELS: usize = 64;
/// The most values in a document.
const MAX_NODES: usize = 250_000;
/// The most faults that are named.
const MAX_FAULTS: usize = 100;
/// Extensions that describe the inside of an API on AWS: account numbers, function names. Readers of the document never see them.
const STRIPPED_PREFIX: &str = "x-amazon-";
/// The members of a path item that are operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The notation of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON (RFC 8259).
    Json,
    /// YAML 1.2, one document, without aliases.
    Yaml,
}

/// A place of a document that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the value.
    pub pointer: String,
    /// The line on which the value begins, from 1.
    pub line: usize,
    /// The fault and the remedy.
    pub detail: String,
}

/// The reason why a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not JSON, or not YAML that can be read.
    #[error("line {line}: {detail}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The fault.
        detail: String,
    },
    /// It is no OpenAPI document: at most 100 faults, in the order of the document.
    #[error("the document has {} faults", .0.len())]
    Invalid(Vec<Fault>),
}

/// An OpenAPI document that was checked, without the extensions of AWS.
#[derive(Debug, Clone)]
pub struct Document(Node);

impl Document {
    /// Reads and checks a text, and takes every `x-amazon-…` member out of it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn parse(text: &str, format: Format) -> Result<Self, Refusal> {
        let mut root = match format {
            Format::Json => json::parse(text),
            Format::Yaml => yaml::parse(text),
        }?;
        root.strip(STRIPPED_PREFIX);
        check::check(&root)?;
        Ok(Self(root))
    }

    /// The document as JSON, with its members in the order of the author.
    ///
    /// # Errors
    /// None for a document that was read: numbers and texts can always be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.0)
    }

    /// The title of the API.
    pub fn title(&self) -> &str {
        self.info("title")
    }

    /// The version of the API, as the document names it.
    pub fn api_version(&self) -> &str {
        self.info("version")
    }

    /// The version of the OpenAPI specification, such as `3.1.0`.
    pub fn openapi(&self) -> &str {
        self.0.get("openapi").and_then(Node::text).unwrap_or_default()
    }

    /// The number of operations.
    pub fn operations(&self) -> usize {
        self.0.operations().count()
    }

    /// The ways in which clients of `before` may fail with this document.
    pub fn breaking_changes(&self, before: &Self) -> BreakingChanges {
        changes::compare(&before.0, &self.0)
    }

    fn info(&self, name: &str) -> &str {
        self.0.get("info").and_then(|info| info.get(name)).and_then(Node::text).unwrap_or_default()
    }
}

/// An operation of a document.
#[derive(Debug, Clone, Copy)]
struct Operation<'a> {
    path: &'a str,
    item: &'a Node,
    method: &'a str,
    node: &'a Node,
}

impl Node {
    fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let paths = self.get("paths").map(Node::members).unwrap_or_default();
        paths.iter().flat_map(|(path, item)| {
            let operations = item.members().iter().filter(|(name, _)| METHODS.contains(&name.as_str()));
            operations.map(move |(method, node)| Operation { path, item, method, node })
        })
    }
}
