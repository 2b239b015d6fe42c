//! The AWS services as the SDK's connector meets them: in process, with the faults that the [chaos](crate::chaos) decides on.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::chaos::Fault;
use crate::world::World;

/// A mail that the mail service took.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The recipients.
    pub to: Vec<String>,
    /// The template.
    pub template: String,
    /// Subject and text.
    pub text: String,
}

/// The connector of every SDK client in the simulation.
#[derive(Debug, Clone)]
pub struct Connector(Weak<World>);

impl Connector {
    /// A connector to the services of `world`, which may still be in the making.
    pub fn of(world: Weak<World>) -> Self {
        Self(world)
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(world) = self.0.upgrade() else {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("the world has ended".into())));
        };
        HttpConnectorFuture::new(async move { Call::read(&request).make(world).await })
    }
}

/// A call of a service.
#[derive(Debug, Clone)]
struct Call {
    /// The logical id of the function that calls.
    caller: String,
    operation: String,
    body: String,
}

impl Call {
    fn read(request: &HttpRequest) -> Self {
        let header = |name| request.headers().get(name).unwrap_or_default();
        let target = header("x-amz-target").rsplit('.').next().unwrap_or_default();
        let operation = if target.is_empty() { "SendEmail" } else { target };
        let credential = header("authorization").split("Credential=").nth(1).unwrap_or_default();
        let body = request.body().bytes().expect("a call is in memory");
        Self {
            caller: credential.split('/').next().unwrap_or_default().to_owned(),
            operation: operation.to_owned(),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }

    async fn make(self, world: Arc<World>) -> Result<HttpResponse, ConnectorError> {
        let fault = world.chaos.fault(self.possible_faults());
        let number = world.next_call();
        if fault.is_some() {
            world.trouble(&self.caller);
        }
        world.trace(|| format!("#{number} {} {} {}{}", self.caller, self.operation, self.summary(), shown(fault)));
        tokio::time::sleep(world.chaos.latency()).await;
        let answer = match fault {
            Some(Fault::Throttle) => Ok(refusal("ThrottlingException")),
            Some(Fault::ServiceError) => Ok((500, r#"{"__type":"InternalServerError"}"#.to_owned())),
            Some(Fault::Unreachable) => {
                Err(ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()))
            }
            Some(Fault::LostReply) => {
                self.carry_out(&world, None);
                Err(ConnectorError::timeout("the answer was lost".into()))
            }
            Some(Fault::AppliedLate) => {
                let delay = Duration::from_millis(world.chaos.below(4_000));
                let (call, late) = (self.clone(), Arc::clone(&world));
                world.spawn(async move {
                    let _under_way = late.busy.read().await;
                    tokio::time::sleep(delay).await;
                    call.carry_out(&late, None);
                });
                Err(ConnectorError::timeout("no answer in time".into()))
            }
            other => Ok(self.carry_out(&world, other)),
        };
        tokio::time::sleep(world.chaos.latency()).await;
        let outcome = answer.as_ref().map_or(0, |(status, _)| *status);
        world.trace(|| format!("#{number} → {outcome}"));
        let (status, body) = answer?;
        let status = status.try_into().expect("services answer with status codes");
        Ok(HttpResponse::new(status, SdkBody::from(body)))
    }

    fn possible_faults(&self) -> &'static [Fault] {
        use Fault::{
            AppliedLate, EntryRefused, LostReply, MailRefused, ServiceError, StaleIndex, Throttle, TransactionConflict,
            Unreachable,
        };
        match self.operation.as_str() {
            "TransactWriteItems" => &[
                Throttle,
                ServiceError,
                Unreachable,
                LostReply,
                LostReply,
                AppliedLate,
                TransactionConflict,
                TransactionConflict,
            ],
            "PutItem" | "UpdateItem" | "DeleteItem" => &[Throttle, ServiceError, Unreachable, LostReply, AppliedLate],
            "Query" if self.body.contains("\"IndexName\"") => {
                &[Throttle, Unreachable, StaleIndex, StaleIndex, StaleIndex, StaleIndex]
            }
            "PutEvents" => &[Throttle, Unreachable, LostReply, AppliedLate, EntryRefused, EntryRefused],
            "SendEmail" => &[Throttle, Unreachable, LostReply, AppliedLate, MailRefused],
            _ => &[Throttle, ServiceError, Unreachable, LostReply],
        }
    }

    /// The part of the call that tells it from others, free of anything that depends on hash maps.
    fn summary(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let key = |item: &Value| {
            let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            format!("{}/{}", text("PK"), text("SK"))
        };
        match self.operation.as_str() {
            "TransactWriteItems" => {
                let parts = body["TransactItems"].as_array().cloned().unwrap_or_default();
                let parts = parts.iter().filter_map(|part| {
                    let (verb, part) = part.as_object()?.iter().next()?;
                    Some(format!("{verb} {}", key(part.get("Item").or_else(|| part.get("Key"))?)))
                });
                parts.collect::<Vec<_>>().join(", ")
            }
            "PutItem" => key(&body["Item"]),
            "GetItem" | "UpdateItem" | "DeleteItem" => key(&body["Key"]),
            "Query" => {
                let values = body["ExpressionAttributeValues"].as_object().cloned().unwrap_or_default();
                let values: BTreeMap<_, _> = values.into_iter().collect();
                let values = values.values().filter_map(|value| value["S"].as_str());
                let index = body["IndexName"].as_str().unwrap_or("table");
                format!("{index} {}", values.collect::<Vec<_>>().join(" "))
            }
            "PutEvents" => {
                let entries = body["Entries"].as_array().cloned().unwrap_or_default();
                let entries = entries.iter().filter_map(|entry| entry["DetailType"].as_str());
                entries.collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        }
    }

    /// Has the service do what is asked.
    fn carry_out(&self, world: &Arc<World>, fault: Option<Fault>) -> (u16, String) {
        match self.operation.as_str() {
            "PutEvents" => self.put_events(world, fault),
            "SendEmail" => self.send_email(world, fault),
            "Encrypt" | "Decrypt" => self.seal(),
            _ => self.table(world, fault),
        }
    }

    fn table(&self, world: &Arc<World>, fault: Option<Fault>) -> (u16, String) {
        let now = world.now_millis();
        match fault {
            Some(Fault::StaleIndex) => {
                let lag = i64::try_from(world.chaos.below(60_000)).unwrap_or(0);
                world.tables.read_replica(&self.operation, &self.body, now - lag)
            }
            Some(Fault::TransactionConflict) => self.conflict(world),
            _ => {
                let answer = world.tables.carry_out(&self.operation, &self.body, now);
                world.written();
                answer
            }
        }
    }

    /// Some parts met another transaction; of the others some failed their own conditions, as they would have done.
    fn conflict(&self, world: &World) -> (u16, String) {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let judged = world.tables.judge(&body).unwrap_or_default();
        let parts = body["TransactItems"].as_array().map_or(1, Vec::len);
        let met = world.chaos.below(parts as u64);
        let reasons = (0..parts).map(|part| {
            let also = world.chaos.below(4) == 0;
            if part as u64 == met || also {
                json!({ "Code": "TransactionConflict" })
            } else {
                judged.get(part).cloned().unwrap_or_else(|| json!({ "Code": "None" }))
            }
        });
        let reasons: Vec<_> = reasons.collect();
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled", "CancellationReasons": reasons,
        });
        (400, body.to_string())
    }

