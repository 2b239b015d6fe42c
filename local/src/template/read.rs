//! From the template's text to its wiring.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::TemplateError;
use super::fields::{
    self, EventFields, FunctionFields, FunctionPolicy, HttpApiEvent, HttpApiFields, KeyElement, ManagedPolicyFields,
    PolicyDocument, ResponseType, RoleFields, RuleEvent, ScheduleEvent, State, StreamEvent, TableFields,
};
use super::node::Node;
use super::resolve::{Resolver, Setting, as_text, refuse};
use super::source::{STACK, Source};
use super::wiring::{
    FOR_AWS_ALONE, Function, Grant, Index, JwtAuthorizer, KeyPart, Route, Rule, Schedule, StreamSource, Table, Wiring,
};

/// Lambda's own default for a function's time-out.
const DEFAULT_TIMEOUT: u64 = 3;
/// Lambda's own default for tries of an asynchronous invocation after the first.
const DEFAULT_RETRIES: u32 = 2;
/// Lambda's own default for the batches of a DynamoDB stream.
const DEFAULT_BATCH: usize = 100;
/// The authorizer that is none.
const OPEN: &str = "NONE";
/// The header in which API Gateway looks for tokens by default.
const TOKEN_SOURCE: &str = "$request.header.Authorization";

/// Reads the wiring of the template `text`, deployed under `stack_name` with its parameters as
/// `settings` say. What is nested in it are files in `directory`.
///
/// # Errors
/// The first thing that is wrong with the template, or is not in the subset that is read.
pub fn load(
    text: &str,
    directory: &Path,
    stack_name: &str,
    settings: &BTreeMap<Setting, String>,
) -> Result<Wiring, TemplateError> {
    let source = Source::read(text, directory)?;
    let template = Template { resolver: Resolver::new(&source, stack_name, settings) };
    template.check_sections()?;
    template.wiring()
}

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

struct Template<'a> {
    resolver: Resolver<'a>,
}

/// The HTTP API: what its routes are checked by.
#[derive(Default)]
struct Api {
    authorizers: BTreeMap<String, JwtAuthorizer>,
    default_authorizer: Option<String>,
}

