//! The permissions of functions' roles, as IAM decides them.
//!
//! A function signs with an access key id of its own, and so is known. Others, such as the stack itself or somebody with
//! the AWS CLI, may do anything, once they sign with the secret of this run.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use gatepass_iam::{CallLog, Need, caller, needs};

use super::{LARGEST_BODY, Services, failed};
use crate::template::{ACCOUNT, Function, Grant};

/// The roles of the functions.
pub(crate) struct Roles {
    of_functions: BTreeMap<String, Vec<Grant>>,
    log: Option<CallLog>,
}

impl Roles {
    pub(crate) fn new(functions: &[Function]) -> Self {
        let of_functions =
            functions.iter().map(|function| (function.logical_id.clone(), function.grants.clone())).collect();
        Self { of_functions, log: CallLog::from_env() }
    }

    /// The first of `needs` that the role of `caller` does not grant.
    fn missing<'a>(&self, caller: &str, needs: &'a [Need]) -> Option<&'a Need> {
        let grants = self.of_functions.get(caller)?;
        for need in needs {
            if let Some(log) = &self.log
                && let Err(error) = log.add(caller, need)
            {
                tracing::warn!(%error, "the call log cannot be written");
            }
        }
        needs.iter().find(|need| !grants.iter().any(|grant| grant.allows(need)))
    }
}

/// Lets through what is signed with the secret of this run and what the caller's role allows.
pub(super) async fn check(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return failed(StatusCode::BAD_REQUEST, "SerializationException", "the body cannot be read");
    };
    if !services.secret.has_signed(&parts, &bytes) {
        let text =
            "The request is not signed with the secret key of this run, which the local stack prints when it is ready.";
        return failed(StatusCode::FORBIDDEN, "InvalidSignatureException", text);
    }
    let header = |name| text(&parts.headers, name);
    let caller = caller(header(header::AUTHORIZATION.as_str())).unwrap_or_default().to_owned();
    let needs = needs(header("x-amz-target"), parts.uri.path(), &bytes);
    if let Some(Need { action, resource, .. }) = services.roles.missing(&caller, &needs) {
        tracing::warn!(function = caller, action, %resource, "the template does not grant this");
        let text = format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{caller}/{caller} is not authorized to perform: {action} on the \
             {resource}, because its role in the template does not allow it"
        );
        return failed(StatusCode::BAD_REQUEST, "AccessDeniedException", &text);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_may_what_their_roles_grant_and_others_anything() {
        let grant = Grant {
            actions: vec!["dynamodb:GetItem".into()],
            resources: vec!["arn:aws:dynamodb:us-east-1:000000000000:table/T".into()],
            leading_keys: None,
        };
        let roles = Roles { of_functions: BTreeMap::from([("Reader".into(), vec![grant])]), log: None };
        let get = needs("DynamoDB_20120810.GetItem", "/", br#"{"TableName": "T"}"#);
        let put = needs("DynamoDB_20120810.PutItem", "/", br#"{"TableName": "T"}"#);
        let other = needs("DynamoDB_20120810.GetItem", "/", br#"{"TableName": "Other"}"#);
        assert_eq!(roles.missing("Reader", &get), None);
        assert_eq!(roles.missing("Reader", &put), Some(&put[0]));
        assert_eq!(roles.missing("Reader", &other), Some(&other[0]));
        assert_eq!(roles.missing("somebody", &put), None);
    }

    #[test]
    fn a_grant_may_be_limited_to_the_partitions_with_a_prefix() {
        let grant = Grant {
            actions: vec!["dynamodb:UpdateItem".into()],
            resources: vec!["arn:aws:dynamodb:us-east-1:000000000000:table/T".into()],
            leading_keys: Some(vec!["N#*".into()]),
        };
        let roles = Roles { of_functions: BTreeMap::from([("Counter".into(), vec![grant])]), log: None };
        let update = |key: &str| {
            let body = format!(r#"{{"TableName": "T", "Key": {{"PK": {{"S": "{key}"}}, "SK": {{"S": "x"}}}}}}"#);
            needs("DynamoDB_20120810.UpdateItem", "/", body.as_bytes())
        };
        assert_eq!(roles.missing("Counter", &update("N#1")), None);
        let (key, request) = (update("K#1"), update("R#N#1"));
        assert_eq!(roles.missing("Counter", &key), Some(&key[0]));
        assert_eq!(roles.missing("Counter", &request), Some(&request[0]));
        let unstated = needs("DynamoDB_20120810.UpdateItem", "/", br#"{"TableName": "T"}"#);
        assert_eq!(roles.missing("Counter", &unstated), Some(&unstated[0]));
    }
}
