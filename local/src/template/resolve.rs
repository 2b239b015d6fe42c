//! Intrinsic functions: from a node to the JSON that AWS would see.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value as Json};

use super::TemplateError;
use super::identity::{self, Identity};
use super::node::{Node, Value};
use super::source::Source;

/// A parameter of the template that the stack sets, whatever its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// The audience that tokens must have.
    Audience,
    /// The kinds of gateway at which access is provisioned.
    Gateways,
    /// The issuer of tokens.
    Issuer,
    /// The identity that mails are sent as: the sender's address, or its domain.
    MailIdentity,
    /// The sender of mails; empty for no mail.
    MailSender,
    /// The address to which mails link.
    PortalUrl,
}

impl Setting {
    /// The parameter's name.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Audience => "Audience",
            Self::Gateways => "Gateways",
            Self::Issuer => "Issuer",
            Self::MailIdentity => "MailIdentity",
            Self::MailSender => "MailSender",
            Self::PortalUrl => "PortalUrl",
        }
    }
}

/// The account that everything belongs to here.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The region that everything is in here.
pub(crate) const REGION: &str = "us-east-1";

/// Resolves nodes of one template.
pub(super) struct Resolver<'a> {
    source: &'a Source,
    stack_name: &'a str,
    given: Given<'a>,
}

