//! A template with its references resolved: the functions, their events, their settings.

use std::collections::BTreeMap;
use std::time::Duration;

use gatepass_iam::Need;
use serde_json::Value;

/// Types of resources that only AWS has a use for.
pub(super) const FOR_AWS_ALONE: &[&str] = &[
    "AWS::ApiGateway::Account",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Cognito::UserPoolUser",
    "AWS::Cognito::UserPoolUserToGroupAttachment",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::ResourcePolicy",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
];

/// Everything that runs, and what makes it run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    /// The functions, by logical id.
    pub functions: Vec<Function>,
    /// The names of the event buses.
    pub buses: Vec<String>,
    /// The table.
    pub table: Table,
    /// The authorizers of the HTTP API, by name.
    pub authorizers: BTreeMap<String, JwtAuthorizer>,
}

/// A function and what invokes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name in the template.
    pub logical_id: String,
    /// The program that it runs.
    pub binary: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// The grants of its role.
    pub grants: Vec<Grant>,
    /// After which time an invocation counts as failed.
    pub timeout: Duration,
    /// How often a failed asynchronous invocation is tried again.
    pub retries: u32,
    /// HTTP routes that it answers.
    pub routes: Vec<Route>,
    /// Rules that hand it events.
    pub rules: Vec<Rule>,
    /// Streams that it reads.
    pub streams: Vec<StreamSource>,
    /// Schedules that it runs on.
    pub schedules: Vec<Schedule>,
}

/// Actions that a role allows on resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The actions, for example `dynamodb:GetItem`.
    pub actions: Vec<String>,
    /// The ARNs of the resources; `*` at the end of one stands for anything.
    pub resources: Vec<String>,
    /// The partition keys (`dynamodb:LeadingKeys`) that it is limited to; `*` at the end of one stands for anything.
    pub leading_keys: Option<Vec<String>>,
}

impl Grant {
    /// True when this allows what a call needs.
    pub fn allows(&self, need: &Need) -> bool {
        self.actions.contains(&need.action)
            && self.resources.iter().any(|arn| need.resource.is_meant_by(arn))
            && self.leading_keys.as_ref().is_none_or(|patterns| is_within(&need.leading_keys, patterns))
    }
}

/// True when there are keys and all of them match one of `patterns`.
fn is_within(keys: &[String], patterns: &[String]) -> bool {
    let matches = |key: &String| {
        let is_like = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => key.starts_with(start),
            None => key == pattern,
        };
        patterns.iter().any(is_like)
    };
    !keys.is_empty() && keys.iter().all(matches)
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method, in capitals.
    pub method: String,
    /// The path, with parameters in braces.
    pub path: String,
    /// The authorizer, by name; `None` for a route that is open to all.
    pub authorizer: Option<String>,
}

/// A rule on an event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name in the template.
    pub name: String,
    /// The bus that it listens to.
    pub bus: String,
    /// The pattern of events.
    pub pattern: Value,
}

/// A function's reading of the table's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSource {
    /// Its name in the template.
    pub name: String,
    /// The patterns of records, any of which must match; all records when empty.
    pub filters: Vec<Value>,
    /// How many records a function gets at most.
    pub batch_size: usize,
    /// How often a failed batch is tried again; `None` for as long as it takes.
    pub retries: Option<u32>,
    /// True when a batch that makes the function fail is halved.
    pub bisects: bool,
    /// True when the function names the records that failed.
    pub reports_items: bool,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name in the template.
    pub name: String,
    /// The time from one run to the next.
    pub every: Duration,
    /// The input of the function; `None` for what EventBridge Scheduler sends by itself.
    pub input: Option<String>,
}

/// A JWT authorizer of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtAuthorizer {
    /// The issuer that a token must have.
    pub issuer: String,
    /// The clients for which it must have been issued: any of these.
    pub audience: Vec<String>,
    /// The scopes that it must carry: any of these. Empty - none is asked for.
    pub scopes: Vec<String>,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The types of the attributes that keys are made of.
    pub attributes: BTreeMap<String, KeyType>,
    /// Its key.
    pub key: Vec<KeyPart>,
    /// Its global secondary indexes.
    pub indexes: Vec<Index>,
    /// The part of a change that its stream shows (`NEW_IMAGE` …); `None` without a stream.
    pub stream_view: Option<String>,
    /// The attribute that says when an item ends.
    pub ttl_attribute: Option<String>,
}

/// A part of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPart {
    /// The attribute.
    pub attribute: String,
    /// Which part.
    pub role: KeyRole,
}

/// The parts of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyRole {
    /// The partition key.
    Hash,
    /// The sort key.
    Range,
}

/// The types of key attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum KeyType {
    /// Text.
    S,
    /// Number.
    N,
    /// Bytes.
    B,
}

/// The attributes that an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectionType {
    /// Every attribute.
    All,
    /// The keys of the table and of the index.
    KeysOnly,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Vec<KeyPart>,
    /// The attributes that it holds.
    pub projection: ProjectionType,
}
