//! The SAM template and those nested in it, read independently of the local stack: plain JSON, with loops and mappings
//! written out, and the other intrinsic functions in their long form (`{"Ref": …}`, `{"Fn::GetAtt": "A.B"}`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

use crate::repository;

/// The path of the template, from the repository's root.
pub(crate) const PATH: &str = "infra/template.yaml";

/// A function of the template.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// Its name in the template.
    pub(crate) id: String,
    /// The program that it runs.
    pub(crate) binary: String,
    /// Its `Properties`.
    pub(crate) properties: Value,
}

impl Function {
    /// Its environment variables: a parameter that is a choice has its default, and what depends on other resources is a
    /// name made up.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let variables = self.properties["Environment"]["Variables"].as_object().into_iter().flatten();
        let value = |value: &Value| match &value["Fn::Sub"] {
            Value::Array(parts) => with_parts(parts),
            _ => match value.as_str().or_else(|| default_choice(value)) {
                Some(text) => text.to_owned(),
                None => format!("value-of-{}", self.id),
            },
        };
        variables.map(|(name, given)| (name.clone(), value(given))).collect()
    }

    /// The grants of a function: by policies of its own, by managed ones, or by the role that it takes instead.
    pub(crate) fn statements(&self) -> Vec<Value> {
        let documents: Vec<Value> = match self.properties["Role"]["Fn::GetAtt"].as_str() {
            None => list(&self.properties["Policies"]).iter().filter_map(policy_document).collect(),
            Some(arn) => {
                let role = resource(arn.strip_suffix(".Arn").expect("a role is named by its ARN"));
                list(&role["Properties"]["Policies"]).iter().map(|policy| policy["PolicyDocument"].clone()).collect()
            }
        };
        documents.iter().flat_map(|document| list(&document["Statement"])).collect()
    }

    /// Its events of `kind` (`HttpApi`, `EventBridgeRule`, …): name and `Properties`.
    pub(crate) fn events(&self, kind: &str) -> Vec<(String, Value)> {
        let events = self.properties["Events"].as_object().into_iter().flatten();
        let events = events.filter(|(_, event)| event["Type"] == kind);
        events.map(|(name, event)| (name.clone(), event["Properties"].clone())).collect()
    }
}

/// The document of one of a function's policies; `None` for a managed policy that is `AWS::NoValue`.
fn policy_document(policy: &Value) -> Option<Value> {
    match policy["Ref"].as_str() {
        None => Some(policy.clone()),
        Some("AWS::NoValue") => None,
        Some(id) => Some(resource(id)["Properties"]["PolicyDocument"].clone()),
    }
}

/// `["${A} ${B}", {"A": …, "B": …}]` put together.
fn with_parts(parts: &[Value]) -> String {
    let [Value::String(pattern), Value::Object(values)] = parts else {
        panic!("{parts:?} is not a text and its parts")
    };
    let part = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned();
    values.iter().fold(pattern.clone(), |text, (name, value)| text.replace(&format!("${{{name}}}"), &part(value)))
}

/// The members of a list, or the one thing that stands in its place.
pub(crate) fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// The outermost template.
pub(crate) fn read() -> &'static Value {
    static TEMPLATE: LazyLock<Value> = LazyLock::new(|| written_out(as_it_stands()));
    &TEMPLATE
}

/// The outermost template before its loops are written out.
pub(crate) fn as_it_stands() -> &'static Value {
    static TEMPLATE: LazyLock<Value> = LazyLock::new(|| parse(&repository::text(PATH)));
    &TEMPLATE
}

/// How the key of a loop begins; its name follows.
pub(crate) const LOOP: &str = "Fn::ForEach::";

fn written_out(template: &Value) -> Value {
    let mut result = template.clone();
    for section in ["Conditions", "Outputs", "Resources"] {
        if let Some(section) = result.get_mut(section) {
            *section = unrolled(section, &BTreeMap::new(), &template["Mappings"]);
        }
    }
    result
}

