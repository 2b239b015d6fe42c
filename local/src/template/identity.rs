//! The values of `Ref` and `GetAtt` for a resource here.

use std::collections::BTreeMap;

use super::TemplateError;
use super::resolve::{ACCOUNT, REGION};

/// The names of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The value of `Ref`.
    pub(super) reference: String,
    /// The values of `GetAtt`, by attribute.
    pub(super) attributes: BTreeMap<&'static str, String>,
}

/// The identity of a resource of type `kind`, whose name is `made_up` unless its properties give one.
pub(super) fn of(
    kind: &str,
    made_up: &str,
    given: impl Fn(&str) -> Result<Option<String>, TemplateError>,
) -> Result<Identity, TemplateError> {
    let named = |property: &str| given(property).map(|name| name.unwrap_or_else(|| made_up.to_owned()));
    let arn = |service: &str, rest: String| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
    Ok(match kind {
        "AWS::DynamoDB::Table" => {
            let name = named("TableName")?;
            let table = arn("dynamodb", format!("table/{name}"));
            let stream = format!("{table}/stream/local");
            Identity { reference: name, attributes: BTreeMap::from([("Arn", table), ("StreamArn", stream)]) }
        }
        "AWS::Events::EventBus" => {
            let name = named("Name")?;
            let bus = arn("events", format!("event-bus/{name}"));
            Identity { reference: name.clone(), attributes: BTreeMap::from([("Arn", bus), ("Name", name)]) }
        }
        "AWS::SQS::Queue" => {
            let name = named("QueueName")?;
            let queue = arn("sqs", name.clone());
            let url = format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}");
            let attributes = BTreeMap::from([("Arn", queue), ("QueueName", name), ("QueueUrl", url.clone())]);
            Identity { reference: url, attributes }
        }
        "AWS::KMS::Key" => {
            let key = arn("kms", format!("key/{made_up}"));
            Identity {
                reference: made_up.to_owned(),
                attributes: BTreeMap::from([("Arn", key), ("KeyId", made_up.to_owned())]),
            }
        }
        "AWS::IAM::Role" => {
            let name = named("RoleName")?;
            let role = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
            Identity { reference: name, attributes: BTreeMap::from([("Arn", role)]) }
        }
        "AWS::IAM::ManagedPolicy" => {
            let policy = format!("arn:aws:iam::{ACCOUNT}:policy/{}", named("ManagedPolicyName")?);
            Identity { reference: policy.clone(), attributes: BTreeMap::from([("PolicyArn", policy)]) }
        }
        "AWS::Logs::LogGroup" => {
            let name = named("LogGroupName")?;
            let group = arn("logs", format!("log-group:{name}:*"));
            Identity { reference: name, attributes: BTreeMap::from([("Arn", group)]) }
        }
        "AWS::KMS::Alias" => Identity { reference: named("AliasName")?, attributes: BTreeMap::new() },
        "AWS::Serverless::Function" => {
            let name = named("FunctionName")?;
            let function = arn("lambda", format!("function:{name}"));
            Identity { reference: name, attributes: BTreeMap::from([("Arn", function)]) }
        }
        _ => Identity { reference: made_up.to_owned(), attributes: BTreeMap::new() },
    })
}
