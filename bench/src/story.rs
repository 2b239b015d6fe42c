//! The story that functions are measured along: apps are created, access is asked for, approved, provisioned and used. Each function
//! works on what the one before it left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatepass_lambda::Clock;
use gatepass_testkit::{Table, World};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Outcome;
use crate::emulator::Emulator;
use crate::events::{HttpCall, authorizer_call, sample, stream_batch};
use crate::function::{Function, Program};
use crate::measure::{Amounts, Row, Sizes, Subject, measure};
use crate::progress::say;

/// The ten endpoints that are called most, in the order of the story, and the rejection, for which there is a goal.
const CREATE_APP: &str = "POST /v1/apps";
const LIST_APPS: &str = "GET /v1/apps";
const LIST_CATALOGUES: &str = "GET /v1/catalogues";
const SEARCH_PRODUCTS: &str = "GET /v1/products";
const SUBMIT: &str = "POST /v1/access-requests";
const LIST_REQUESTS: &str = "GET /v1/access-requests";
const ADMIN_LIST: &str = "GET /v1/admin/access-requests";
const APPROVE: &str = "POST /v1/admin/access-requests/{id}/approve";
const LIST_CREDENTIALS: &str = "GET /v1/apps/{id}/credentials";
const REVEAL: &str = "POST /v1/apps/{id}/credentials/{cid}/reveal";
const REJECT: &str = "POST /v1/admin/access-requests/{id}/reject";

/// A table with offers, and the functions that work on it.
pub(crate) struct Story<'a> {
    pub(crate) emulator: &'a Emulator,
    /// The table.
    pub(crate) table: String,
    /// The release binaries.
    pub(crate) artifacts: &'a Artifacts,
    pub(crate) amounts: Amounts,
    /// The time at the beginning.
    pub(crate) now: Timestamp,
}

impl<'a> Story<'a> {
    /// A story on a new table with the demonstration's offers.
    pub(crate) async fn begin(emulator: &'a Emulator, artifacts: &'a Artifacts, amounts: Amounts) -> Self {
        let world = World::on(Table::at(emulator.endpoint()).await).await;
        Self { emulator, table: world.table.name, artifacts, amounts, now: Clock::System.now() }
    }

    /// The function of `binary`, which answers `route` if it is an endpoint.
    pub(crate) fn subject(&self, binary: &str, route: Option<&str>) -> Subject {
        let mut environment = BTreeMap::from([
            ("AWS_ENDPOINT_URL".to_owned(), self.emulator.endpoint()),
            ("GATEPASS_TABLE".to_owned(), self.table.clone()),
        ]);
        let settings = [
            ("GATEPASS_BUS", "bench"),
            ("GATEPASS_KEY_ID", "arn:aws:kms:us-east-1:000000000000:key/bench"),
            ("GATEPASS_GROUPS_CLAIM", "cognito:groups"),
            ("GATEPASS_MAIL_ADDRESSES", "verified"),
            ("GATEPASS_MAIL_SENDER", "no-reply@example.com"),
            ("GATEPASS_PORTAL_URL", "https://portal.example.com"),
        ];
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment.extend(route.map(|route| ("GATEPASS_ROUTE".to_owned(), route.to_owned())));
        let command = vec![self.artifacts.path(binary).display().to_string()];
        let name = route.unwrap_or(binary).to_owned();
        Subject { name, program: Program { command, environment }, sizes: self.artifacts.sizes(binary) }
    }

    /// Measures every function and endpoint, in the order of the story.
    pub(crate) async fn measure(&self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        let people = (0..self.amounts.events()).map(person).collect::<Vec<_>>();
        let apps = self.endpoint(&mut rows, CREATE_APP, self.new_apps(&people)).await?;
        let apps = texts(&apps, "/id");
        for route in [LIST_APPS, LIST_CATALOGUES, SEARCH_PRODUCTS] {
            let (_, path) = route.split_once(' ').unwrap_or_default();
            let calls = people.iter().map(|who| self.call(route, path.into(), who, Value::Null)).collect();
            self.endpoint(&mut rows, route, calls).await?;
        }

        let submits = self.submits(&people, &apps, "weather-api", "gold");
        let requests = texts(&self.endpoint(&mut rows, SUBMIT, submits).await?, "/id");
        let own = people.iter().map(|who| self.call(LIST_REQUESTS, "/v1/access-requests".into(), who, Value::Null));
        self.endpoint(&mut rows, LIST_REQUESTS, own.collect()).await?;
        let pending = "/v1/admin/access-requests?status=pending";
        let lists = people.iter().map(|_| self.call_of_owner(ADMIN_LIST, pending.into(), Value::Null)).collect();
        self.endpoint(&mut rows, ADMIN_LIST, lists).await?;
        let relayed = requests.iter().enumerate().map(|(number, id)| self.stream_batch(id, number));
        self.event_function(&mut rows, "relay", relayed.collect::<Outcome<_>>()?).await?;
        let decisions = self.decisions(APPROVE, &requests, &json!({}));
        let approved = self.endpoint(&mut rows, APPROVE, decisions).await?;
        for program in ["provision", "notify"] {
            let events = requests.iter().map(|id| sample(program, id)).collect::<Outcome<_>>()?;
            self.event_function(&mut rows, program, events).await?;
        }

        let credentials = texts(&approved, "/credential_id");
        let of_app = |id: &str| format!("/v1/apps/{id}/credentials");
        let lists = people.iter().zip(&apps).map(|(who, id)| self.call(LIST_CREDENTIALS, of_app(id), who, Value::Null));
        self.endpoint(&mut rows, LIST_CREDENTIALS, lists.collect()).await?;
        let each = people.iter().zip(apps.iter().zip(&credentials));
        let reveals =
            each.map(|(who, (app, id))| self.call(REVEAL, format!("{}/{id}/reveal", of_app(app)), who, json!({})));
        let revealed = self.endpoint(&mut rows, REVEAL, reveals.collect()).await?;
        let keys = texts(&revealed, "/key");
        let calls = keys.iter().map(|key| authorizer_call(key, "weather-api").to_string()).collect();
        self.event_function(&mut rows, "authorizer", calls).await?;

        let waiting = self.submitted(self.submits(&people, &apps, "maps-api", "gold")).await?;
        let reason = json!({ "reason": "Please use the plan `free` for trials." });
        self.endpoint(&mut rows, REJECT, self.decisions(REJECT, &waiting, &reason)).await?;
        let automatic = self.submitted(self.submits(&people, &apps, "maps-api", "free")).await?;
        let events = automatic.iter().map(|id| sample("auto-approve", id)).collect::<Outcome<_>>()?;
        self.event_function(&mut rows, "auto-approve", events).await?;
        self.on_fresh_table(&mut rows).await?;
        Ok(rows)
    }

