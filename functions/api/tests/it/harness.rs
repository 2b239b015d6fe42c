//! A table with the demo catalogue, and endpoints called with the JSON that API Gateway sends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::http::{Method, Uri};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gatepass_api::{Clients, Config, Route, endpoints, service};
use gatepass_app::{Deadline, auto_approve, reconcile};
use gatepass_domain::event::{Aggregate, Detail};
use gatepass_domain::{ApiOwner, Person};
use gatepass_lambda::{Clock, Vars};
use gatepass_provisioning::Outcome;
use gatepass_sealing::Sealer;
use gatepass_testkit::aws::Kms;
use gatepass_testkit::{World, owen};
use jiff::SignedDuration;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{disclosure, schema, shape};

/// An id that nothing has.
pub(crate) const NOBODYS: &str = "019351d0-0000-7000-8000-000000000000";
const KEY_ID: &str = "alias/gatepass";

/// The API on a table of its own.
pub(crate) struct Api {
    pub(crate) world: World,
    pub(crate) kms: Kms,
    ahead: Arc<AtomicI64>,
}

impl Api {
    /// The demo catalogue, and nothing asked for yet.
    pub(crate) async fn new() -> Self {
        Self { world: World::new().await, kms: Kms::new().await, ahead: Arc::default() }
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::POST, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::DELETE, path)
    }

    pub(crate) fn of(&self, method: Method, path: &str) -> Call<'_> {
        Call::new(self, method, path)
    }

    /// A call of the endpoint, of something that does not exist.
    pub(crate) fn call(&self, route: &Route) -> Call<'_> {
        let path = route.path.replace("{id}", NOBODYS).replace("{cid}", NOBODYS).replace("{product_id}", "no-api");
        Call::new(self, route.method.parse().unwrap(), &path)
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.ahead.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The time by the clock of the endpoints.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock().now()
    }

    fn clock(&self) -> Clock {
        Clock::Ahead(Arc::clone(&self.ahead))
    }

    /// Creates an app of `who`; gives its id.
    pub(crate) async fn app(&self, who: &Person, name: &str) -> String {
        self.post("/v1/apps").by(who).json(json!({ "name": name })).send().await.expect(201).text("/id")
    }

    /// Asks as `who` for `product` under `plan`, for a new app; gives the request.
    pub(crate) async fn request(&self, who: &Person, product: &str, plan: &str, app: &str) -> Value {
        let catalogue = if product == "fleet-api" { "partner-apis" } else { "public-apis" };
        let body = json!({
            "catalogue_id": catalogue, "product_ids": [product], "plan_id": plan, "new_app": { "name": app },
        });
        self.post("/v1/access-requests").by(who).json(body).send().await.expect(201).body
    }

    /// Owen approves the request.
    pub(crate) async fn approve(&self, id: &str) -> Value {
        self.post(&format!("/v1/admin/access-requests/{id}/approve")).by_owner(&owen()).send().await.expect(200).body
    }

    /// The work of the function `provision` on an approved request.
    pub(crate) async fn provision(&self, id: &str) -> Outcome {
        let sealer = Sealer::new(self.kms.client.clone(), KEY_ID);
        let mut context = self.clock().context("provisioning").unwrap();
        gatepass_provisioning::provision(&self.world.store, &sealer, &mut context, id.parse().unwrap()).await.unwrap()
    }

    /// The work of the function `provision` on the event that says that an app was reassigned to `owner`.
    pub(crate) async fn handle_reassignment_to(&self, owner: &str, app: &str) {
        let sealer = Sealer::new(self.kms.client.clone(), KEY_ID);
        let mut context = self.clock().context("replacing keys").unwrap();
        let store = &self.world.store;
        let events = store.events_of(&Aggregate::App(app.parse().unwrap())).await.unwrap();
        let mut to_owner = events.iter().filter_map(|event| match &event.detail {
            Detail::AppReassigned(reassigned) if reassigned.to.as_str() == owner => Some(reassigned),
            _ => None,
        });
        let reassigned = to_owner.next_back().expect("it was reassigned");
        gatepass_provisioning::replace_keys_of_reassigned(store, &sealer, &mut context, reassigned).await.unwrap();
    }

    /// The work of the function `auto-approve` on a request that the policy approved at submit.
    pub(crate) async fn auto_approve(&self, id: &str) -> auto_approve::Outcome {
        let mut context = self.clock().context("approving").unwrap();
        auto_approve::auto_approve(&self.world.store, &mut context, id.parse().unwrap()).await.unwrap()
    }

    /// A run of the background work.
    pub(crate) async fn reconcile(&self) {
        let mut context = self.clock().context("expiring").unwrap();
        let deadline = Deadline::after(Duration::from_secs(600));
        let report = reconcile::reconcile(&self.world.store, &mut context, deadline).await.unwrap();
        assert_eq!(report.failed(), 0);
    }

    /// Asks for the products of `request` again, for the same app: it holds none of them any more.
    pub(crate) async fn access_again(&self, request: &Value) {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": request["product_ids"], "plan_id": "gold",
            "app_id": id_of(&request["app"]),
        });
        self.post("/v1/access-requests").by(&gatepass_testkit::ada()).json(body).send().await.expect(201);
    }

    /// Asks for, approves and provisions access; gives the request as it stands then.
    pub(crate) async fn access(&self, who: &Person, product: &str, plan: &str, app: &str) -> Value {
        let id = id_of(&self.request(who, product, plan, app).await);
        self.approve(&id).await;
        assert_eq!(self.provision(&id).await, Outcome::Provisioned);
        self.get(&format!("/v1/access-requests/{id}")).by(who).send().await.expect(200).body
    }
}