impl Template<'_> {
    fn check_sections(&self) -> Result<(), TemplateError> {
        for (name, node) in self.resolver.root().members() {
            if !SECTIONS.contains(&name.as_str()) {
                return Err(refuse(node, name, "the local stack does not know this section"));
            }
        }
        if let Some(name) = self.resolver.unknown_settings().first() {
            let place = format!("Parameters.{name}");
            return Err(self.refuse(&place, "the local stack sets this parameter, and the template does not have it"));
        }
        Ok(())
    }

    fn wiring(&self) -> Result<Wiring, TemplateError> {
        let api = self.api()?;
        let (table, stream) = self.table()?;
        let buses = self.buses()?;
        let mut functions = Vec::new();
        for (id, resource) in self.resources("AWS::Serverless::Function")? {
            let function = self.function(id, resource, &api, &stream)?;
            if let Some(rule) = function.rules.iter().find(|rule| !buses.contains(&rule.bus)) {
                let place = format!("{}.Events.{}.Properties.EventBusName", properties(id), rule.name);
                return Err(self.refuse(&place, format!("there is no event bus `{}` in the template", rule.bus)));
            }
            functions.push(function);
        }
        self.check_routes(&functions)?;
        Ok(Wiring { functions, buses, table, authorizers: api.authorizers })
    }

    /// The resources of type `kind` that exist under the conditions; refuses types that are not known.
    fn resources(&self, kind: &str) -> Result<Vec<(&str, &Node)>, TemplateError> {
        const RUN: &[&str] = &[
            STACK,
            "AWS::DynamoDB::Table",
            "AWS::Events::EventBus",
            "AWS::Serverless::Function",
            "AWS::Serverless::HttpApi",
        ];
        let mut found = Vec::new();
        for (id, resource) in self.resolver.root().get("Resources").map(Node::members).unwrap_or_default() {
            let place = format!("Resources.{id}");
            let has = resource.get("Type").and_then(Node::text).unwrap_or_default();
            if !RUN.contains(&has) && !FOR_AWS_ALONE.contains(&has) {
                let problem = format!("the local stack does not know the resource type `{has}`");
                return Err(refuse(resource, &place, problem));
            }
            let exists = match resource.get("Condition") {
                Some(condition) => self.resolver.condition(condition.text().unwrap_or_default(), condition, &place)?,
                None => true,
            };
            if exists && has == kind {
                found.push((id.as_str(), resource));
            }
        }
        Ok(found)
    }

    /// The properties of a resource that AWS is not alone in reading, resolved.
    fn properties(&self, id: &str, resource: &Node, skip: &[&str]) -> Result<Map<String, Json>, TemplateError> {
        match resource.get("Properties") {
            Some(node) => self.members(node, &properties(id), skip),
            None => Ok(Map::new()),
        }
    }

    fn members(&self, node: &Node, place: &str, skip: &[&str]) -> Result<Map<String, Json>, TemplateError> {
        let mut map = Map::new();
        for (name, member) in node.members().iter().filter(|(name, _)| !skip.contains(&name.as_str())) {
            if let Some(value) = self.resolver.resolve(member, &format!("{place}.{name}"))? {
                map.insert(name.clone(), value);
            }
        }
        Ok(map)
    }

    fn typed<T: DeserializeOwned>(&self, value: Map<String, Json>, place: &str) -> Result<T, TemplateError> {
        serde_path_to_error::deserialize(Json::Object(value)).map_err(|error| {
            let path = error.path().to_string();
            let place = if path == "." { place.to_owned() } else { format!("{place}.{path}") };
            self.refuse(&place, format!("the local stack cannot read this: {}", error.inner()))
        })
    }

    fn refuse(&self, place: &str, problem: impl Into<String>) -> TemplateError {
        refuse(self.resolver.root().at(place.split('.')), place, problem)
    }

    fn function(&self, id: &str, resource: &Node, api: &Api, stream: &str) -> Result<Function, TemplateError> {
        let place = properties(id);
        let binary = resource.get("Metadata").and_then(|metadata| metadata.get("BuildProperties"));
        let binary = binary.and_then(|build| build.get("Binary")).and_then(Node::text);
        let no_binary = || refuse(resource, &format!("Resources.{id}.Metadata"), "BuildProperties.Binary is not set");
        let globals = self.resolver.root().get("Globals").and_then(|globals| globals.get("Function"));
        let globals = globals.map(|node| self.members(node, "Globals.Function", fields::OF_FUNCTION));
        let own = self.properties(id, resource, fields::OF_FUNCTION)?;
        let merged = merge(globals.transpose()?.unwrap_or_default(), own);
        let read: FunctionFields = self.typed(merged, &place)?;

        let mut function = Function {
            logical_id: id.to_owned(),
            binary: binary.ok_or_else(no_binary)?.to_owned(),
            environment: BTreeMap::new(),
            grants: self.grants(read.policies, read.role, &place)?,
            timeout: Duration::from_secs(read.timeout.unwrap_or(DEFAULT_TIMEOUT)),
            retries: read.event_invoke_config.maximum_retry_attempts.unwrap_or(DEFAULT_RETRIES),
            routes: Vec::new(),
            rules: Vec::new(),
            streams: Vec::new(),
            schedules: Vec::new(),
        };
        for (name, value) in read.environment.variables {
            let place = format!("{place}.Environment.Variables.{name}");
            let text = as_text(&value).ok_or_else(|| self.refuse(&place, "an environment variable is a text"))?;
            function.environment.insert(name, text);
        }
        for (name, event) in read.events {
            let place = format!("{place}.Events.{name}");
            self.add_event(&mut function, name, event, (api, stream), &place)?;
        }
        Ok(function)
    }

    /// The grants of a function's own policies, or those of the role that it takes instead, by its ARN.
    fn grants(&self, own: Vec<FunctionPolicy>, role: Option<String>, place: &str) -> Result<Vec<Grant>, TemplateError> {
        let documents = match role {
            None => {
                let documents = own.into_iter().map(|policy| match policy {
                    FunctionPolicy::Inline(document) => Ok(document),
                    FunctionPolicy::Managed(arn) => self.managed_policy(&arn, &format!("{place}.Policies")),
                });
                documents.collect::<Result<_, _>>()?
            }
            Some(arn) => self.role(&arn, &format!("{place}.Role"))?,
        };
        let statements = documents.into_iter().flat_map(|document| document.statement);
        let grants = statements.map(|statement| Grant {
            actions: statement.action.into_vec(),
            resources: statement.resource.into_vec(),
            leading_keys: statement.condition.map(|condition| condition.all_values_like.leading_keys.into_vec()),
        });
        Ok(grants.collect())
    }

    fn managed_policy(&self, arn: &str, place: &str) -> Result<PolicyDocument, TemplateError> {
        for (id, resource) in self.resources("AWS::IAM::ManagedPolicy")? {
            if self.resolver.identity(id)?.is_some_and(|identity| identity.reference == arn) {
                let members = self.properties(id, resource, fields::OF_MANAGED_POLICY)?;
                return Ok(self.typed::<ManagedPolicyFields>(members, &properties(id))?.policy_document);
            }
        }
        Err(self.refuse(place, format!("there is no policy `{arn}` in the template")))
    }

    fn role(&self, arn: &str, place: &str) -> Result<Vec<PolicyDocument>, TemplateError> {
        for (id, resource) in self.resources("AWS::IAM::Role")? {
            let identity = self.resolver.identity(id)?;
            if identity.is_some_and(|identity| identity.attributes.get("Arn").is_some_and(|of_role| of_role == arn)) {
                let members = self.properties(id, resource, fields::OF_ROLE)?;
                let role: RoleFields = self.typed(members, &properties(id))?;
                return Ok(role.policies.into_iter().map(|policy| policy.policy_document).collect());
            }
        }
        Err(self.refuse(place, format!("there is no role `{arn}` in the template")))
    }

    fn add_event(
        &self,
        function: &mut Function,
        name: String,
        mut event: EventFields,
        (api, stream): (&Api, &str),
        place: &str,
    ) -> Result<(), TemplateError> {
        event.properties.retain(|property, _| !fields::OF_EVENT.contains(&property.as_str()));
        let at = format!("{place}.Properties");
        match event.kind.as_str() {
            "HttpApi" => function.routes.push(self.route(self.typed(event.properties, &at)?, api, &at)?),
            "EventBridgeRule" => {
                let rule: RuleEvent = self.typed(event.properties, &at)?;
                if rule.state == State::Enabled {
                    function.rules.push(Rule { name, bus: rule.event_bus_name, pattern: rule.pattern });
                }
            }
            "DynamoDB" => {
                let source: StreamEvent = self.typed(event.properties, &at)?;
                if source.enabled {
                    function.streams.push(self.stream(name, source, stream, &at)?);
                }
            }
            "ScheduleV2" => {
                let schedule: ScheduleEvent = self.typed(event.properties, &at)?;
                let expression = &schedule.schedule_expression;
                let every = rate(expression).ok_or_else(|| {
                    let problem = format!("`{expression}` is not a schedule that runs here, such as rate(5 minutes)");
                    self.refuse(&format!("{at}.ScheduleExpression"), problem)
                })?;
                if schedule.state == State::Enabled {
                    function.schedules.push(Schedule { name, every, input: schedule.input });
                }
            }
            other => {
                let problem = format!("events of type `{other}` are not read by the local stack");
                return Err(self.refuse(&format!("{place}.Type"), problem));
            }
        }
        Ok(())
    }

    fn route(&self, event: HttpApiEvent, api: &Api, place: &str) -> Result<Route, TemplateError> {
        let HttpApiEvent { path, method, auth, payload_format_version } = event;
        if payload_format_version.is_some_and(|version| version != "2.0") {
            return Err(self.refuse(place, "only payload format 2.0 is spoken here"));
        }
        let method = method.to_ascii_uppercase();
        if !["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].contains(&method.as_str()) {
            return Err(self.refuse(&format!("{place}.Method"), format!("`{method}` is not a method of a route here")));
        }
        if !path.starts_with('/') || path.contains("+}") {
            let problem = format!("`{path}` is not a path that runs here: it begins with / and is not greedy");
            return Err(self.refuse(&format!("{place}.Path"), problem));
        }
        let authorizer = auth.authorizer.or_else(|| api.default_authorizer.clone()).filter(|name| name != OPEN);
        if let Some(name) = authorizer.as_ref().filter(|name| !api.authorizers.contains_key(*name)) {
            return Err(self.refuse(&format!("{place}.Auth"), format!("the API has no authorizer `{name}`")));
        }
        Ok(Route { method, path, authorizer })
    }

    fn check_routes(&self, functions: &[Function]) -> Result<(), TemplateError> {
        let mut seen = BTreeSet::new();
        for function in functions {
            for route in &function.routes {
                if !seen.insert((&route.method, &route.path)) {
                    let problem = format!("{} {} is a route of another function already", route.method, route.path);
                    return Err(self.refuse(&properties(&function.logical_id), problem));
                }
            }
        }
        Ok(())
    }

    fn stream(
        &self,
        name: String,
        event: StreamEvent,
        of_table: &str,
        place: &str,
    ) -> Result<StreamSource, TemplateError> {
        if of_table != event.stream {
            return Err(self.refuse(&format!("{place}.Stream"), "the only stream here is the table's: StreamArn of it"));
        }
        let filters = event.filter_criteria.filters.iter().map(|filter| {
            serde_json::from_str(&filter.pattern).map_err(|error| {
                self.refuse(&format!("{place}.FilterCriteria"), format!("a pattern is not JSON: {error}"))
            })
        });
        Ok(StreamSource {
            name,
            filters: filters.collect::<Result<_, _>>()?,
            batch_size: event.batch_size.unwrap_or(DEFAULT_BATCH).max(1),
            retries: event.maximum_retry_attempts.and_then(|attempts| u32::try_from(attempts).ok()),
            bisects: event.bisect_batch_on_function_error,
            reports_items: event.function_response_types.contains(&ResponseType::ReportBatchItemFailures),
        })
    }

    fn api(&self) -> Result<Api, TemplateError> {
        let found = self.resources("AWS::Serverless::HttpApi")?;
        let (id, resource) = match found.as_slice() {
            [] => return Ok(Api::default()),
            [one] => *one,
            [_, (id, node), ..] => {
                return Err(refuse(node, &format!("Resources.{id}"), "one HTTP API is all that runs here"));
            }
        };
        let place = properties(id);
        let read: HttpApiFields = self.typed(self.properties(id, resource, fields::OF_HTTP_API)?, &place)?;
        let mut authorizers = BTreeMap::new();
        for (name, fields) in read.auth.authorizers {
            if fields.identity_source.is_some_and(|source| source != TOKEN_SOURCE) {
                let place = format!("{place}.Auth.Authorizers.{name}.IdentitySource");
                return Err(self.refuse(&place, format!("tokens come in {TOKEN_SOURCE} here")));
            }
            let audience = fields.jwt_configuration.audience.into_vec();
            let (issuer, scopes) = (fields.jwt_configuration.issuer, fields.authorization_scopes);
            authorizers.insert(name, JwtAuthorizer { issuer, audience, scopes });
        }
        Ok(Api { authorizers, default_authorizer: read.auth.default_authorizer })
    }

    fn buses(&self) -> Result<Vec<String>, TemplateError> {
        let mut buses = Vec::new();
        for (id, resource) in self.resources("AWS::Events::EventBus")? {
            if let Some(name) = self.properties(id, resource, fields::OF_BUS)?.keys().next() {
                let place = format!("{}.{name}", properties(id));
                return Err(self.refuse(&place, "the local stack does not know this property"));
            }
            buses.extend(self.resolver.identity(id)?.map(|identity| identity.reference));
        }
        Ok(buses)
    }

    /// The table, and the ARN of its stream.
    fn table(&self) -> Result<(Table, String), TemplateError> {
        let mut tables = self.tables()?;
        match (tables.pop(), tables.len()) {
            (Some(table), 0) => Ok(table),
            (table, others) => {
                let found = others + usize::from(table.is_some());
                Err(self.refuse("Resources", format!("one table runs here; the template has {found}")))
            }
        }
    }

    /// The tables of this template and of those nested in it.
    fn tables(&self) -> Result<Vec<(Table, String)>, TemplateError> {
        let mut tables = Vec::new();
        for (id, resource) in self.resources("AWS::DynamoDB::Table")? {
            tables.push(self.read_table(id, resource)?);
        }
        for (id, _) in self.resources(STACK)? {
            if let Some(resolver) = self.resolver.nested(id) {
                let nested = Template { resolver };
                nested.check_sections()?;
                tables.extend(nested.tables()?);
            }
        }
        Ok(tables)
    }

    fn read_table(&self, id: &str, resource: &Node) -> Result<(Table, String), TemplateError> {
        let place = properties(id);
        let read: TableFields = self.typed(self.properties(id, resource, fields::OF_TABLE)?, &place)?;
        let mut indexes = Vec::new();
        for index in read.global_secondary_indexes {
            let projection = index.projection.projection_type;
            indexes.push(Index { name: index.index_name, key: key(index.key_schema), projection });
        }
        let attributes = read.attribute_definitions.into_iter();
        let identity = self.resolver.identity(id)?;
        let stream = identity.as_ref().and_then(|identity| identity.attributes.get("StreamArn").cloned());
        let table = Table {
            name: identity.map(|identity| identity.reference).unwrap_or_default(),
            attributes: attributes.map(|attribute| (attribute.attribute_name, attribute.attribute_type)).collect(),
            key: key(read.key_schema),
            indexes,
            stream_view: read.stream_specification.map(|stream| stream.stream_view_type),
            ttl_attribute: read.time_to_live_specification.filter(|ttl| ttl.enabled).map(|ttl| ttl.attribute_name),
        };
        Ok((table, stream.unwrap_or_default()))
    }
}

fn properties(id: &str) -> String {
    format!("Resources.{id}.Properties")
}

fn key(elements: Vec<KeyElement>) -> Vec<KeyPart> {
    let parts = elements.into_iter();
    parts.map(|element| KeyPart { attribute: element.attribute_name, role: element.key_type }).collect()
}

/// SAM's rule for `Globals`: maps are merged, lists appended, and all else is overridden.
fn merge(mut globals: Map<String, Json>, own: Map<String, Json>) -> Map<String, Json> {
    for (name, value) in own {
        let merged = match (globals.remove(&name), value) {
            (Some(Json::Object(global)), Json::Object(own)) => Json::Object(merge(global, own)),
            (Some(Json::Array(mut global)), Json::Array(own)) => {
                global.extend(own);
                Json::Array(global)
            }
            (_, own) => own,
        };
        globals.insert(name, merged);
    }
    globals
}

/// The interval of `rate(5 minutes)`.
fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