    /// The functions for which it does not matter what has happened: the minute without work, and tokens.
    async fn on_fresh_table(&self, rows: &mut Vec<Row>) -> Outcome<()> {
        let fresh = Story::begin(self.emulator, self.artifacts, self.amounts).await;
        for program in ["expire", "pre-token"] {
            let events = (0..self.amounts.events()).map(|_| sample(program, "")).collect::<Outcome<_>>()?;
            fresh.event_function(rows, program, events).await?;
        }
        Ok(())
    }

    async fn endpoint(&self, rows: &mut Vec<Row>, route: &str, events: Vec<String>) -> Outcome<Vec<Value>> {
        let (row, answers) = measure(&self.subject("api", Some(route)), self.emulator, self.amounts, events).await?;
        rows.push(row);
        Ok(answers)
    }

    async fn event_function(&self, rows: &mut Vec<Row>, program: &str, events: Vec<String>) -> Outcome<()> {
        let (row, _) = measure(&self.subject(program, None), self.emulator, self.amounts, events).await?;
        rows.push(row);
        Ok(())
    }

    /// Submits without measuring; gives the requests' ids.
    async fn submitted(&self, events: Vec<String>) -> Outcome<Vec<String>> {
        say("(preparing requests)");
        let mut function = Function::start(&self.subject("api", Some(SUBMIT)).program).await?;
        let mut answers = Vec::new();
        for event in events {
            let (_, answer) = function.answer(event).await?;
            let answer: Value = serde_json::from_slice(&answer)?;
            answers.push(serde_json::from_str(answer["body"].as_str().unwrap_or_default())?);
        }
        Ok(texts(&answers, "/id"))
    }

    fn new_apps(&self, people: &[String]) -> Vec<String> {
        let name = json!({ "name": "Storm warnings" });
        people.iter().map(|who| self.call(CREATE_APP, "/v1/apps".into(), who, name.clone())).collect()
    }

    fn submits(&self, people: &[String], apps: &[String], product: &str, plan: &str) -> Vec<String> {
        let each = people.iter().zip(apps).map(|(who, app)| {
            let asked = json!({
                "catalogue_id": "public-apis", "product_ids": [product], "plan_id": plan, "app_id": app,
            });
            self.call(SUBMIT, "/v1/access-requests".into(), who, asked)
        });
        each.collect()
    }

    fn decisions(&self, route: &str, requests: &[String], body: &Value) -> Vec<String> {
        let (_, path) = route.split_once(' ').unwrap_or_default();
        requests.iter().map(|id| self.call_of_owner(route, path.replace("{id}", id), body.clone())).collect()
    }

    fn stream_batch(&self, request: &str, number: usize) -> Outcome<String> {
        let image = self.emulator.item(&self.table, &format!("E#R#{request}"), "00000001");
        let image = image.ok_or_else(|| format!("the request {request} has no event"))?;
        Ok(stream_batch(&image, number).to_string())
    }

    fn call(&self, route: &str, path: String, who: &str, body: Value) -> String {
        HttpCall { route, path, who, groups: &["builders"], body }.event(self.now).to_string()
    }

    fn call_of_owner(&self, route: &str, path: String, body: Value) -> String {
        HttpCall { route, path, who: "owen", groups: &["api-owners"], body }.event(self.now).to_string()
    }
}

/// Somebody, who is nobody else: caps and allowances are per person.
fn person(number: usize) -> String {
    format!("p{number:06}")
}

fn texts(answers: &[Value], pointer: &str) -> Vec<String> {
    let text = |answer: &Value| answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    answers.iter().map(text).collect()
}

/// The programs that are deployed.
const BINARIES: [&str; 8] =
    ["api", "authorizer", "auto-approve", "expire", "notify", "pre-token", "provision", "relay"];

/// The release binaries, with their sizes.
pub(crate) struct Artifacts {
    folder: PathBuf,
    sizes: BTreeMap<&'static str, Sizes>,
}

impl Artifacts {
    /// Those in `folder`, where each must be.
    pub(crate) fn in_folder(folder: &Path) -> Outcome<Self> {
        let sizes = BINARIES.map(|binary| Ok((binary, Sizes::of(&[folder.join(binary)])?)));
        let sizes = sizes.into_iter().collect::<Outcome<_>>()?;
        Ok(Self { folder: folder.to_owned(), sizes })
    }

    fn path(&self, binary: &str) -> PathBuf {
        self.folder.join(binary)
    }

    fn sizes(&self, binary: &str) -> Sizes {
        self.sizes.get(binary).copied().unwrap_or(Sizes { raw: 0, zipped: 0 })
    }
}