/// `node` without loops and look-ups; `bound` says what the identifiers of the loops around it stand for.
fn unrolled(node: &Value, bound: &BTreeMap<String, String>, mappings: &Value) -> Value {
    let text = |text: &str| {
        bound.iter().fold(text.to_owned(), |text, (name, item)| text.replace(&format!("${{{name}}}"), item))
    };
    match node {
        Value::String(plain) => text(plain).into(),
        Value::Array(items) => items.iter().map(|item| unrolled(item, bound, mappings)).collect(),
        Value::Object(members) => {
            if let Some(item) = members.get("Ref").and_then(Value::as_str).and_then(|name| bound.get(name)) {
                return item.clone().into();
            }
            let mut made = Map::new();
            for (name, member) in members {
                if !name.starts_with(LOOP) {
                    made.insert(text(name), unrolled(member, bound, mappings));
                    continue;
                }
                for item in member[1].as_array().unwrap_or_else(|| panic!("{name} is over a list")) {
                    let mut bound = bound.clone();
                    bound.insert(
                        member[0].as_str().expect("an identifier").into(),
                        item.as_str().expect("a text").into(),
                    );
                    let Value::Object(more) = unrolled(&member[2], &bound, mappings) else {
                        panic!("{name} makes a map")
                    };
                    for (made_by_loop, value) in more {
                        let before = made.insert(made_by_loop.clone(), value);
                        assert!(before.is_none(), "{made_by_loop} is there twice");
                    }
                }
            }
            match made.get("Fn::FindInMap").and_then(Value::as_array) {
                Some(path) => found(path, mappings),
                None => Value::Object(made),
            }
        }
        other => other.clone(),
    }
}

/// The value that `Fn::FindInMap` finds, or its `DefaultValue`.
fn found(path: &[Value], mappings: &Value) -> Value {
    let key = |at: usize| path[at].as_str().unwrap_or_else(|| panic!("{path:?}: a key is a text"));
    let value = mappings.get(key(0)).and_then(|rows| rows.get(key(1))?.get(key(2)));
    let default = path.get(3).and_then(|options| options.get("DefaultValue"));
    value.or(default).unwrap_or_else(|| panic!("Mappings has no {path:?}")).clone()
}

/// The functions of the template.
pub(crate) fn functions() -> Vec<Function> {
    let functions = of_type("AWS::Serverless::Function");
    let functions = functions.into_iter().map(|(id, resource)| {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str();
        let binary = binary.unwrap_or_else(|| panic!("{id} names no program")).to_owned();
        Function { id, binary, properties: resource["Properties"].clone() }
    });
    functions.collect()
}

/// The templates nested in it, by the name of their file.
pub(crate) fn nested() -> &'static BTreeMap<String, Value> {
    static NESTED: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
        let stacks = resources(read()).filter(|(_, resource)| resource["Type"] == "AWS::CloudFormation::Stack");
        let files = stacks.map(|(_, stack)| stack["Properties"]["TemplateURL"].as_str().expect("a file").to_owned());
        files.map(|file| (file.clone(), parse(&repository::text(&format!("infra/{file}"))))).collect()
    });
    &NESTED
}

/// The resources of one type, by logical id, wherever they are.
pub(crate) fn of_type(kind: &str) -> Vec<(String, Value)> {
    let all = std::iter::once(read()).chain(nested().values()).flat_map(resources);
    let found = all.filter(|(_, resource)| resource["Type"] == kind);
    found.map(|(id, resource)| (id.clone(), resource.clone())).collect()
}

/// The resource of this name in the outermost template.
pub(crate) fn resource(id: &str) -> &'static Value {
    read()["Resources"].get(id).unwrap_or_else(|| panic!("the template has no {id}"))
}

fn resources(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    template["Resources"].as_object().expect("a template has resources").iter()
}

/// A template's text as JSON.
fn parse(text: &str) -> Value {
    let mut documents = MarkedYaml::load_from_str(text).expect("the template is YAML");
    assert_eq!(documents.len(), 1, "a template is one document");
    convert(documents.remove(0))
}

fn convert(node: MarkedYaml<'_>) -> Value {
    match node.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(value)) => value.into(),
        YamlData::Value(Scalar::Integer(value)) => value.into(),
        YamlData::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        YamlData::Value(Scalar::String(text)) => text.into_owned().into(),
        YamlData::Sequence(items) => items.into_iter().map(convert).collect(),
        YamlData::Mapping(members) => {
            let name = |key| match convert(key) {
                Value::String(name) => name,
                other => other.to_string(),
            };
            members.into_iter().map(|(key, value)| (name(key), convert(value))).collect()
        }
        YamlData::Tagged(tag, node) => {
            let name = match tag.suffix.as_ref() {
                "Ref" => "Ref".to_owned(),
                other => format!("Fn::{other}"),
            };
            Value::Object([(name, convert(*node))].into_iter().collect())
        }
        other => panic!("the template holds {other:?}"),
    }
}

/// The default of the parameter that `value` refers to, if that has a list of allowed values.
fn default_choice(value: &Value) -> Option<&'static str> {
    let parameter = &read()["Parameters"][value["Ref"].as_str()?];
    parameter.get("AllowedValues").and(parameter["Default"].as_str())
}
