//! The SAM template and those nested in it, read independently of the local stack: plain JSON, with intrinsic
//! functions in their long form (`{"Ref": …}`, `{"Fn::GetAtt": "A.B"}`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::Value;

use crate::repository;

/// Where the template is, from the repository's root.
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
    /// Its environment variables; what depends on other resources is a name made up.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let variables = self.properties["Environment"]["Variables"].as_object().into_iter().flatten();
        let value = |value: &Value| value.as_str().map_or_else(|| format!("value-of-{}", self.id), str::to_owned);
        variables.map(|(name, given)| (name.clone(), value(given))).collect()
    }

    /// Its events of `kind` (`HttpApi`, `EventBridgeRule`, …): name and `Properties`.
    pub(crate) fn events(&self, kind: &str) -> Vec<(String, Value)> {
        let events = self.properties["Events"].as_object().into_iter().flatten();
        let events = events.filter(|(_, event)| event["Type"] == kind);
        events.map(|(name, event)| (name.clone(), event["Properties"].clone())).collect()
    }
}

/// The outermost template.
pub(crate) fn read() -> &'static Value {
    static TEMPLATE: LazyLock<Value> = LazyLock::new(|| parse(&repository::text(PATH)));
    &TEMPLATE
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
