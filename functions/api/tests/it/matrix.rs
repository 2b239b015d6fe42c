//! The permissions of every route of API Consumers, for everyone who could call it.
//!
//! Ada owns three apps, one of each visibility, each with a credential and a pending request. A mate is in
//! her team, a colleague in her organisation, a stranger in neither, `elsewhere` in another
//! organisation, and nobody has no token. `200 of 3` is a list of three.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use gatepass_api::endpoints;
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::{Catalogue, Person, Product};
use gatepass_testkit::{demo, person};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of, route};

const CATALOGUES: &str = r#"
                                      | owner         | mate          | colleague     | stranger      | elsewhere     | nobody
GET /v1/health                        | 200           | 200           | 200           | 200           | 200           | 200
GET /v1/openapi.json                  | 200           | 200           | 200           | 200           | 200           | 200
GET /v1/public/catalogues             | 200 of 1      | 200 of 1      | 200 of 1      | 200 of 1      | 200 of 1      | 200 of 1
GET /v1/public/catalogues/open-apis   | 200           | 200           | 200           | 200           | 200           | 200
GET /v1/public/catalogues/public-apis | 404 not-found | 404 not-found | 404 not-found | 404 not-found | 404 not-found | 404 not-found
GET /v1/me                            | 200           | 200           | 200           | 200           | 200           | 401
GET /v1/catalogues                    | 200 of 3      | 200 of 3      | 200 of 2      | 200 of 2      | 200 of 2      | 401
GET /v1/catalogues/public-apis        | 200           | 200           | 200           | 200           | 200           | 401
GET /v1/catalogues/builder-apis       | 200           | 200           | 404 not-found | 404 not-found | 404 not-found | 401
GET /v1/catalogues/partner-apis       | 404 not-found | 404 not-found | 404 not-found | 404 not-found | 404 not-found | 401
GET /v1/products                      | 200 of 4      | 200 of 4      | 200 of 3      | 200 of 3      | 200 of 3      | 401
GET /v1/products/weather-api          | 200           | 200           | 200           | 200           | 200           | 401
GET /v1/products/fleet-api            | 200           | 200           | 404 not-found | 404 not-found | 404 not-found | 401
GET /v1/products/weather-api/openapi  | 404 not-found | 404 not-found | 404 not-found | 404 not-found | 404 not-found | 401
"#;

const APPS: &str = r#"
                                                | owner    | mate              | colleague         | stranger      | elsewhere     | nobody
GET /v1/apps                                    | 200 of 3 | 200 of 1          | 200 of 1          | 200 of 0      | 200 of 0      | 401
GET /v1/apps/{personal app}                     | 200      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
GET /v1/apps/{team app}                         | 200      | 200               | 404 not-found     | 404 not-found | 404 not-found | 401
GET /v1/apps/{organisation app}                 | 200      | 404 not-found     | 200               | 404 not-found | 404 not-found | 401
PATCH /v1/apps/{personal app} {"name": "A"}     | 200      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
PATCH /v1/apps/{team app} {"name": "B"}         | 200      | 403 not-the-owner | 404 not-found     | 404 not-found | 404 not-found | 401
PATCH /v1/apps/{organisation app} {"name": "C"} | 200      | 404 not-found     | 403 not-the-owner | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{personal app}                  | 204      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{team app}                      | 204      | 403 not-the-owner | 404 not-found     | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{organisation app}              | 204      | 404 not-found     | 403 not-the-owner | 404 not-found | 404 not-found | 401
POST /v1/apps {"name": "Of my own"}             | 201      | 201               | 201               | 201           | 201           | 401
"#;

const CREDENTIALS: &str = r#"
                                                                              | owner                    | mate              | colleague         | stranger      | elsewhere     | nobody