/// The id of an entity.
pub(crate) fn id_of(entity: &Value) -> String {
    entity["id"].as_str().expect("entities have an id").to_owned()
}

/// A call that is being made up.
pub(crate) struct Call<'a> {
    api: &'a Api,
    method: Method,
    path: String,
    claims: Option<Value>,
    vouched_for: Option<String>,
    headers: BTreeMap<String, String>,
    body: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    fn new(api: &'a Api, method: Method, path: &str) -> Self {
        let headers = BTreeMap::from([("host".to_owned(), "api.example.com".to_owned())]);
        Self { api, method, path: path.to_owned(), claims: None, vouched_for: None, headers, body: None }
    }

    /// With the token that Cognito gives `who`.
    pub(crate) fn by(self, who: &Person) -> Self {
        let claims = json!({
            "sub": who.id, "token_use": "access", "name": who.name, "email": who.email, "email_verified": true,
            "organisation": who.organisation, "cognito:groups": who.groups,
        });
        self.claims(claims)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn by_owner(self, who: &ApiOwner) -> Self {
        self.by(who.person())
    }

    /// With a token of these claims, which API Gateway has verified.
    pub(crate) fn claims(mut self, claims: Value) -> Self {
        let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.c2lnbmF0dXJl", segment(&json!({ "alg": "RS256" })), segment(&claims));
        self.vouched_for = claims["sub"].as_str().map(str::to_owned);
        self.claims = Some(claims);
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// API Gateway vouches for somebody else than the token names; `None`: for nobody.
    pub(crate) fn vouched_for(mut self, subject: Option<&str>) -> Self {
        self.vouched_for = subject.map(str::to_owned);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a header that it has in another form.
    pub(crate) fn header_with(mut self, name: &str, change: impl Fn(String) -> String) -> Self {
        let value = self.headers.remove(name).expect("it has this header");
        self.headers.insert(name.to_owned(), change(value));
        self
    }

    /// With an `Idempotency-Key`.
    pub(crate) fn keyed(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn json(self, body: impl Serialize) -> Self {
        self.text(&serde_json::to_string(&body).unwrap())
    }

    /// With this text as a body that calls itself JSON.
    pub(crate) fn text(mut self, body: &str) -> Self {
        self.body = Some(body.as_bytes().to_vec());
        self.header("content-type", "application/json")
    }

    /// Makes the call and holds the answer against the OpenAPI document.
    pub(crate) async fn send(self) -> Answer {
        let uri: Uri = self.path.parse().expect(&self.path);
        let (route, parameters) = route(&self.method, uri.path());
        let event = self.event(&uri, &route, &parameters);
        let request: LambdaRequest = serde_json::from_str(&event.to_string()).expect("this is what API Gateway sends");
        let router = service(config(&route, &self.api.world.table.name), &self.clients(&route), self.api.clock());
        let event = LambdaEvent::new(request, lambda_http::Context::default());
        let response = Adapter::from(router).oneshot(event).await.expect("the router answers everything");
        let response = serde_json::to_value(response).unwrap();
        let sent = self.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
        let answer = Answer::new(route, sent, &response);
        if self.headers.contains_key("authorization") {
            assert_eq!(answer.headers.get("cache-control").map(String::as_str), Some("no-store"), "{}", answer.route);
        }
        schema::check(&answer);
        disclosure::check(&answer);
        answer
    }

    fn clients(&self, route: &Route) -> Clients {
        Clients { dynamodb: self.api.world.table.client_of(&route.to_string()), kms: self.api.kms.client.clone() }
    }

    /// "Working with AWS Lambda proxy integrations for HTTP APIs", payload format 2.0.
    fn event(&self, uri: &Uri, route: &Route, parameters: &BTreeMap<String, String>) -> Value {
        let claims = self.vouched_for.as_ref().map(|subject| flattened(self.claims.as_ref(), subject));
        let authorizer = claims.map(|claims| json!({ "jwt": { "claims": claims, "scopes": null } }));
        let mut event = json!({
            "version": "2.0",
            "routeKey": route.to_string(),
            "rawPath": uri.path(),
            "rawQueryString": uri.query().unwrap_or_default(),
            "headers": self.headers,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3d4", "authorizer": authorizer,
                "domainName": "api.example.com", "domainPrefix": "api",
                "http": {
                    "method": self.method.as_str(), "path": uri.path(), "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "test",
                },
                "requestId": "JKJaXmPLvHcESHA=", "routeKey": route.to_string(), "stage": "$default",
                "time": "23/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_435_200_000_u64,
            },
            "isBase64Encoded": false,
        });
        if !parameters.is_empty() {
            event["pathParameters"] = json!(parameters);
        }
        if let Some(body) = &self.body {
            // API Gateway encodes what its content type does not call text.
            let is_text = self.headers.get("content-type").is_some_and(|kind| kind.contains("json"));
            event["isBase64Encoded"] = json!(!is_text);
            event["body"] = match std::str::from_utf8(body) {
                Ok(text) if is_text => json!(text),
                _ => json!(STANDARD.encode(body)),
            };
        }
        event
    }
}

/// The claims as API Gateway hands them over: strings all of them, lists in brackets.
fn flattened(claims: Option<&Value>, subject: &str) -> BTreeMap<String, String> {
    let members = claims.and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
            format!("[{}]", items.join(" "))
        }
        other => other.to_string(),
    };
    let mut flat: BTreeMap<_, _> = members.map(|(name, value)| (name.clone(), text(value))).collect();
    flat.insert("sub".into(), subject.into());
    flat
}