/// The source of a template's parameters.
enum Given<'a> {
    /// The local stack.
    Settings(&'a BTreeMap<Setting, String>),
    /// The resource of the template that it is nested in.
    Outer { resolver: &'a Resolver<'a>, resource: &'a Node, place: String },
}

impl<'a> Resolver<'a> {
    pub(super) fn new(source: &'a Source, stack_name: &'a str, settings: &'a BTreeMap<Setting, String>) -> Self {
        Self { source, stack_name, given: Given::Settings(settings) }
    }

    /// The resolver of the template nested as the resource `id`. What is in it has the names that it would have in the
    /// outermost template: moving a resource between them leaves the data of a local stack where it is.
    pub(super) fn nested(&self, id: &str) -> Option<Resolver<'_>> {
        let source = self.source.nested.get(id)?;
        let resource = self.root().get("Resources")?.get(id)?;
        let place = format!("Resources.{id}.Properties.Parameters");
        let given = Given::Outer { resolver: self, resource, place };
        Some(Resolver { source, stack_name: self.stack_name, given })
    }

    /// The template.
    pub(super) fn root(&self) -> &'a Node {
        &self.source.root
    }

    /// The value of a node; `None` is `AWS::NoValue`, as if it had not been written.
    pub(super) fn resolve(&self, node: &Node, place: &str) -> Result<Option<Json>, TemplateError> {
        Ok(Some(match &node.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => Json::Number((*value).into()),
            Value::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => {
                let items = items.iter().enumerate().map(|(at, item)| self.resolve(item, &format!("{place}[{at}]")));
                Json::Array(items.filter_map(Result::transpose).collect::<Result<_, _>>()?)
            }
            Value::Map(members) => {
                let mut map = Map::new();
                for (name, member) in members {
                    if let Some(value) = self.resolve(member, &format!("{place}.{name}"))? {
                        map.insert(name.clone(), value);
                    }
                }
                Json::Object(map)
            }
            Value::Call(function, argument) => return self.call(function, argument, node, place),
        }))
    }

    /// True when the condition `name` holds.
    pub(super) fn condition(&self, name: &str, node: &Node, place: &str) -> Result<bool, TemplateError> {
        let defined = self.root().get("Conditions").and_then(|conditions| conditions.get(name));
        let defined = defined.ok_or_else(|| refuse(node, place, format!("there is no condition `{name}`")))?;
        self.holds(defined, &format!("Conditions.{name}"))
    }

    /// The identity of the resource `name`, when there is one.
    pub(super) fn identity(&self, name: &str) -> Result<Option<Identity>, TemplateError> {
        let Some(resource) = self.root().get("Resources").and_then(|resources| resources.get(name)) else {
            return Ok(None);
        };
        let kind = resource.get("Type").and_then(Node::text).unwrap_or_default();
        let given = |property: &str| {
            let node = resource.get("Properties").and_then(|properties| properties.get(property));
            node.map(|node| self.text(node, &format!("Resources.{name}.Properties.{property}"))).transpose()
        };
        identity::of(kind, &format!("{}-{name}", self.stack_name), given).map(Some)
    }

    /// The value of a node, as a text.
    pub(super) fn text(&self, node: &Node, place: &str) -> Result<String, TemplateError> {
        let resolved = self.resolve(node, place)?;
        resolved.as_ref().and_then(as_text).ok_or_else(|| refuse(node, place, "this must be a text"))
    }

    fn call(&self, function: &str, argument: &Node, node: &Node, place: &str) -> Result<Option<Json>, TemplateError> {
        match function {
            "Ref" => match self.text(argument, place)?.as_str() {
                "AWS::NoValue" => Ok(None),
                name => self.reference(name, node, place).map(Some),
            },
            "GetAtt" => {
                let path = match &argument.value {
                    Value::Text(text) => text.split_once('.').map(|(name, attribute)| (name.into(), attribute.into())),
                    Value::List(items) => match items.as_slice() {
                        [name, attribute] => Some((self.text(name, place)?, self.text(attribute, place)?)),
                        _ => None,
                    },
                    _ => None,
                };
                let (name, attribute): (String, String) =
                    path.ok_or_else(|| refuse(node, place, "`GetAtt` takes a resource and an attribute of it"))?;
                self.attribute(&name, &attribute, node, place).map(|text| Some(Json::String(text)))
            }
            "FindInMap" => self.find_in_map(argument, node, place),
            "Sub" => self.substitute(argument, node, place).map(|text| Some(Json::String(text))),
            "If" => match &argument.value {
                Value::List(items) => match items.as_slice() {
                    [condition, yes, no] => {
                        let name = condition.text().unwrap_or_default();
                        let chosen = if self.condition(name, node, place)? { yes } else { no };
                        self.resolve(chosen, place)
                    }
                    _ => Err(refuse(node, place, "`If` takes a condition and two values")),
                },
                _ => Err(refuse(node, place, "`If` takes a condition and two values")),
            },
            _ => Err(refuse(node, place, format!("`{function}` is not in the subset that the local stack reads"))),
        }
    }

    /// The value of a mapping, or the `DefaultValue` of `AWS::LanguageExtensions` when there is none.
    fn find_in_map(&self, argument: &Node, node: &Node, place: &str) -> Result<Option<Json>, TemplateError> {
        let shape = || refuse(node, place, "`FindInMap` takes a mapping, two keys, and perhaps a DefaultValue");
        let Value::List(parts) = &argument.value else { return Err(shape()) };
        let (keys, default) = match parts.as_slice() {
            [map, first, second] => ([map, first, second], None),
            [map, first, second, options] => {
                ([map, first, second], Some(options.get("DefaultValue").ok_or_else(shape)?))
            }
            _ => return Err(shape()),
        };
        let mut found = self.root().get("Mappings");
        let mut path = Vec::new();
        for key in keys {
            let key = self.text(key, place)?;
            found = found.and_then(|node| node.get(&key));
            path.push(key);
        }
        let value = found.or(default);
        let nothing = || refuse(node, place, format!("there is no `{}` in Mappings", path.join(".")));
        self.resolve(value.ok_or_else(nothing)?, place)
    }

    fn reference(&self, name: &str, node: &Node, place: &str) -> Result<Json, TemplateError> {
        if let Some(parameter) = self.root().get("Parameters").and_then(|parameters| parameters.get(name)) {
            return self.parameter(name, parameter);
        }
        let text = match name {
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::Region" => REGION.to_owned(),
            "AWS::StackName" => self.stack_name.to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => {
                let identity = self.identity(name)?;
                let nothing = || refuse(node, place, format!("there is no parameter or resource `{name}`"));
                identity.ok_or_else(nothing)?.reference
            }
        };
        Ok(Json::String(text))
    }

    fn parameter(&self, name: &str, parameter: &Node) -> Result<Json, TemplateError> {
        match &self.given {
            Given::Settings(settings) => {
                if let Some((_, value)) = settings.iter().find(|(setting, _)| setting.parameter() == name) {
                    return Ok(Json::String(value.clone()));
                }
            }
            Given::Outer { resolver, resource, place } => {
                let properties = resource.get("Properties").and_then(|properties| properties.get("Parameters"));
                if let Some(node) = properties.and_then(|parameters| parameters.get(name)) {
                    return resolver.text(node, &format!("{place}.{name}")).map(Json::String);
                }
            }
        }
        let place = format!("Parameters.{name}");
        let default = parameter.get("Default");
        let default = default.ok_or_else(|| refuse(parameter, &place, "a parameter needs a `Default` to run here"))?;
        self.resolve(default, &place).map(|value| value.unwrap_or(Json::Null))
    }

    fn attribute(&self, name: &str, attribute: &str, node: &Node, place: &str) -> Result<String, TemplateError> {
        if let Some((nested, output)) = self.nested(name).zip(attribute.strip_prefix("Outputs.")) {
            let value = nested.root().get("Outputs").and_then(|outputs| outputs.get(output)?.get("Value"));
            let nothing = || refuse(node, place, format!("the template nested as `{name}` has no output `{output}`"));
            return nested.text(value.ok_or_else(nothing)?, &format!("Outputs.{output}.Value"));
        }
        let identity = self.identity(name)?;
        let identity = identity.ok_or_else(|| refuse(node, place, format!("there is no resource `{name}`")))?;
        identity
            .attributes
            .get(attribute)
            .cloned()
            .ok_or_else(|| refuse(node, place, format!("the local stack knows no attribute `{attribute}` of `{name}`")))
    }

    fn substitute(&self, argument: &Node, node: &Node, place: &str) -> Result<String, TemplateError> {
        let (pattern, own) = match &argument.value {
            Value::Text(text) => (text.as_str(), None),
            Value::List(items) => match items.as_slice() {
                [text, own] => (text.text().unwrap_or_default(), Some(own)),
                _ => return Err(refuse(node, place, "`Sub` takes a text, or a text and its values")),
            },
            _ => return Err(refuse(node, place, "`Sub` takes a text, or a text and its values")),
        };
        let mut done = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let unclosed = || refuse(node, place, "`${` is not closed by `}`");
            let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
            done.push_str(before);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                done.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = own.and_then(|own| own.get(name)) {
                done.push_str(&self.text(value, place)?);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                done.push_str(&self.attribute(resource, attribute, node, place)?);
            } else {
                let value = self.reference(name, node, place)?;
                let text = as_text(&value);
                done.push_str(&text.ok_or_else(|| refuse(node, place, format!("`{name}` is not a text")))?);
            }
        }
        done.push_str(rest);
        Ok(done)
    }

    fn holds(&self, node: &Node, place: &str) -> Result<bool, TemplateError> {
        let Value::Call(function, argument) = &node.value else {
            return Err(refuse(node, place, "a condition is one of Equals, Not, And, Or and Condition"));
        };
        if function == "Condition" {
            let name = argument.text().unwrap_or_default();
            return self.condition(name, node, place);
        }
        let Value::List(items) = &argument.value else {
            return Err(refuse(node, place, format!("`{function}` takes a list")));
        };
        match (function.as_str(), items.as_slice()) {
            ("Equals", [left, right]) => Ok(self.text(left, place)? == self.text(right, place)?),
            ("Not", [inner]) => Ok(!self.holds(inner, place)?),
            ("And", inner) => inner.iter().try_fold(true, |all, next| Ok(all & self.holds(next, place)?)),
            ("Or", inner) => inner.iter().try_fold(false, |any, next| Ok(any | self.holds(next, place)?)),
            _ => Err(refuse(node, place, format!("`{function}` is not a condition that the local stack reads"))),
        }
    }

    /// The parameters that the stack sets and the template does not have.
    pub(super) fn unknown_settings(&self) -> BTreeSet<&'static str> {
        let Given::Settings(settings) = &self.given else { return BTreeSet::new() };
        let known = |name: &str| self.root().get("Parameters").is_some_and(|parameters| parameters.get(name).is_some());
        settings.keys().map(|setting| setting.parameter()).filter(|name| !known(name)).collect()
    }
}

/// A scalar as CloudFormation writes it where a text is due.
pub(super) fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

pub(super) fn refuse(node: &Node, place: &str, problem: impl Into<String>) -> TemplateError {
    let file = node.file.as_ref().map(ToString::to_string);
    TemplateError { file, line: node.line, place: place.to_owned(), problem: problem.into() }
}
