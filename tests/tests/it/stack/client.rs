//! Speaking to a stack over HTTP.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::process::Stack;
use super::wait::until;
use crate::contracts::schemas;

/// The answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body; a text when it is not JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// The same answer, whose status must be `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {:#}", self.asked, self.body);
        self
    }

    /// The same answer, which must be the problem `slug`.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.asked);
        assert_eq!(answer.body["type"], format!("/problems/{slug}"), "{}: {:#}", answer.asked, answer.body);
        answer
    }

    /// The text at `pointer` of the body.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("{}: no text at {pointer} of {:#}", self.asked, self.body)).to_owned()
    }

    /// The rows of a list.
    #[track_caller]
    pub(crate) fn items(&self) -> Vec<Value> {
        let items = self.body["items"].as_array();
        items.unwrap_or_else(|| panic!("{}: no list: {:#}", self.asked, self.body)).clone()
    }
}

/// Makes a call. It panics when there is no answer.
pub(crate) async fn send(asked: String, call: RequestBuilder) -> Answer {
    try_send(asked.clone(), call).await.unwrap_or_else(|error| panic!("{asked}: {error}"))
}

async fn try_send(asked: String, call: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let answer = call.send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await?;
    let body = serde_json::from_str(&text).unwrap_or_else(|_| text.into());
    Ok(Answer { asked, status, headers, body })
}

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(crate) struct Person<'a> {
    stack: &'a Stack,
    token: String,
}

impl Person<'_> {
    /// A call with their token.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.stack.call(method, path).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(format!("GET {path}"), self.call(Method::GET, path)).await
    }

    /// As [`Person::get`]; `None` when there is no answer.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Answer> {
        try_send(format!("GET {path}"), self.call(Method::GET, path)).await.ok()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        send(format!("POST {path} {body}"), self.call(Method::POST, path).json(&body)).await
    }

    /// As [`Person::post`], with an `Idempotency-Key`; an error when there is no answer.
    pub(crate) async fn post_keyed(&self, path: &str, body: Value, key: &str) -> Result<Answer, reqwest::Error> {
        let call = self.call(Method::POST, path).header("idempotency-key", key).json(&body);
        try_send(format!("POST {path} {body}"), call).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        send(format!("PUT {path} {body}"), self.call(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(format!("DELETE {path}"), self.call(Method::DELETE, path)).await
    }

    /// Changes what `path` gives, whatever its version is.
    pub(crate) async fn edit(&self, path: &str, change: impl FnOnce(&mut Value)) -> Answer {
        let mut entity = self.get(path).await.expect(200).body;
        for own in ["version", "created_at", "updated_at"] {
            entity.as_object_mut().expect("an entity is an object").remove(own);
        }
        change(&mut entity);
        let call = self.call(Method::PUT, path).header("if-match", "*").json(&entity);
        send(format!("PUT {path} {entity}"), call).await.expect(200)
    }

    /// Asks for `products` of `catalogue` under `plan`, for a new app called `app`.
    pub(crate) async fn ask(&self, catalogue: &str, products: &[&str], plan: &str, app: &str) -> Answer {
        let body = json!({
            "catalogue_id": catalogue, "product_ids": products, "plan_id": plan, "new_app": { "name": app },
        });
        self.post("/v1/access-requests", body).await
    }

    /// The same, which must succeed; gives the request.
    pub(crate) async fn submit(&self, catalogue: &str, products: &[&str], plan: &str, app: &str) -> Value {
        self.ask(catalogue, products, plan, app).await.expect(201).body
    }

    /// The request as its requester sees it.
    pub(crate) async fn request(&self, id: &str) -> Value {
        self.get(&format!("/v1/access-requests/{id}")).await.expect(200).body
    }

    /// Waits until provisioning of the request has come to `status`; gives the request.
    pub(crate) async fn until_provisioning(&self, id: &str, status: &str) -> Value {
        let what = format!("provisioning of {id} is {status}");
        until(&what, async || {
            Some(self.request(id).await).filter(|request| request["provisioning"]["status"] == status)
        })
        .await
    }

    /// Waits until the request's mail `template` has come to `status`; gives the request.
    pub(crate) async fn until_mail(&self, id: &str, template: &str, status: &str) -> Value {
        let what = format!("the mail {template} about {id} is {status}");
        let settled = |request: &Value| {
            let mails = request["mails"].as_array().expect("a request has mails");
            mails.iter().any(|mail| mail["template"] == template && mail["status"] == status)
        };
        until(&what, async || Some(self.request(id).await).filter(settled)).await
    }

    /// An API Owner approves the request.
    pub(crate) async fn approve(&self, id: &str) -> Answer {
        self.post(&format!("/v1/admin/access-requests/{id}/approve"), json!({})).await
    }

    /// Shows the key of the credential that a provisioned request led to.
    pub(crate) async fn reveal(&self, request: &Value) -> String {
        let (app, credential) = (string(&request["app"]["id"]), string(&request["credential_id"]));
        let path = format!("/v1/apps/{app}/credentials/{credential}/reveal");
        let answer = self.post(&path, json!({})).await.expect(200);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.body["credential_id"], request["credential_id"]);
        answer.text("/key")
    }

    /// The credentials of an app.
    pub(crate) async fn credentials(&self, app: &str) -> Vec<Value> {
        self.get(&format!("/v1/apps/{app}/credentials")).await.expect(200).items()
    }
}