GET /v1/apps/{personal app}/credentials                                       | 200 of 1                 | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
GET /v1/apps/{team app}/credentials                                           | 200 of 1                 | 200 of 1          | 404 not-found     | 404 not-found | 404 not-found | 401
GET /v1/apps/{organisation app}/credentials                                   | 200 of 1                 | 404 not-found     | 200 of 1          | 404 not-found | 404 not-found | 401
POST /v1/apps/{personal app}/credentials/{personal credential}/reveal         | 200                      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{team app}/credentials/{team credential}/reveal                 | 200                      | 200               | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{organisation app}/credentials/{organisation credential}/reveal | 200                      | 404 not-found     | 200               | 404 not-found | 404 not-found | 401
POST /v1/apps/{personal app}/credentials/{personal credential}/rotate         | 200                      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{team app}/credentials/{team credential}/rotate                 | 409 rotation-in-progress | 200               | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{organisation app}/credentials/{organisation credential}/rotate | 409 rotation-in-progress | 404 not-found     | 200               | 404 not-found | 404 not-found | 401
POST /v1/apps/{team app}/credentials/{personal credential}/rotate             | 404 not-found            | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{team app}/credentials/{personal credential}/reveal             | 404 not-found            | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{personal app}/credentials/{personal credential}/renew          | 409 renewal-not-due      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{team app}/credentials/{team credential}/renew                  | 409 renewal-not-due      | 409 renewal-not-due | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{personal app}/credentials/{personal credential}/change-plan {"plan_id": "free"} | 201 | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
POST /v1/apps/{team app}/credentials/{team credential}/change-plan {"plan_id": "free"} | 409 change-pending | 201 | 404 not-found     | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{team app}/credentials/{team credential}/products/weather-api | 200                      | 403 not-the-owner | 404 not-found     | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{personal app}/credentials/{personal credential}              | 204                      | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{team app}/credentials/{team credential}                      | 204                      | 403 not-the-owner | 404 not-found     | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{organisation app}/credentials/{organisation credential}      | 204                      | 404 not-found     | 403 not-the-owner | 404 not-found | 404 not-found | 401
DELETE /v1/apps/{team app}/credentials/{personal credential}                  | 404 not-found            | 404 not-found     | 404 not-found     | 404 not-found | 404 not-found | 401
"#;

const REQUESTS: &str = r#"
                                                         | owner    | mate                          | colleague               | stranger                | elsewhere               | nobody
GET /v1/access-requests                                  | 200 of 6 | 200 of 0                      | 200 of 0                | 200 of 0                | 200 of 0                | 401
GET /v1/access-requests/{personal request}               | 200      | 404 not-found                 | 404 not-found           | 404 not-found           | 404 not-found           | 401
GET /v1/access-requests/{team request}                   | 200      | 404 not-found                 | 404 not-found           | 404 not-found           | 404 not-found           | 401
GET /v1/access-requests/{organisation request}           | 200      | 404 not-found                 | 404 not-found           | 404 not-found           | 404 not-found           | 401
POST /v1/access-requests/{team request}/remind           | 200      | 404 not-found                 | 404 not-found           | 404 not-found           | 404 not-found           | 401
POST /v1/access-requests/{team request}/withdraw         | 200      | 404 not-found                 | 404 not-found           | 404 not-found           | 404 not-found           | 401
POST /v1/access-requests/{organisation request}/withdraw | 200      | 404 not-found                 | 404 not-found           | 404 not-found           | 404 not-found           | 401
POST /v1/access-requests {maps for the team app}         | 201      | 422 app-not-usable            | 422 app-not-usable      | 422 app-not-usable      | 422 app-not-usable      | 401
POST /v1/access-requests {maps for the organisation app} | 201      | 422 app-not-usable            | 422 app-not-usable      | 422 app-not-usable      | 422 app-not-usable      | 401
POST /v1/access-requests {fleet for the team credential} | 201      | 422 credential-not-compatible | 422 product-not-offered | 422 product-not-offered | 422 product-not-offered | 401
"#;

const CART: &str = r#"
                                                        | owner          | mate               | colleague               | stranger                | elsewhere               | nobody
PUT /v1/cart/items/weather-api {gold of public-apis}    | 200            | 200                | 200                     | 200                     | 200                     | 401
PUT /v1/cart/items/maps-api {gold of public-apis}       | 200            | 200                | 200                     | 200                     | 200                     | 401
PUT /v1/cart/items/fleet-api {gold of builder-apis}     | 200            | 200                | 422 product-not-offered | 422 product-not-offered | 422 product-not-offered | 401
GET /v1/cart                                            | 200 of 3       | 200 of 3           | 200 of 2                | 200 of 2                | 200 of 2                | 401
DELETE /v1/cart/items/fleet-api                         | 204            | 204                | 404 not-found           | 404 not-found           | 404 not-found           | 401
DELETE /v1/cart/items/weather-api                       | 204            | 204                | 204                     | 204                     | 204                     | 401
POST /v1/access-requests/{team request}/withdraw        | 200            | 404 not-found      | 404 not-found           | 404 not-found           | 404 not-found           | 401
POST /v1/cart/submit {"app_id": "{team app}"}           | 201            | 422 app-not-usable | 422 app-not-usable      | 422 app-not-usable      | 422 app-not-usable      | 401
GET /v1/cart                                            | 200 of 0       | 200 of 1           | 200 of 1                | 200 of 1                | 200 of 1                | 401
POST /v1/cart/submit {"new_app": {"name": "Of my own"}} | 422 empty-cart | 201                | 201                     | 201                     | 201                     | 401
DELETE /v1/cart                                         | 204            | 204                | 204                     | 204                     | 204                     | 401
"#;

