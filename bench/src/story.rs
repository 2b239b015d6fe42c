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
use crate::twins::{Language, empty_loop};

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

const AUTHORIZER: &str = "authorizer";

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
        let mut environment = self.environment();
        environment.extend(route.map(|route| ("GATEPASS_ROUTE".to_owned(), route.to_owned())));
        let command = vec![self.artifacts.path(binary).display().to_string()];
        let name = route.unwrap_or(binary).to_owned();
        Subject { name, program: Program { command, environment }, sizes: self.artifacts.sizes(binary) }
    }

    /// The environment that the template gives functions, on this table.
    fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::from([
            ("AWS_ENDPOINT_URL".to_owned(), self.emulator.endpoint()),
            ("GATEPASS_TABLE".to_owned(), self.table.clone()),
        ]);
        let settings = [
            ("GATEPASS_BUS", "bench"),
            ("GATEPASS_KEY_ID", "arn:aws:kms:us-east-1:000000000000:key/bench"),
            ("GATEPASS_GROUPS_CLAIM", "cognito:groups"),
            ("GATEPASS_MAIL_ADDRESSES", "verified"),
            ("GATEPASS_GATEWAYS", "builtin"),
            ("GATEPASS_MAIL_SENDER", "no-reply@example.com"),
            ("GATEPASS_PORTAL_URL", "https://portal.example.com"),
        ];
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment
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
        let own = self.own_requests(&people);
        self.endpoint(&mut rows, LIST_REQUESTS, own.clone()).await?;
        self.endpoint(&mut rows, ADMIN_LIST, self.pending_requests(people.len())).await?;
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
        let revealed = self.endpoint(&mut rows, REVEAL, self.reveals(&people, &apps, &credentials)).await?;
        let calls = authorizations(&revealed);
        self.event_function(&mut rows, AUTHORIZER, calls.clone()).await?;
        // Now, while each person has the one request that was there when ours listed it.
        self.twins(&mut rows, &own, &calls).await?;

        let waiting = self.prepared(SUBMIT, self.submits(&people, &apps, "maps-api", "gold")).await?;
        let reason = json!({ "reason": "Please use the plan `free` for trials." });
        self.endpoint(&mut rows, REJECT, self.decisions(REJECT, &waiting, &reason)).await?;
        let automatic = self.prepared(SUBMIT, self.submits(&people, &apps, "maps-api", "free")).await?;
        let events = automatic.iter().map(|id| sample("auto-approve", id)).collect::<Outcome<_>>()?;
        self.event_function(&mut rows, "auto-approve", events).await?;
        self.on_fresh_table(&mut rows).await?;
        Ok(rows)
    }

    /// The same handlers in other languages, on the same table; and a loop around nothing.
    async fn twins(&self, rows: &mut Vec<Row>, lists: &[String], authorizations: &[String]) -> Outcome<()> {
        for (number, language) in Language::ALL.into_iter().enumerate() {
            let people = (0..self.amounts.events()).map(|each| format!("t{number}{each:06}")).collect::<Vec<_>>();
            let apps = self.prepared(CREATE_APP, self.new_apps(&people)).await?;
            let submits = self.submits(&people, &apps, "weather-api", "gold");
            for (handler, of, events) in [
                ("submit", SUBMIT, submits),
                ("list", LIST_REQUESTS, lists.to_vec()),
                ("authorize", AUTHORIZER, authorizations.to_vec()),
            ] {
                let subject = language.twin(handler, of, self.environment())?;
                rows.push(measure(&subject, self.emulator, self.amounts, events).await?.0);
            }
        }
        let events = vec!["{}".to_owned(); self.amounts.events()];
        rows.push(measure(&empty_loop()?, self.emulator, self.amounts, events).await?.0);
        Ok(())
    }

    /// The hot handlers, each with `count` events that it can answer once the ones before it have answered theirs. `visit` has
    /// them answered, and gives the answers to the last `count` events.
    pub(crate) async fn hot<F>(&self, count: usize, mut visit: impl FnMut(Subject, Vec<String>) -> F) -> Outcome<()>
    where
        F: Future<Output = Outcome<Vec<Value>>>,
    {
        let people = (0..count).map(person).collect::<Vec<_>>();
        let apps = self.prepared(CREATE_APP, self.new_apps(&people)).await?;
        let api = |route: &str| self.subject("api", Some(route));
        let requests = texts(&visit(api(SUBMIT), self.submits(&people, &apps, "weather-api", "gold")).await?, "/id");
        visit(api(LIST_REQUESTS), self.own_requests(&people)).await?;
        visit(api(ADMIN_LIST), self.pending_requests(count)).await?;
        let relayed = requests.iter().enumerate().map(|(number, id)| self.stream_batch(id, number));
        visit(self.subject("relay", None), relayed.collect::<Outcome<_>>()?).await?;
        let credentials = visit(api(APPROVE), self.decisions(APPROVE, &requests, &json!({}))).await?;
        let credentials = texts(&credentials, "/credential_id");
        for program in ["provision", "notify"] {
            let events = requests.iter().map(|id| sample(program, id)).collect::<Outcome<_>>()?;
            visit(self.subject(program, None), events).await?;
        }
        let revealed = visit(api(REVEAL), self.reveals(&people, &apps, &credentials)).await?;
        visit(self.subject(AUTHORIZER, None), authorizations(&revealed)).await?;
        let waiting = self.prepared(SUBMIT, self.submits(&people, &apps, "maps-api", "free")).await?;
        let events = waiting.iter().map(|id| sample("auto-approve", id)).collect::<Outcome<_>>()?;
        visit(self.subject("auto-approve", None), events).await?;
        Ok(())
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

    /// Calls the endpoint without measuring it; gives the ids of what it has made.
    async fn prepared(&self, route: &str, events: Vec<String>) -> Outcome<Vec<String>> {
        say(&format!("(preparing: {route})"));
        let mut function = Function::start(&self.subject("api", Some(route)).program).await?;
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

    fn own_requests(&self, people: &[String]) -> Vec<String> {
        people.iter().map(|who| self.call(LIST_REQUESTS, "/v1/access-requests".into(), who, Value::Null)).collect()
    }

    fn pending_requests(&self, count: usize) -> Vec<String> {
        let list = "/v1/admin/access-requests?status=pending";
        (0..count).map(|_| self.call_of_owner(ADMIN_LIST, list.into(), Value::Null)).collect()
    }

    fn reveals(&self, people: &[String], apps: &[String], credentials: &[String]) -> Vec<String> {
        let each = people.iter().zip(apps.iter().zip(credentials)).map(|(who, (app, id))| {
            self.call(REVEAL, format!("/v1/apps/{app}/credentials/{id}/reveal"), who, json!({}))
        });
        each.collect()
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

/// Calls of the protected API with the keys that were revealed.
fn authorizations(revealed: &[Value]) -> Vec<String> {
    texts(revealed, "/key").iter().map(|key| authorizer_call(key, "weather-api").to_string()).collect()
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
