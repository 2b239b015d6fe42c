//! From an HTTP request, as the SDK sends it, to what IAM decides on.

use std::fmt;

use serde_json::Value;

/// An action on a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// As policies name it, for example `dynamodb:PutItem`.
    pub action: String,
    /// The resource that it is done to.
    pub resource: Resource,
    /// The partition keys of the items that it is done to (`dynamodb:LeadingKeys`), as far as the call states one item.
    pub leading_keys: Vec<String>,
}

/// The resources of actions, by the names that calls use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A DynamoDB table, by name.
    Table(String),
    /// A secondary index: its table, and its own name.
    Index(String, String),
    /// An event bus, by name.
    Bus(String),
    /// A KMS key, by id.
    Key(String),
    /// An SES identity: the sender's mail address, which its domain stands for too.
    Identity(String),
    /// The calls that this crate does not know.
    Unknown,
}

impl Resource {
    /// True when a policy that names `arn` means this. A `*` at its end stands for anything.
    pub fn is_meant_by(&self, arn: &str) -> bool {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (Some(service), Some(name)) = (parts.next(), parts.nth(2)) else { return false };
        self.names().iter().any(|(of, own)| {
            let exact = name.strip_suffix('*').map_or(name == own, |start| own.starts_with(start));
            service == *of && exact
        })
    }

    /// The services and the last parts of the ARNs that are this.
    fn names(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Table(table) => vec![("dynamodb", format!("table/{table}"))],
            Self::Index(table, index) => vec![("dynamodb", format!("table/{table}/index/{index}"))],
            Self::Bus(bus) => vec![("events", format!("event-bus/{bus}"))],
            Self::Key(key) => vec![("kms", format!("key/{key}"))],
            Self::Identity(address) => {
                let domain = address.rsplit('@').next().unwrap_or_default();
                vec![("ses", format!("identity/{address}")), ("ses", format!("identity/{domain}"))]
            }
            Self::Unknown => Vec::new(),
        }
    }
}

impl fmt::Display for Resource {
    /// For people: what it is, and which one where there are several.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(_) => f.write_str("table"),
            Self::Index(_, index) => write!(f, "index {index}"),
            Self::Bus(_) => f.write_str("bus"),
            Self::Key(_) => f.write_str("key"),
            Self::Identity(_) => f.write_str("identity"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The owner of the access key that signed a request, by its `authorization` header (Signature Version 4).
pub fn caller(authorization: &str) -> Option<&str> {
    let (_, credential) = authorization.split_once("Credential=")?;
    let (credential, _) = credential.split_once(',')?;
    // After the access key id: date, region, service and `aws4_request`.
    credential.rsplitn(5, '/').nth(4)
}

/// The caller of calls that no function makes.
pub const NOBODY: &str = "local";

/// The `authorization` header as if [`NOBODY`] had signed. Amazon's DynamoDB Local takes only letters and digits in
/// an access key, and keeps a database apart for each; signatures it does not verify.
pub fn as_nobody(authorization: &str) -> String {
    match caller(authorization) {
        Some(caller) => authorization.replacen(&format!("Credential={caller}/"), &format!("Credential={NOBODY}/"), 1),
        None => authorization.to_owned(),
    }
}

/// The permissions that a call needs, which SDKs send as `POST` to `path` with this `x-amz-target` and `body`. Empty for a call of
/// which this crate knows nothing.
pub fn needs(target: &str, path: &str, body: &[u8]) -> Vec<Need> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or_default();
    let mut needs = match service {
        "DynamoDB_20120810" => of_dynamodb(operation, &body),
        "AWSEvents" => of_events(operation, &body),
        "TrentService" => vec![need("kms", operation, Resource::Key(last(&body["KeyId"])))],
        "" if path == "/v2/email/outbound-emails" => {
            vec![need("ses", "SendEmail", Resource::Identity(address(&body["FromEmailAddress"])))]
        }
        _ => Vec::new(),
    };
    needs.sort();
    needs.dedup();
    needs
}

fn of_dynamodb(operation: &str, body: &Value) -> Vec<Need> {
    let table = |value: &Value| Resource::Table(last(value));
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flat_map(|tables| tables.keys());
            tables.map(|name| need("dynamodb", operation, table(&Value::from(name.as_str())))).collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object);
            let actions = items.flat_map(|item| {
                item.iter().map(|(kind, part)| match kind.as_str() {
                    "ConditionCheck" => need("dynamodb", "ConditionCheckItem", table(&part["TableName"])),
                    kind => need("dynamodb", &format!("{kind}Item"), table(&part["TableName"])),
                })
            });
            actions.collect()
        }
        _ => {
            let resource = match body["IndexName"].as_str() {
                Some(index) => Resource::Index(last(&body["TableName"]), index.to_owned()),
                None => table(&body["TableName"]),
            };
            let partition = ["Key", "Item"].iter().find_map(|part| body[*part]["PK"]["S"].as_str());
            let leading_keys = partition.map(str::to_owned).into_iter().collect();
            vec![Need { leading_keys, ..need("dynamodb", operation, resource) }]
        }
    }
}