/// The endpoint that API Gateway calls for this path, with the path's parameters.
pub(crate) fn route(method: &Method, path: &str) -> (Route, BTreeMap<String, String>) {
    let fits = |route: &Route| -> Option<BTreeMap<String, String>> {
        let (template, path): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
        if route.method != method.as_str() || template.len() != path.len() {
            return None;
        }
        let mut parameters = BTreeMap::new();
        for (expected, found) in template.into_iter().zip(path) {
            match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) => drop(parameters.insert(name.to_owned(), found.to_owned())),
                None if expected == found => {}
                None => return None,
            }
        }
        Some(parameters)
    };
    let found =
        endpoints().iter().filter_map(|endpoint| fits(&endpoint.route).map(|found| (endpoint.route.clone(), found)));
    // As API Gateway does, the route with fewer parameters wins.
    found.min_by_key(|(_, parameters)| parameters.len()).unwrap_or_else(|| panic!("no endpoint for {method} {path}"))
}

/// The configuration of the function of `route`, on `table`.
fn config(route: &Route, table: &str) -> Config {
    let route = route.to_string();
    let vars = [
        ("GATEPASS_ROUTE", route.as_str()),
        ("GATEPASS_TABLE", table),
        ("GATEPASS_GROUPS_CLAIM", "cognito:groups"),
        ("GATEPASS_MAIL_ADDRESSES", "verified"),
        ("GATEPASS_GATEWAYS", "builtin"),
        ("GATEPASS_KEY_ID", KEY_ID),
    ];
    let vars: Vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Config::from_vars(&vars).expect("every endpoint can be configured")
}