/// A text of an answer.
#[track_caller]
pub(crate) fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

impl Stack {
    /// A call without a token.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    /// `user` with a token of one hour; `ada&groups=a,b` makes somebody else.
    pub(crate) async fn person(&self, user: &str) -> Person<'_> {
        let answer = self.post(&format!("/_local/token?user={user}")).await.expect(200);
        Person { stack: self, token: answer.text("/access_token") }
    }

    /// As [`Stack::person`], of a stack that may be gone.
    pub(crate) async fn try_person(&self, user: &str) -> Option<Person<'_>> {
        let call = self.call(Method::POST, &format!("/_local/token?user={user}"));
        let answer = try_send(format!("a token for {user}"), call).await.ok()?;
        Some(Person { stack: self, token: answer.text("/access_token") })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(format!("GET {path}"), self.call(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        send(format!("POST {path}"), self.call(Method::POST, path)).await
    }

    /// The mails sent so far, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Value> {
        self.get("/_local/mail").await.expect(200).items()
    }

    /// The mails sent so far of one template.
    pub(crate) async fn mails_of(&self, template: &str) -> Vec<Value> {
        let mut mails = self.mails().await;
        mails.retain(|mail| mail["template"] == template);
        mails
    }

    /// The events of a type on the bus so far, each once, however often it was published. Every event on the
    /// bus is held against its schema.
    pub(crate) async fn events(&self, event_type: &str) -> Vec<Value> {
        let items = self.get("/_local/events").await.expect(200).items();
        let mut events = BTreeMap::new();
        for event in items {
            schemas::check(&string(&event["detail-type"]), &event["detail"]);
            if event["detail-type"] == event_type {
                events.insert(string(&event["detail"]["metadata"]["id"]), event);
            }
        }
        events.into_values().collect()
    }

    /// Holds a function back.
    pub(crate) async fn pause(&self, function: &str) {
        let answer = self.post(&format!("/_local/functions/{function}/pause")).await.expect(200);
        assert_eq!(answer.body, json!({ "name": function, "paused": true }));
    }

    /// Lets a function go on.
    pub(crate) async fn resume(&self, function: &str) {
        let answer = self.post(&format!("/_local/functions/{function}/resume")).await.expect(200);
        assert_eq!(answer.body, json!({ "name": function, "paused": false }));
    }

    /// Moves the clock.
    pub(crate) async fn advance(&self, by: &str) {
        self.post(&format!("/_local/clock?advance={by}")).await.expect(200);
    }

    /// The answer of the sample API of `product` to `key`.
    pub(crate) async fn sample(&self, product: &str, key: Option<&str>) -> u16 {
        self.sample_answer(product, key).await.status
    }

    /// The sample API's answer to a call with this key.
    pub(crate) async fn sample_answer(&self, product: &str, key: Option<&str>) -> Answer {
        let path = format!("/_local/apis/{product}/forecast");
        let call = self.call(Method::GET, &path);
        let call = match key {
            Some(key) => call.header("x-api-key", key),
            None => call,
        };
        send(format!("GET {path}"), call).await
    }
}