#[tokio::test]
async fn catalogues_are_for_their_audience() {
    Stage::new().await.holds(CATALOGUES).await;
}

#[tokio::test]
async fn apps_are_seen_by_those_they_are_shared_with_and_changed_by_their_owner() {
    Stage::new().await.holds(APPS).await;
}

#[tokio::test]
async fn credentials_are_for_those_who_see_the_app() {
    Stage::new().await.holds(CREDENTIALS).await;
}

#[tokio::test]
async fn requests_are_for_their_requester_alone() {
    Stage::new().await.holds(REQUESTS).await;
}

#[tokio::test]
async fn everybody_has_a_cart_of_their_own() {
    Stage::new().await.holds(CART).await;
}

#[test]
fn no_route_is_left_out() {
    let tables = [CATALOGUES, APPS, CREDENTIALS, REQUESTS, CART];
    let held = tables.iter().flat_map(|table| rows(table)).map(|row| {
        let (method, path, _) = parts(row.asked);
        route(&method, &path).0.to_string()
    });
    let of_consumers = endpoints().iter().map(|endpoint| endpoint.route.to_string());
    let of_consumers = of_consumers.filter(|route| !route.contains(" /v1/admin/"));
    assert_eq!(held.collect::<BTreeSet<_>>(), of_consumers.collect());
}

/// A line of a table: what is asked, and what each person is answered.
pub(crate) struct Row<'a> {
    pub(crate) asked: &'a str,
    answers: Vec<(&'a str, &'a str)>,
}

pub(crate) fn rows(table: &str) -> Vec<Row<'_>> {
    let mut lines = table.trim_matches('\n').lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let people = lines.next().expect("a table begins with the people");
    let row = |line: Vec<_>| Row { asked: line[0], answers: people.iter().copied().zip(line).skip(1).collect() };
    lines.map(row).collect()
}

/// Method, path and body of what is asked.
pub(crate) fn parts(asked: &str) -> (Method, String, Option<&str>) {
    let (method, rest) = asked.split_once(' ').expect("a method comes first");
    // A path may name a thing, `{team app}`; a body begins after a space.
    let (path, body) = match rest.find(" {") {
        Some(end) => (&rest[..end], Some(&rest[end + 1..])),
        None => (rest, None),
    };
    (method.parse().expect("it is a method"), path.to_owned(), body)
}

pub(crate) struct Stage {
    pub(crate) api: Api,
    pub(crate) people: BTreeMap<&'static str, Person>,
    /// The value for each name in braces.
    pub(crate) things: BTreeMap<String, Value>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let api = Api::new().await;
        let catalogue = |id: &str, kind, groups: &[&str], product: &str| Catalogue {
            id: id.parse().unwrap(),
            audience: Audience { kind, groups: groups.iter().map(ToString::to_string).collect() },
            product_ids: vec![product.parse().unwrap()],
            ..demo::catalogues().remove(0)
        };
        api.world.offer(catalogue("open-apis", AudienceKind::Public, &[], "weather-api")).await;
        api.world.offer(catalogue("builder-apis", AudienceKind::Groups, &["builders"], "fleet-api")).await;

