//! YAML as CloudFormation means it: every node knows where it stands, and intrinsic functions are nodes.

use std::sync::Arc;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::TemplateError;
use super::loops::LOOP;

/// A node of the template.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The nested template's file that it is in; `None` for the outermost.
    pub(super) file: Option<Arc<str>>,
    /// The line where it begins, from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    /// An intrinsic function, without its `Fn::`, and its argument.
    Call(String, Box<Node>),
}

impl Node {
    /// Reads a template of one document; `file` is the name of a nested one.
    pub(super) fn parse(text: &str, file: Option<&str>) -> Result<Self, TemplateError> {
        let file = file.map(Arc::from);
        let mut documents = MarkedYaml::load_from_str(text).map_err(|error| {
            let problem = format!("this is not YAML: {}", error.info());
            refuse(file.as_ref(), error.marker().line(), &problem)
        })?;
        match (documents.pop(), documents.pop()) {
            (Some(document), None) => convert(document, file.as_ref()),
            _ => Err(refuse(file.as_ref(), 1, "a template is one YAML document")),
        }
    }

    /// The member `name` of a map.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The members of a map; none for anything else.
    pub(super) fn members(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The node's text, when it is nothing but a text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The node that `path` leads to, or the last one on the way that exists.
    pub(super) fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> &Self {
        let mut node = self;
        for name in path {
            let Some(next) = node.get(name) else { break };
            node = next;
        }
        node
    }
}

fn refuse(file: Option<&Arc<str>>, line: usize, problem: &str) -> TemplateError {
    TemplateError { file: file.map(ToString::to_string), line, place: String::new(), problem: problem.into() }
}

fn convert(yaml: MarkedYaml<'_>, file: Option<&Arc<str>>) -> Result<Node, TemplateError> {
    let line = yaml.span.start.line();
    let refuse = |problem: &str| Err(refuse(file, line, problem));
    let value = match yaml.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(value)) => Value::Bool(value),
        YamlData::Value(Scalar::Integer(value)) => Value::Integer(value),
        YamlData::Value(Scalar::FloatingPoint(value)) => Value::Float(value.into_inner()),
        YamlData::Value(Scalar::String(text)) => Value::Text(text.into_owned()),
        YamlData::Sequence(items) => {
            Value::List(items.into_iter().map(|item| convert(item, file)).collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(members) => {
            let members = members.into_iter().map(|(key, node)| Ok((name(key, file)?, convert(node, file)?)));
            long_form(members.collect::<Result<_, _>>()?)
        }
        YamlData::Tagged(tag, node) if tag.handle == "!" => {
            let argument = convert(*node, file)?;
            Value::Call(tag.suffix.clone(), Box::new(argument))
        }
        YamlData::Tagged(..) => return refuse("only the tags of CloudFormation, such as !Ref, are read"),
        YamlData::Alias(_) => return refuse("YAML aliases are not read, by AWS no more than here"),
        YamlData::Representation(..) | YamlData::BadValue => return refuse("this value cannot be read"),
    };
    Ok(Node { file: file.cloned(), line, value })
}

fn name(key: MarkedYaml<'_>, file: Option<&Arc<str>>) -> Result<String, TemplateError> {
    let line = key.span.start.line();
    match convert(key, file)?.value {
        Value::Text(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        _ => Err(refuse(file, line, "a name must be a text")),
    }
}

/// `{Ref: X}` and `{"Fn::Sub": X}` are the same as `!Ref X` and `!Sub X`.
fn long_form(mut members: Vec<(String, Node)>) -> Value {
    let function = match members.as_slice() {
        [(name, _)] if name == "Ref" => Some(name.clone()),
        [(name, _)] if name.starts_with(LOOP) => None,
        [(name, _)] => name.strip_prefix("Fn::").map(str::to_owned),
        _ => None,
    };
    match function {
        Some(function) => members.pop().map_or(Value::Null, |(_, argument)| Value::Call(function, Box::new(argument))),
        None => Value::Map(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_are_one() {
        for text in ["a: !Ref Table", "a: {Ref: Table}", "a:\n  Ref: Table"] {
            let node = Node::parse(text, None).unwrap();
            let Value::Call(function, argument) = &node.get("a").unwrap().value else { panic!("{text}") };
            assert_eq!((function.as_str(), argument.text()), ("Ref", Some("Table")));
        }
    }

    #[test]
    fn a_tag_on_a_list_is_a_call() {
        let node = Node::parse("a: !If [Yes, b, 3]", None).unwrap();
        let Value::Call(function, argument) = &node.get("a").unwrap().value else { panic!() };
        assert_eq!(function, "If");
        assert!(matches!(&argument.value, Value::List(items) if items.len() == 3));
    }

    #[test]
    fn nodes_know_their_lines() {
        let node = Node::parse("a:\n  b:\n    c: 1\n  d: 2\n", None).unwrap();
        assert_eq!(node.at(["a", "b", "c"]).line, 3);
        assert_eq!(node.at(["a", "d"]).line, 4);
        assert_eq!(node.at(["a", "b", "gone", "x"]).line, node.at(["a", "b"]).line);
    }

    #[test]
    fn what_is_not_yaml_says_where() {
        let error = Node::parse("a: [1\nb: }", None).unwrap_err();
        assert!(error.to_string().starts_with("line 2"), "{error}");
    }

    #[test]
    fn quoted_and_dated_texts_stay_texts() {
        let node = Node::parse("a: '2012-10-17'\nb: 2012-10-17\nc: \"12\"", None).unwrap();
        for name in ["a", "b", "c"] {
            assert!(node.get(name).unwrap().text().is_some(), "{name}");
        }
    }
}
