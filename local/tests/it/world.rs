//! A stack, and somebody who talks to it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gatepass_local::{Data, DynamoDb, Options, Stack};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

/// The longest wait for what happens by itself: generous, since a busy machine is no fault.
pub(crate) const AT_MOST: Duration = Duration::from_secs(120);

/// The template that is deployed.
pub(crate) fn template() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml"))
}

/// A copy of the template in `directory` with `from` replaced, beside copies of those nested in it.
pub(crate) fn changed_template(directory: &Path, from: &str, to: &str) -> PathBuf {
    for file in template().parent().unwrap().read_dir().unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), directory.join(file.file_name())).unwrap();
        }
    }
    let copy = directory.join("template.yaml");
    let text = std::fs::read_to_string(&copy).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(&copy, text.replacen(from, to, 1)).unwrap();
    copy
}

/// The variable by which the tests use another DynamoDB than the embedded one.
pub(crate) const DYNAMODB_ENDPOINT: &str = "GATEPASS_DYNAMODB_ENDPOINT";

/// A stack on any port that keeps nothing.
pub(crate) fn options() -> Options {
    let dynamodb = std::env::var(DYNAMODB_ENDPOINT).map_or(DynamoDb::Embedded, DynamoDb::At);
    Options { port: 0, data: Data::Ephemeral, dynamodb, template: template(), ..Options::default() }
}

/// A running stack in this process.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) client: Client,
}

impl World {
    pub(crate) async fn start(options: Options) -> Self {
        let stack = Stack::start(options).await.unwrap();
        let client = Client::new(stack.address().port());
        Self { stack, client }
    }
}

/// Somebody who talks to a stack.
pub(crate) struct Client {
    pub(crate) origin: String,
    pub(crate) http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { origin: format!("http://127.0.0.1:{port}"), http }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str) -> Response {
        self.request(Method::POST, path).send().await.unwrap()
    }

    /// The items that the stack lists at `path`.
    pub(crate) async fn items(&self, path: &str) -> Vec<Value> {
        let list: Value = self.get(path).await.json().await.unwrap();
        list["items"].as_array().unwrap().clone()
    }

    /// A token for what `query` says.
    pub(crate) async fn token(&self, query: &str) -> String {
        let response = self.post(&format!("/_local/token?{query}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        let token: Value = response.json().await.unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// The JSON that `GET path` gives to the bearer of `token`.
    pub(crate) async fn read(&self, token: &str, path: &str) -> Value {
        let response = self.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// The JSON that `POST path` gives to the bearer of `token`; it must succeed.
    pub(crate) async fn write(&self, token: &str, path: &str, body: Value) -> Value {
        let response = self.request(Method::POST, path).bearer_auth(token).json(&body).send().await.unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// The id of a request for `product` under `plan`, for a new app.
    pub(crate) async fn submit(&self, token: &str, catalogue: &str, product: &str, plan: &str) -> String {
        let app = json!({ "name": format!("An app for {product} under {plan}") });
        let body = json!({ "catalogue_id": catalogue, "product_ids": [product], "plan_id": plan, "new_app": app });
        self.write(token, "/v1/access-requests", body).await["id"].as_str().unwrap().to_owned()
    }

    /// The request `id`, once `what` holds of it.
    pub(crate) async fn request_once(&self, token: &str, id: &str, what: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/v1/access-requests/{id}");
        let began = Instant::now();
        loop {
            let request = self.read(token, &path).await;
            if what(&request) {
                return request;
            }
            assert!(began.elapsed() < AT_MOST, "waited in vain: {request}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The items that the stack lists at `path`, once there are `count` or more.
    pub(crate) async fn items_once(&self, path: &str, count: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let items = self.items(path).await;
            if items.len() >= count {
                return items;
            }
            assert!(began.elapsed() < AT_MOST, "waited in vain for {count} at {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub(crate) fn is_provisioned(request: &Value) -> bool {
    request["provisioning"]["status"] == "provisioned"
}