        let somebody = |id, groups: &[&str], organisation: Option<&str>| Person {
            organisation: organisation.map(str::to_owned),
            ..person(id, groups)
        };
        let people = BTreeMap::from([
            ("owner", somebody("ada", &["builders"], Some("harbour"))),
            ("mate", somebody("bob", &["builders"], None)),
            ("colleague", somebody("cleo", &[], Some("harbour"))),
            ("stranger", somebody("eve", &[], None)),
            ("elsewhere", somebody("otto", &[], Some("airport"))),
        ]);
        let mut stage = Self { api, people, things: BTreeMap::new() };
        for visibility in ["personal", "team", "organisation"] {
            stage.add_app(visibility).await;
        }
        let order = |catalogue: &str, product: &str, app: &Value| json!({ "catalogue_id": catalogue, "product_ids": [product], "plan_id": "gold", "app_id": app });
        let mut fleet = order("builder-apis", "fleet-api", &stage.things["team app"]);
        fleet["extends_credential_id"] = stage.things["team credential"].clone();
        let bodies = [
            ("maps for the team app", order("public-apis", "maps-api", &stage.things["team app"])),
            ("maps for the organisation app", order("public-apis", "maps-api", &stage.things["organisation app"])),
            ("fleet for the team credential", fleet),
            ("gold of public-apis", json!({ "catalogue_id": "public-apis", "plan_id": "gold" })),
            ("gold of builder-apis", json!({ "catalogue_id": "builder-apis", "plan_id": "gold" })),
        ];
        stage.things.extend(bodies.map(|(name, body)| (name.to_owned(), body)));
        stage
    }

    /// An app of Ada's with access to weather, and a pending request for maps.
    async fn add_app(&mut self, visibility: &str) {
        let (api, ada) = (&self.api, &self.people["owner"]);
        let team = (visibility == "team").then_some("builders");
        let body = json!({ "name": visibility, "visibility": visibility, "team": team });
        let app = api.post("/v1/apps").by(ada).json(body).send().await.expect(201).text("/id");
        let ask = async |product: &str| {
            let body = json!({
                "catalogue_id": "public-apis", "product_ids": [product], "plan_id": "gold", "app_id": app,
            });
            id_of(&api.post("/v1/access-requests").by(ada).json(body).send().await.expect(201).body)
        };
        let access = ask("weather-api").await;
        let credential = api.approve(&access).await["credential_id"].clone();
        api.provision(&access).await;
        let request = ask("maps-api").await;
        let things =
            [("app", json!(app)), ("access", json!(access)), ("credential", credential), ("request", json!(request))];
        self.things.extend(things.map(|(kind, thing)| (format!("{visibility} {kind}"), thing)));
    }

    /// Lets a group decide on requests for a product.
    pub(crate) async fn approved_by(&self, product: &str, group: &str) {
        let (product, _) = self.api.world.store.offering::<Product>(&product.parse().unwrap()).await.unwrap().unwrap();
        self.api.world.offer(Product { approver_groups: vec![group.into()], ..product.content }).await;
    }

    /// Holds every cell against the API, the owner's last: nobody else's attempt may change anything for her.
    pub(crate) async fn holds(&self, table: &str) {
        for row in rows(table) {
            for (who, expected) in row.answers.into_iter().rev() {
                let answer = self.ask(row.asked, self.people.get(who)).await;
                assert_eq!(said(&answer), expected, "{who}: {}\n{:#}", row.asked, answer.body);
            }
        }
    }

    async fn ask(&self, asked: &str, who: Option<&Person>) -> Answer {
        let (method, path, body) = parts(asked);
        let mut call = self.api.of(method.clone(), &self.named(&path));
        if let Some(who) = who {
            call = call.by(who);
        }
        if [Method::PATCH, Method::PUT].contains(&method) {
            call = call.header("if-match", "*");
        }
        if let Some(body) = body {
            let whole = body.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let thing = whole.and_then(|name| self.things.get(name)).map(Value::to_string);
            call = call.text(&thing.unwrap_or_else(|| self.named(body)));
        }
        call.send().await
    }

    /// `text` with each name in braces replaced by the id that it stands for.
    fn named(&self, text: &str) -> String {
        let ids = self.things.iter().filter_map(|(name, thing)| thing.as_str().map(|id| (name, id)));
        ids.fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }
}

/// An answer as a cell has it.
fn said(answer: &Answer) -> String {
    let status = answer.status;
    let problem = answer.body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
    // A request has items too, and is no list.
    let is_list = answer.route.method == "GET" && answer.body["id"].is_null();
    match (problem, answer.body["items"].as_array().filter(|_| is_list)) {
        (Some(slug), _) => format!("{status} {slug}"),
        (None, Some(items)) => format!("{status} of {}", items.len()),
        (None, None) => status.to_string(),
    }
}
