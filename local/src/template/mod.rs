//! The SAM template as wiring: the file that is deployed is the file that runs here.
//!
//! # The subset that is read
//!
//! **Sections**: `Parameters` (by their defaults, less what [`Setting`] sets), `Mappings`, `Conditions`,
//! `Globals.Function`, `Resources`, a nested template's `Outputs`; `Metadata`, `Rules` and `Globals.HttpApi` are for AWS
//! alone.
//!
//! **Loops**: `Fn::ForEach` over a list that is written out, in `Conditions`, `Resources` and `Outputs`, at any depth.
//!
//! **Functions**, short (`!Ref`) or long (`Fn::Sub`): `Ref`, `Sub`, `GetAtt`, `FindInMap` (with `DefaultValue`), `If`,
//! and in conditions `Equals`, `Not`, `And`, `Or`, `Condition`; the pseudo parameters `AWS::AccountId`, `AWS::NoValue`, `AWS::Partition`,
//! `AWS::Region`, `AWS::StackName`, `AWS::URLSuffix`.
//!
//! **Resources**
//! - `AWS::Serverless::Function`: `Metadata.BuildProperties.Binary` names the program; `Environment`, `Timeout`,
//!   `Policies` (statements that allow actions on resources, without conditions, and any `AWS::IAM::ManagedPolicy` of
//!   the template) or the `AWS::IAM::Role` that `Role` names, `EventInvokeConfig` and `Events` of the types `HttpApi`, `EventBridgeRule`, `DynamoDB` and `ScheduleV2` with
//!   `rate(…)`.
//! - `AWS::Serverless::HttpApi`: its JWT authorizers.
//! - `AWS::CloudFormation::Stack`: the template that `TemplateURL` names, a file beside the one it is nested in. It has
//!   what lasts, and what only AWS has a use for; functions, their API and buses are in the outermost.
//! - `AWS::DynamoDB::Table`: exactly one, with its keys, indexes, stream and time to live.
//! - `AWS::Events::EventBus`, by name.
//! - What only AWS has a use for, named in `wiring`, does nothing here.
//!
//! Whatever the wiring depends on and is not in this list stops the start, with a message that names the place. What
//! only AWS reads (memory, log groups …) is not even resolved.
//!
//! Sources: the SAM specification (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>)
//! and the CloudFormation user guide's intrinsic function reference.

mod fields;
mod identity;
mod loops;
mod node;
mod read;
mod resolve;
mod source;
mod wiring;

use std::fmt;

pub use read::load;
pub use resolve::Setting;
pub(crate) use resolve::{ACCOUNT, REGION};
pub use wiring::{
    Function, Grant, Index, JwtAuthorizer, KeyPart, KeyRole, KeyType, ProjectionType, Route, Rule, Schedule,
    StreamSource, Table, Wiring,
};

/// The part of a template that cannot be run, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The file of a nested template; `None` for the outermost.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The way to it from the root, for example `Resources.Notify.Properties.Events`.
    pub place: String,
    /// The fault.
    pub problem: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, place, problem } = self;
        if let Some(file) = file {
            write!(f, "{file}, ")?;
        }
        write!(f, "line {line}")?;
        if !place.is_empty() {
            write!(f, ", {place}")?;
        }
        write!(f, ": {problem}")
    }
}

impl std::error::Error for TemplateError {}
