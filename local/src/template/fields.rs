//! The properties that are read, and the names of those that only AWS reads.
//!
//! Every other property is refused: it might be wiring.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::wiring::{KeyRole, KeyType, ProjectionType};

/// Properties of a function that only AWS reads.
pub(super) const OF_FUNCTION: &[&str] = &[
    "Architectures",
    "CodeUri",
    "DeadLetterQueue",
    "Description",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "PermissionsBoundary",
    "ReservedConcurrentExecutions",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "Tags",
    "Tracing",
];

/// Properties of a role that only AWS reads.
pub(super) const OF_ROLE: &[&str] =
    &["AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path", "RoleName", "Tags"];

/// Properties of a managed policy that only AWS reads.
pub(super) const OF_MANAGED_POLICY: &[&str] = &["Description", "ManagedPolicyName", "Path"];

/// Properties of an HTTP API that only AWS reads.
pub(super) const OF_HTTP_API: &[&str] = &[
    "AccessLogSettings",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "FailOnWarnings",
    "Name",
    "PropagateTags",
    "RouteSettings",
    "StageName",
    "StageVariables",
    "Tags",
];

/// Properties of a table that only AWS reads.
pub(super) const OF_TABLE: &[&str] = &[
    "BillingMode",
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "TableClass",
    "TableName",
    "Tags",
];

/// Properties of an event bus that only AWS reads.
pub(super) const OF_BUS: &[&str] =
    &["DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig", "Name", "Policy", "Tags"];

/// Properties of an event of a function, of any type, that only AWS reads. Retries and dead letters of a
/// rule or a schedule are about reaching Lambda at all, which cannot fail here; for a stream every
/// dead letter is kept.
pub(super) const OF_EVENT: &[&str] = &[
    "ApiId",
    "DeadLetterConfig",
    "Description",
    "DestinationConfig",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MetricsConfig",
    "Name",
    "OmitName",
    "ParallelizationFactor",
    "PermissionsBoundary",
    "RetryPolicy",
    "RoleArn",
    "RouteSettings",
    "RuleName",
    "StartingPosition",
    "Target",
    "TimeoutInMillis",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct FunctionFields {
    pub(super) environment: Environment,
    pub(super) event_invoke_config: EventInvokeConfig,
    pub(super) events: BTreeMap<String, EventFields>,
    pub(super) policies: Vec<FunctionPolicy>,
    pub(super) role: Option<String>,
    pub(super) timeout: Option<u64>,
}

/// A policy of a function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum FunctionPolicy {
    /// The ARN of a policy of its own, which other functions may have too.
    Managed(String),
    /// The text, in the function itself.
    Inline(PolicyDocument),
}

/// A policy of its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ManagedPolicyFields {
    pub(super) policy_document: PolicyDocument,
}

/// The part of a role that is read: its trust policy and AWS's own policies are for AWS alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleFields {
    #[serde(default)]
    pub(super) policies: Vec<RolePolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RolePolicy {
    #[serde(rename = "PolicyName")]
    _policy_name: String,
    pub(super) policy_document: PolicyDocument,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PolicyDocument {
    #[serde(rename = "Version", default)]
    _version: Option<String>,
    pub(super) statement: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Statement {
    #[serde(rename = "Sid", default)]
    _sid: Option<String>,
    #[serde(rename = "Effect")]
    _effect: Effect,
    pub(super) action: OneOrMore,
    pub(super) resource: OneOrMore,
    #[serde(default)]
    pub(super) condition: Option<Condition>,
}

/// The one condition that roles have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    #[serde(rename = "ForAllValues:StringLike")]
    pub(super) all_values_like: LeadingKeys,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeadingKeys {
    #[serde(rename = "dynamodb:LeadingKeys")]
    pub(super) leading_keys: OneOrMore,
}

#[derive(Debug, Deserialize)]
pub(super) enum Effect {
    Allow,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Environment {
    pub(super) variables: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct EventInvokeConfig {
    pub(super) maximum_retry_attempts: Option<u32>,
    #[serde(rename = "MaximumEventAgeInSeconds")]
    _maximum_event_age: Option<Value>,
    #[serde(rename = "DestinationConfig")]
    _destination: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct EventFields {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) properties: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct HttpApiEvent {
    pub(super) path: String,
    pub(super) method: String,
    #[serde(default)]
    pub(super) auth: EventAuth,
    #[serde(default)]
    pub(super) payload_format_version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct EventAuth {
    pub(super) authorizer: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RuleEvent {
    pub(super) event_bus_name: String,
    pub(super) pattern: Value,
    #[serde(default)]
    pub(super) state: State,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct StreamEvent {
    pub(super) stream: String,
    #[serde(default)]
    pub(super) batch_size: Option<usize>,
    #[serde(default)]
    pub(super) bisect_batch_on_function_error: bool,
    #[serde(default = "switched_on")]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) filter_criteria: FilterCriteria,
    #[serde(default)]
    pub(super) function_response_types: Vec<ResponseType>,
    /// -1, which is the default, is for as long as it takes.
    #[serde(default)]
    pub(super) maximum_retry_attempts: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct FilterCriteria {
    pub(super) filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) pattern: String,
}

#[derive(Debug, Deserialize, PartialEq)]
pub(super) enum ResponseType {
    ReportBatchItemFailures,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ScheduleEvent {
    pub(super) schedule_expression: String,
    #[serde(default)]
    pub(super) input: Option<String>,
    #[serde(default)]
    pub(super) state: State,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum State {
    #[default]
    Enabled,
    Disabled,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct HttpApiFields {
    pub(super) auth: ApiAuth,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ApiAuth {
    pub(super) authorizers: BTreeMap<String, AuthorizerFields>,
    pub(super) default_authorizer: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AuthorizerFields {
    pub(super) jwt_configuration: JwtConfiguration,
    #[serde(default)]
    pub(super) identity_source: Option<String>,
    #[serde(default)]
    pub(super) authorization_scopes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwtConfiguration {
    #[serde(alias = "Issuer")]
    pub(super) issuer: String,
    #[serde(alias = "Audience")]
    pub(super) audience: OneOrMore,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TableFields {
    pub(super) attribute_definitions: Vec<AttributeDefinition>,
    pub(super) key_schema: Vec<KeyElement>,
    #[serde(default)]
    pub(super) global_secondary_indexes: Vec<IndexFields>,
    #[serde(default)]
    pub(super) stream_specification: Option<StreamSpecification>,
    #[serde(default)]
    pub(super) time_to_live_specification: Option<TimeToLive>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AttributeDefinition {
    pub(super) attribute_name: String,
    pub(super) attribute_type: KeyType,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct KeyElement {
    pub(super) attribute_name: String,
    pub(super) key_type: KeyRole,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct IndexFields {
    pub(super) index_name: String,
    pub(super) key_schema: Vec<KeyElement>,
    pub(super) projection: Projection,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Projection {
    pub(super) projection_type: ProjectionType,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct StreamSpecification {
    pub(super) stream_view_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TimeToLive {
    pub(super) attribute_name: String,
    #[serde(default = "switched_on")]
    pub(super) enabled: bool,
}

fn switched_on() -> bool {
    true
}