fn of_events(operation: &str, body: &Value) -> Vec<Need> {
    let entries = body["Entries"].as_array().into_iter().flatten();
    let bus = |entry: &Value| match &entry["EventBusName"] {
        Value::Null => Resource::Bus("default".into()),
        name => Resource::Bus(last(name)),
    };
    entries.map(|entry| need("events", operation, bus(entry))).collect()
}

fn need(service: &str, operation: &str, resource: Resource) -> Need {
    Need { action: format!("{service}:{operation}"), resource, leading_keys: Vec::new() }
}

/// The name, when calls may name a resource by its ARN too.
fn last(value: &Value) -> String {
    value.as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default().to_owned()
}

/// The address of `Name <address>`.
fn address(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let inner = text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    inner.unwrap_or(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn said(target: &str, path: &str, body: &Value) -> Vec<String> {
        let needs = needs(target, path, body.to_string().as_bytes());
        needs.iter().map(|need| format!("{} {}", need.action, need.resource)).collect()
    }

    #[rstest]
    #[case("GetItem", json!({"TableName": "T"}), &["dynamodb:GetItem table"])]
    #[case("Query", json!({"TableName": "T", "IndexName": "GSI1"}), &["dynamodb:Query index GSI1"])]
    #[case("BatchGetItem", json!({"RequestItems": {"T": {}}}), &["dynamodb:BatchGetItem table"])]
    #[case(
        "TransactWriteItems",
        json!({"TransactItems": [{"Put": {"TableName": "T"}}, {"ConditionCheck": {"TableName": "T"}},
            {"Update": {"TableName": "T"}}, {"Delete": {"TableName": "T"}}, {"Put": {"TableName": "T"}}]}),
        &["dynamodb:ConditionCheckItem table", "dynamodb:DeleteItem table", "dynamodb:PutItem table", "dynamodb:UpdateItem table"]
    )]
    fn a_call_of_dynamodb_needs_what_it_does(#[case] operation: &str, #[case] body: Value, #[case] expected: &[&str]) {
        assert_eq!(said(&format!("DynamoDB_20120810.{operation}"), "/", &body), expected);
    }

    #[test]
    fn other_services_are_known_by_header_or_path() {
        let entries = json!({"Entries": [{"EventBusName": "b"}, {"EventBusName": "b"}]});
        assert_eq!(said("AWSEvents.PutEvents", "/", &entries), ["events:PutEvents bus"]);
        assert_eq!(said("TrentService.Encrypt", "/", &json!({"KeyId": "k"})), ["kms:Encrypt key"]);
        let mail = json!({"FromEmailAddress": "Gatepass <no-reply@example.com>"});
        assert_eq!(said("", "/v2/email/outbound-emails", &mail), ["ses:SendEmail identity"]);
        assert_eq!(said("Other.Thing", "/", &json!({})), [] as [&str; 0]);
    }

    #[rstest]
    #[case(Resource::Table("T".into()), "arn:aws:dynamodb:r:1:table/T", true)]
    #[case(Resource::Table("T".into()), "arn:aws:dynamodb:r:1:table/T/index/GSI1", false)]
    #[case(Resource::Table("T2".into()), "arn:aws:dynamodb:r:1:table/T", false)]
    #[case(Resource::Index("T".into(), "GSI1".into()), "arn:aws:dynamodb:r:1:table/T", false)]
    #[case(Resource::Index("T".into(), "GSI1".into()), "arn:aws:dynamodb:r:1:table/T/index/*", true)]
    #[case(Resource::Bus("b".into()), "arn:aws:events:r:1:event-bus/b", true)]
    #[case(Resource::Identity("a@b.example".into()), "arn:aws:ses:r:1:identity/b.example", true)]
    #[case(Resource::Identity("a@b.example".into()), "arn:aws:ses:r:1:identity/a@b.example", true)]
    #[case(Resource::Identity("a@b.example".into()), "arn:aws:ses:r:1:identity/c@b.example", false)]
    #[case(Resource::Key("k".into()), "k", false)]
    fn a_policy_means_what_its_arn_names(#[case] resource: Resource, #[case] arn: &str, #[case] meant: bool) {
        assert_eq!(resource.is_meant_by(arn), meant);
    }

    #[test]
    fn the_caller_is_whose_key_signed() {
        let header = "AWS4-HMAC-SHA256 Credential=GET /v1/apps/{id}/20261124/us-east-1/dynamodb/aws4_request, \
                      SignedHeaders=host, Signature=0";
        assert_eq!(caller(header), Some("GET /v1/apps/{id}"));
        assert_eq!(caller("Bearer x"), None);
        assert_eq!(caller(&as_nobody(header)), Some(NOBODY));
        assert!(as_nobody(header).ends_with("Signature=0"), "nothing else changes");
    }
}