/// The answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) route: Route,
    /// The request's body, if it was JSON.
    sent: Option<Value>,
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// The body; a text when it is not JSON.
    pub(crate) body: Value,
}

impl Answer {
    fn new(route: Route, sent: Option<Value>, response: &Value) -> Self {
        let headers = response["headers"].as_object().into_iter().flatten();
        let several = response["multiValueHeaders"].as_object().into_iter().flatten();
        let headers = headers
            .map(|(name, value)| (name.clone(), value.clone()))
            .chain(several.map(|(name, values)| (name.clone(), values[0].clone())))
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let body = response["body"].as_str().unwrap_or_default();
        Self {
            route,
            sent,
            status: response["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap(),
            headers,
            body: serde_json::from_str(body).unwrap_or_else(|_| body.into()),
        }
    }

    /// The same answer, whose status must be `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {:#}", self.route, self.body);
        self
    }

    /// The problem must be of the kind `slug`.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.text("/type"), format!("/problems/{slug}"), "{:#}", answer.body);
        answer
    }

    /// The body faults, as pointers.
    #[track_caller]
    pub(crate) fn pointers(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().unwrap_or_else(|| panic!("no errors in {:#}", self.body));
        errors.iter().map(|error| error["pointer"].as_str().expect("each fault has a pointer").to_owned()).collect()
    }

    /// The text at `pointer` of the body.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {pointer} of {:#}", self.body)).to_owned()
    }

    /// The rows of a list.
    #[track_caller]
    pub(crate) fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no list: {:#}", self.body))
    }

    /// Holds the answer against the snapshot `name`. Ids, times and keys are replaced by what they
    /// are, if that is what they are; equal ids by equal names.
    pub(crate) fn is(&self, name: &str) {
        #[derive(Serialize)]
        struct Shown<'a> {
            status: u16,
            headers: BTreeMap<&'a str, Value>,
            body: Value,
        }
        const TELLING: [&str; 6] =
            ["cache-control", "content-type", "etag", "location", "retry-after", "www-authenticate"];
        let mut names = shape::Names::default();
        let sent = self.sent.as_ref().map(|sent| names.shown(sent));
        let body = names.shown(&self.body);
        let telling = self.headers.iter().filter(|(name, _)| TELLING.contains(&name.as_str()));
        let headers = telling.map(|(name, value)| (name.as_str(), names.shown(&Value::from(value.as_str())))).collect();
        let shown = Shown { status: self.status, headers, body };
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(self.route.to_string());
        if let Some(sent) = sent {
            settings.set_info(&sent);
        }
        settings.bind(|| insta::assert_json_snapshot!(name, shown));
    }
}
