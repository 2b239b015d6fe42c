//! Faults that AWS shows and an emulator does not, injected at the SDK's HTTP connector.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call is throttled and does nothing.
    Throttle,
    /// The transaction meets another one on the same item and does nothing.
    TransactionConflict,
    /// The call is carried out, and its reply is lost.
    LostReply,
    /// The call never arrives.
    Unreachable,
}

/// A script of faults for the calls of one client, by operation.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    planned: VecDeque<(String, Fault)>,
    calls: Vec<String>,
}

impl Faults {
    /// The next `times` calls of `operation` (`TransactWriteItems`, …) go wrong.
    pub fn plan(&self, operation: &str, fault: Fault, times: usize) {
        let mut script = self.0.lock().expect("no test panics while it holds the script");
        script.planned.extend((0..times).map(|_| (operation.to_owned(), fault)));
    }

    /// The calls made since this was last asked, attempts of the SDK included.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no test panics while it holds the script").calls)
    }

    /// Whether every planned fault has happened.
    pub fn are_over(&self) -> bool {
        self.0.lock().expect("no test panics while it holds the script").planned.is_empty()
    }

    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(FaultyClient { inner: Builder::new().build_http(), faults: self.clone() })
    }

    fn next(&self, operation: &str) -> Option<Fault> {
        let mut script = self.0.lock().expect("no test panics while it holds the script");
        script.calls.push(operation.to_owned());
        let index = script.planned.iter().position(|(planned, _)| planned == operation)?;
        script.planned.remove(index).map(|(_, fault)| fault)
    }
}

#[derive(Debug)]
struct FaultyClient {
    inner: SharedHttpClient,
    faults: Faults,
}

impl HttpClient for FaultyClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, faults: self.faults.clone() })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        match self.faults.next(&operation) {
            None => self.inner.call(request),
            Some(Fault::Throttle) => HttpConnectorFuture::ready(Ok(refusal("ThrottlingException", ""))),
            Some(Fault::TransactionConflict) => {
                let reasons = r#", "CancellationReasons": [{"Code": "TransactionConflict"}]"#;
                HttpConnectorFuture::ready(Ok(refusal("TransactionCanceledException", reasons)))
            }
            Some(Fault::Unreachable) => HttpConnectorFuture::ready(Err(ConnectorError::io("unreachable".into()))),
            Some(Fault::LostReply) => {
                let sent = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    sent.await?;
                    Err(ConnectorError::io("the reply was lost".into()))
                })
            }
        }
    }
}

fn refusal(code: &str, more: &str) -> HttpResponse {
    let body = format!(r#"{{"__type": "com.amazonaws.dynamodb.v20120810#{code}", "message": "injected"{more}}}"#);
    let status = 400.try_into().expect("400 is a status code");
    HttpResponse::new(status, SdkBody::from(body))
}