    fn put_events(&self, world: &Arc<World>, fault: Option<Fault>) -> (u16, String) {
        let body: Value = serde_json::from_str(&self.body).expect("the SDK sends JSON");
        let entries = body["Entries"].as_array().expect("PutEvents has entries");
        let mut failed = 0;
        let answers = entries.iter().map(|entry| {
            if fault == Some(Fault::EntryRefused) && world.chaos.below(3) == 0 {
                failed += 1;
                let code = if failed % 2 == 0 { "MalformedDetail" } else { "ThrottlingException" };
                return json!({ "ErrorCode": code, "ErrorMessage": "injected" });
            }
            world.publish(&self.caller, entry);
            json!({ "EventId": "accepted" })
        });
        let answers: Vec<_> = answers.collect();
        (200, json!({ "Entries": answers, "FailedEntryCount": failed }).to_string())
    }

    fn send_email(&self, world: &Arc<World>, fault: Option<Fault>) -> (u16, String) {
        if fault == Some(Fault::MailRefused) {
            return (400, r#"{"__type":"MessageRejected","message":"injected"}"#.to_owned());
        }
        let body: Value = serde_json::from_str(&self.body).expect("the SDK sends JSON");
        let addresses = body["Destination"]["ToAddresses"].as_array().cloned().unwrap_or_default();
        let tags = body["EmailTags"].as_array().cloned().unwrap_or_default();
        let template = tags.iter().find(|tag| tag["Name"] == "template").map(|tag| tag["Value"].clone());
        let message = &body["Content"]["Simple"];
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        world.mails.lock().expect("nothing panics while it mails").push(Mail {
            to: addresses.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            template: template.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            text: format!("{}\n{}", text("/Subject/Data"), text("/Body/Text/Data")),
        });
        (200, r#"{"MessageId":"accepted"}"#.to_owned())
    }

    /// Sealing, without the cipher: the plaintext behind the encryption context.
    fn seal(&self) -> (u16, String) {
        let body: Value = serde_json::from_str(&self.body).expect("the SDK sends JSON");
        let context = body["EncryptionContext"].as_object().cloned().unwrap_or_default();
        let context: BTreeMap<_, _> = context.into_iter().collect();
        let context = serde_json::to_string(&context).expect("a map is JSON");
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if self.operation == "Encrypt" {
            let blob = STANDARD.encode(format!("{context}\n{}", text("Plaintext")));
            return (200, json!({ "CiphertextBlob": blob, "KeyId": "alias/simulated" }).to_string());
        }
        let blob = STANDARD.decode(text("CiphertextBlob")).unwrap_or_default();
        match String::from_utf8_lossy(&blob).split_once('\n') {
            Some((sealed_under, plaintext)) if sealed_under == context => {
                (200, json!({ "Plaintext": plaintext, "KeyId": "alias/simulated" }).to_string())
            }
            _ => (400, r#"{"__type":"InvalidCiphertextException"}"#.to_owned()),
        }
    }
}

fn refusal(code: &str) -> (u16, String) {
    (400, json!({ "__type": code, "message": "injected" }).to_string())
}

fn shown(fault: Option<Fault>) -> String {
    fault.map(|fault| format!(" [{fault:?}]")).unwrap_or_default()
}
