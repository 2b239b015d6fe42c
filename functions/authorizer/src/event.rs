//! The events that API Gateway sends to an authorizer, and the answers that it understands.
//!
//! An HTTP API sends payload format 2.0 and takes a simple response. A REST API, and an HTTP API with payload format 1.0, sends
//! `methodArn` and takes an IAM policy ("Use API Gateway Lambda authorizers", API Gateway developer guide).

use std::collections::HashMap;

use gatepass_domain::id::ProductId;
use gatepass_lambda::Failure;
use serde::{Deserialize, Serialize};

use crate::{KEY_HEADER, PRODUCT_VARIABLE};

/// The principal of a policy that closes.
const NOBODY: &str = "nobody";

/// The part of API Gateway's request that matters here.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    #[serde(default)]
    stage_variables: Option<HashMap<String, String>>,
    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`; absent in payload format 2.0.
    #[serde(default)]
    method_arn: Option<String>,
}

/// The kinds of an authorizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    /// It is told of the whole call.
    Request,
    /// It is told of one header, and not of the stage variables.
    Token,
}

impl Request {
    /// The product that the API names, and the form in which it takes the answer.
    pub(crate) fn api(&self) -> Result<(ProductId, Form), Failure> {
        if self.kind == Kind::Token {
            let why = "an authorizer of the type TOKEN is not told which product the API is: make its type REQUEST";
            return Err(Failure::Permanent(why.into()));
        }
        let variable = self.stage_variables.as_ref().and_then(|variables| variables.get(PRODUCT_VARIABLE));
        let slug =
            variable.ok_or_else(|| Failure::Permanent(format!("the stage variable {PRODUCT_VARIABLE} is not set")))?;
        let product =
            slug.parse().map_err(|error| Failure::permanent("the stage variable names no product", &error))?;
        let form = match &self.method_arn {
            None => Form::Simple,
            Some(arn) => Form::Policy { resource: every_method(arn)? },
        };
        Ok((product, form))
    }

    /// The key that the call carries.
    pub(crate) fn key(&self) -> Option<&str> {
        let mut headers = self.headers.iter().flatten();
        headers.find(|(name, _)| name.eq_ignore_ascii_case(KEY_HEADER)).map(|(_, value)| value.as_str())
    }
}

/// Every method of the stage to which `method_arn` belongs. A policy for the one method that was called would close the others
/// for as long as API Gateway keeps it.
fn every_method(method_arn: &str) -> Result<String, Failure> {
    let mut parts = method_arn.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(api), Some(stage), Some(_)) => Ok(format!("{api}/{stage}/*")),
        _ => Err(Failure::Permanent("methodArn names no method of a stage".into())),
    }
}

/// An answer to API Gateway, in the form that the API takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Json")]
pub struct Response {
    /// True when the call goes through.
    pub is_authorized: bool,
    /// The caller, for the API behind: ids, no key.
    pub context: HashMap<String, String>,
    pub(crate) form: Form,
}

/// The forms of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// For HTTP APIs.
    Simple,
    /// For REST APIs.
    Policy {
        /// The ARN of the methods that it is about.
        resource: String,
    },
}

/// The JSON of an answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Json {
    #[serde(rename_all = "camelCase")]
    Simple { is_authorized: bool, context: HashMap<String, String> },
    #[serde(rename_all = "camelCase")]
    Policy { principal_id: String, policy_document: PolicyDocument, context: HashMap<String, String> },
}

/// An IAM policy of one statement.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: &'static str,
    resource: String,
}

impl From<Response> for Json {
    fn from(Response { is_authorized, context, form }: Response) -> Self {
        match form {
            Form::Simple => Self::Simple { is_authorized, context },
            Form::Policy { resource } => {
                let effect = if is_authorized { "Allow" } else { "Deny" };
                let statement = [Statement { effect, action: "execute-api:Invoke", resource }];
                let principal_id = context.get("credential_id").cloned().unwrap_or_else(|| NOBODY.to_owned());
                let policy_document = PolicyDocument { version: "2012-10-17", statement };
                Self::Policy { principal_id, policy_document, context }
            }
        }
    }
}
