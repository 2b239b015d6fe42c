//! The crowd: people who do at random, and at the same time, everything that the API lets them change.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::gateway::{Call, Person, Reply};
use crate::linear::{Act, Heard, Verb};
use crate::world::World;

const ADA: Person = Person { id: "ada", groups: &["builders"] };
const BOB: Person = Person { id: "bob", groups: &["builders"] };
const GRACE: Person = Person { id: "grace", groups: &["partners"] };
/// An administrator.
pub const OWEN: Person = Person { id: "owen", groups: &["api-owners"] };
const OLGA: Person = Person { id: "olga", groups: &["api-owners"] };
/// An approver of `maps-api`.
const PETRA: Person = Person { id: "petra", groups: &["maps-team"] };

/// People who ask.
pub const CONSUMERS: [Person; 3] = [ADA, BOB, GRACE];
const ADMINISTRATORS: [Person; 2] = [OWEN, OLGA];

/// Products with keys of the built-in gateway, and one whose gateway does not exist.
pub const PRODUCTS: [&str; 4] = ["weather-api", "maps-api", "fleet-api", "payments-api"];
const PLANS: [&str; 3] = ["free", "gold", "dual"];

/// What people do, by the operation of the OpenAPI document, and how often in comparison.
pub const OPERATIONS: &[(&str, u32)] = &[
    ("submit_access_request", 30),
    ("put_cart_item", 8),
    ("remove_cart_item", 2),
    ("clear_cart", 2),
    ("submit_cart", 8),
    ("withdraw_access_request", 5),
    ("remind_access_request", 3),
    ("create_app", 3),
    ("edit_app", 2),
    ("delete_app", 4),
    ("reveal_credential", 8),
    ("rotate_credential", 5),
    ("renew_credential", 6),
    ("change_plan", 4),
    ("remove_credential_product", 3),
    ("revoke_own_credential", 2),
    ("approve_access_request", 22),
    ("reject_access_request", 6),
    ("decide_access_requests", 5),
    ("revoke_access_request", 5),
    ("retry_access_request", 3),
    ("suspend_credential", 4),
    ("resume_credential", 4),
    ("revoke_credential", 4),
    ("grant_access", 4),
    ("bring_key", 3),
    ("reassign_app", 2),
    ("admin_create_product", 1),
    ("admin_put_product", 2),
    ("admin_delete_product", 1),
    ("admin_put_product_openapi", 1),
    ("admin_delete_product_openapi", 1),
    ("admin_create_plan", 1),
    ("admin_put_plan", 2),
    ("admin_delete_plan", 1),
    ("admin_create_catalogue", 1),
    ("admin_put_catalogue", 1),
    ("admin_delete_catalogue", 1),
    ("put_settings", 1),
    ("evaluate_policy", 1),
];
/// Not an operation: time passes.
pub const TIME_PASSES: &str = "time passes";

/// One thing that somebody does; what exactly follows from the seed and from what there is at that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// The operation.
    pub operation: &'static str,
    /// Decides on whatever the operation needs.
    pub seed: u64,
}

/// What the crowd knows: what it was told in answers.
#[derive(Debug, Default)]
pub struct Known {
    /// Apps, with each owner that they had.
    pub apps: Vec<(Person, String)>,
    /// Requests, with those who asked.
    pub requests: Vec<(Person, String)>,
    /// Keys that were revealed or brought along: credential and key.
    pub keys: Vec<(String, String)>,
    /// The owners of apps who were shown a key.
    pub shown: Vec<Shown>,
    /// The apps that went to another owner.
    pub handovers: Vec<Handover>,
    /// Keys that were replaced: the credential, and when its older key ends.
    pub replaced: Vec<(String, String)>,
    /// Products that somebody tried to remove from a credential.
    pub removed: Vec<(String, &'static str)>,
    /// What succeeded: the operation, and the id it was about.
    pub done: Vec<(&'static str, String)>,
    /// What people heard of each request that they filed, by the justification that they gave.
    pub filings: Vec<(String, Reply)>,
    /// What people did with their carts.
    pub carts: Vec<CartChange>,
    /// Calls about requests, with the app where the request does not say it.
    pub acts: Vec<(Option<String>, Act)>,
    /// The number of changes made so far, which gives new things their names.
    changes: u64,
}

/// A key that the owner of an app was shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The app.
    pub app: String,
    /// The person's id.
    pub to: &'static str,
    /// The key.
    pub key: String,
    /// When they asked for it, by a clock that never jumps.
    pub begun: Instant,
}

/// An app that went to another owner.
#[derive(Debug, Clone)]
pub struct Handover {
    /// The app.
    pub app: String,
    /// The id of the owner until then.
    pub from: String,
    /// The id of the owner from then on.
    pub to: &'static str,
    /// When the older keys were to stop at the latest, by the world's time.
    pub keys_end: Timestamp,
    /// When that was answered, by a clock that never jumps.
    pub heard: Instant,
}

/// A change of somebody's cart.
#[derive(Debug, Clone)]
pub struct CartChange {
    /// Whose cart.
    pub who: Person,
    /// What was done.
    pub verb: CartVerb,
    /// The world's time when it was begun.
    pub at: Timestamp,
    /// When it was begun and when the answer was heard, by a clock that never jumps.
    pub during: (Instant, Instant),
    /// The answer.
    pub reply: Reply,
}

/// What is done to a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CartVerb {
    /// A product is put into it.
    Put(&'static str),
    /// A product is taken out.
    Remove(&'static str),
    /// It is emptied.
    Clear,
    /// All that is in it is asked for.
    Submit,
}

/// The crowd of a history.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// The world that it lives in.
    pub world: Arc<World>,
    /// What it knows.
    pub known: Arc<Mutex<Known>>,
}

impl Crowd {
    /// A crowd that knows nothing yet.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, known: Arc::default() }
    }

    /// Puts the demonstration on offer.
    pub async fn set_up(&self) {
        for product in PRODUCTS {
            let reply = self.change(OWEN, "POST", "/v1/admin/products", product_body(product)).await;
            assert!(reply.is_success(), "the product {product} is created: {reply:?}");
        }
        for plan in PLANS {
            let reply = self.change(OWEN, "POST", "/v1/admin/plans", plan_body(plan, 0)).await;
            assert!(reply.is_success(), "the plan {plan} is created: {reply:?}");
        }
        let catalogue = catalogue_body("everything", &PRODUCTS);
        let reply = self.change(OWEN, "POST", "/v1/admin/catalogues", catalogue).await;
        assert!(reply.is_success(), "the catalogue is created: {reply:?}");
        let partners = catalogue_body("second", &["maps-api", "fleet-api"]);
        let reply = self.change(OWEN, "POST", "/v1/admin/catalogues", partners).await;
        assert!(reply.is_success(), "the catalogue is created: {reply:?}");
    }

    /// Does one thing.
    pub async fn carry_out(&self, op: &Op) {
        let mut rng = StdRng::seed_from_u64(op.seed);
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..400))).await;
        // Ada does two thirds of it, so that what is done about one person's things meets.
        let consumer = if rng.random_range(0..2) == 0 { ADA } else { CONSUMERS[rng.random_range(0..CONSUMERS.len())] };
        let administrator = ADMINISTRATORS[rng.random_range(0..ADMINISTRATORS.len())];
        match op.operation {
            "submit_access_request" => self.submit(&mut rng, consumer).await,
            "put_cart_item" => self.put_cart_item(&mut rng, consumer).await,
            "remove_cart_item" => {
                let product = PRODUCTS[rng.random_range(0..PRODUCTS.len())];
                let path = format!("/v1/cart/items/{product}");
                self.change_cart(consumer, CartVerb::Remove(product), "DELETE", &path, Value::Null).await;
            }
            "clear_cart" => {
                self.change_cart(consumer, CartVerb::Clear, "DELETE", "/v1/cart", Value::Null).await;
            }
            "submit_cart" => {
                // In another window, the same person starts over meanwhile.
                let starts_over = (rng.random_range(0..3) == 0).then(|| rng.next_u64());
                let submit = self.submit_cart(&mut rng, consumer);
                match starts_over {
                    Some(seed) => {
                        tokio::join!(submit, self.start_over(StdRng::seed_from_u64(seed), consumer));
                    }
                    None => submit.await,
                }
            }
            "create_app" => {
                let body = json!({ "name": self.fresh("app"), "visibility": "team", "team": "builders" });
                let body = if consumer == GRACE { json!({ "name": self.fresh("app") }) } else { body };
                let reply = self.change(consumer, "POST", "/v1/apps", body).await;
                if reply.is_success() {
                    self.know(|known| known.apps.push((consumer, reply.text("/id"))));
                }
            }
            "edit_app"
            | "delete_app"
            | "reveal_credential"
            | "rotate_credential"
            | "renew_credential"
            | "change_plan"
            | "remove_credential_product"
            | "revoke_own_credential"
            | "grant_access"
            | "bring_key"
            | "reassign_app" => {
                self.with_app(op.operation, &mut rng, administrator).await;
            }
            "withdraw_access_request"
            | "remind_access_request"
            | "approve_access_request"
            | "reject_access_request"
            | "revoke_access_request"
            | "retry_access_request"
            | "decide_access_requests"
            | "suspend_credential"
            | "resume_credential"
            | "revoke_credential" => self.with_request(op.operation, &mut rng, administrator).await,
            "evaluate_policy" => {
                let body = json!({ "plan_id": "free", "product_ids": ["weather-api"], "user": { "id": "ada" } });
                self.change(administrator, "POST", "/v1/admin/policy/evaluate", body).await;
            }
            TIME_PASSES => {
                const SPANS: [u64; 6] = [30, 400, 3_600, 86_400, 8 * 86_400, 31 * 86_400];
                self.world.skip(Duration::from_secs(SPANS[rng.random_range(0..SPANS.len())])).await;
                let functions = self.world.wiring.functions.iter();
                for function in functions.filter(|function| !function.schedules.is_empty()) {
                    self.world.invoke_later(&function.logical_id, json!({}));
                }
            }
            operation => self.manage(operation, &mut rng, administrator).await,
        }
    }

    async fn submit(&self, rng: &mut StdRng, consumer: Person) {
        if rng.random_range(0..3) == 0 && self.extend(rng).await {
            return;
        }
        let products = some_products(rng);
        let plan = PLANS[rng.random_range(0..PLANS.len())];
        let body = json!({ "catalogue_id": "everything", "product_ids": products, "plan_id": plan });
        let target = self.target(rng, consumer);
        self.file(consumer, &target, &products, with_target(body, &target)).await;
    }

    /// Asks for more products for a credential of one of a few apps; false when none of them has one. Two extensions for one
    /// product hold one grant: whoever extends often asks twice.
    async fn extend(&self, rng: &mut StdRng) -> bool {
        for _ in 0..4 {
            let Some((owner, app)) = self.some(rng, |known| &known.apps) else { return false };
            let Some(credential) = self.credential_of(owner, &app, rng).await else { continue };
            let products = some_products(rng);
            let body = json!({
                "catalogue_id": "everything", "product_ids": products, "plan_id": credential["plan_id"],
                "app_id": app, "extends_credential_id": credential["id"],
            });
            let app = Some(app);
            for _ in 0..rng.random_range(1..=2) {
                self.file(owner, &app, &products, body.clone()).await;
            }
            return true;
        }
        false
    }

    /// Files a request for `products`, with a justification of its own.
    async fn file(&self, consumer: Person, target: &Option<String>, products: &[&str], mut body: Value) {
        let justification = self.fresh("filing");
        body["justification"] = json!(justification);
        let extends = body.get("extends_credential_id").is_some();
        let begun = Instant::now();
        let reply = self.change(consumer, "POST", "/v1/access-requests", body).await;
        self.submitted(consumer, &reply);
        if reply.is_success() || !extends {
            self.acted(target.clone(), None, asked_for(products), begun, &reply);
        }
        self.know(|known| known.filings.push((justification, reply)));
    }

    async fn submit_cart(&self, rng: &mut StdRng, consumer: Person) {
        let justification = self.fresh("filing");
        let body = with_target(json!({ "justification": justification }), &self.target(rng, consumer));
        let reply = self.change_cart(consumer, CartVerb::Submit, "POST", "/v1/cart/submit", body).await;
        self.submitted(consumer, &reply);
        self.know(|known| known.filings.push((justification, reply)));
    }

    /// Empties the cart, and puts something else into it.
    async fn start_over(&self, mut rng: StdRng, consumer: Person) {
        self.change_cart(consumer, CartVerb::Clear, "DELETE", "/v1/cart", Value::Null).await;
        self.put_cart_item(&mut rng, consumer).await;
    }

    async fn put_cart_item(&self, rng: &mut StdRng, consumer: Person) {
        let product = PRODUCTS[rng.random_range(0..PRODUCTS.len())];
        let body = json!({ "catalogue_id": "everything", "plan_id": PLANS[rng.random_range(0..2)] });
        self.change_cart(consumer, CartVerb::Put(product), "PUT", &format!("/v1/cart/items/{product}"), body).await;
    }

    async fn change_cart(&self, who: Person, verb: CartVerb, method: &'static str, path: &str, body: Value) -> Reply {
        let (at, begun) = (self.world.now(), Instant::now());
        let reply = self.change(who, method, path, body).await;
        let change = CartChange { who, verb, at, during: (begun, Instant::now()), reply: reply.clone() };
        self.know(|known| known.carts.push(change));
        reply
    }

    async fn with_app(&self, operation: &'static str, rng: &mut StdRng, administrator: Person) {
        let Some((owner, app)) = self.some(rng, |known| &known.apps) else { return };
        let path = format!("/v1/apps/{app}");
        match operation {
            "edit_app" => {
                let current = self.world.call(owner, &Call::get(&path)).await;
                let call = Call::change("PATCH", &path, json!({ "description": self.fresh("text") }));
                self.world.call(owner, &call.if_match(current.etag)).await;
            }
            "delete_app" => {
                let current = self.world.call(owner, &Call::get(&path)).await;
                let call = Call::change("DELETE", &path, Value::Null).if_match(current.etag);
                let reply = self.world.call(owner, &call).await;
                self.done(operation, &app, &reply);
            }
            "reveal_credential" => {
                let Some(credential) = self.credential_of(owner, &app, rng).await else { return };
                let id = credential["id"].as_str().unwrap_or_default().to_owned();
                let begun = Instant::now();
                let reply = self.change(owner, "POST", &format!("{path}/credentials/{id}/reveal"), Value::Null).await;
                if reply.is_success() {
                    let shown = Shown { app, to: owner.id, key: reply.text("/key"), begun };
                    self.know(|known| {
                        known.keys.push((id, shown.key.clone()));
                        known.shown.push(shown);
                    });
                }
            }
            "rotate_credential" => {
                const OVERLAPS: [u32; 4] = [0, 600, 86_400, 604_800];
                let Some(credential) = self.credential_of(owner, &app, rng).await else { return };
                let path = format!("{path}/credentials/{}/rotate", credential["id"].as_str().unwrap_or_default());
                let overlap = OVERLAPS[rng.random_range(0..OVERLAPS.len())];
                let body = json!({ "overlap_seconds": overlap, "replace": rng.random_range(0..2) == 0 });
                let reply = self.change(owner, "POST", &path, body).await;
                if reply.is_success() {
                    self.know(|known| known.replaced.push((reply.text("/id"), reply.text("/keys/1/not_after"))));
                }
            }
            "renew_credential" | "change_plan" => {
                let Some(credential) = self.credential_of(owner, &app, rng).await else { return };
                let justification = self.fresh("filing");
                let mut body = json!({ "justification": justification });
                let verb = if operation == "change_plan" {
                    body["plan_id"] = json!(PLANS[rng.random_range(0..PLANS.len())]);
                    "change-plan"
                } else {
                    "renew"
                };
                let path = format!("{path}/credentials/{}/{verb}", credential["id"].as_str().unwrap_or_default());
                let begun = Instant::now();
                let reply = self.change(owner, "POST", &path, body).await;
                self.submitted(owner, &reply);
                if reply.is_success() {
                    self.acted(Some(app), None, asked_for(&[]), begun, &reply);
                }
                self.know(|known| known.filings.push((justification, reply)));
            }
            "remove_credential_product" => {
                let Some(credential) = self.credential_of(owner, &app, rng).await else { return };
                let id = credential["id"].as_str().unwrap_or_default().to_owned();
                let product = PRODUCTS[rng.random_range(0..PRODUCTS.len())];
                // Known before the answer, which may be lost.
                self.know(|known| known.removed.push((id.clone(), product)));
                let path = format!("{path}/credentials/{id}/products/{product}");
                self.change(owner, "DELETE", &path, Value::Null).await;
            }
            "revoke_own_credential" => {
                let Some(credential) = self.credential_of(owner, &app, rng).await else { return };
                let id = credential["id"].as_str().unwrap_or_default().to_owned();
                let reply = self.change(owner, "DELETE", &format!("{path}/credentials/{id}"), Value::Null).await;
                self.done("revoke_credential", &id, &reply);
            }
            "grant_access" => {
                let product = PRODUCTS[rng.random_range(0..PRODUCTS.len())];
                let body = json!({ "product_ids": [product], "plan_id": PLANS[rng.random_range(0..PLANS.len())] });
                let begun = Instant::now();
                let reply = self.change(administrator, "POST", &format!("/v1/admin/apps/{app}/grants"), body).await;
                self.submitted(owner, &reply);
                self.acted(Some(app), None, asked_for(&[product]), begun, &reply);
            }
            "bring_key" => {
                let product = PRODUCTS[rng.random_range(0..PRODUCTS.len())];
                let key = format!("Brought-along/{}:0123456789", self.fresh("key"));
                let plan = PLANS[rng.random_range(0..PLANS.len())];
                let body = json!({ "product_ids": [product], "plan_id": plan, "key": key });
                let begun = Instant::now();
                let path = format!("/v1/admin/apps/{app}/credentials");
                let reply = self.change(administrator, "POST", &path, body).await;
                let request = reply.is_success().then(|| reply.text("/request_id"));
                if let Some(request) = request.clone() {
                    self.know(|known| {
                        known.requests.push((owner, request));
                        known.keys.push((reply.text("/id"), key));
                    });
                }
                self.acted(Some(app), request, asked_for(&[product]), begun, &reply);
            }
            _ => {
                let to = CONSUMERS[rng.random_range(0..CONSUMERS.len())];
                let current = self.world.call(administrator, &Call::get(format!("/v1/admin/apps/{app}"))).await;
                let overlap = if rng.random_range(0..2) == 0 { 0 } else { 600 };
                let body = json!({ "owner": to.id, "overlap_seconds": overlap });
                let call = Call::change("POST", format!("/v1/admin/apps/{app}/owner"), body);
                let call = call.keyed(self.fresh("key")).if_match(current.etag);
                if self.world.call(administrator, &call).await.is_success() {
                    let (from, keys_end) = (
                        current.body["owner"].as_str().unwrap_or_default(),
                        self.world.now() + SignedDuration::from_secs(overlap),
                    );
                    let (from, heard) = (from.to_owned(), Instant::now());
                    self.know(|known| {
                        known.handovers.push(Handover { app: app.clone(), from, to: to.id, keys_end, heard });
                        known.apps.push((to, app));
                    });
                }
            }
        }
    }

    async fn with_request(&self, operation: &'static str, rng: &mut StdRng, administrator: Person) {
        let Some((requester, id)) = self.some(rng, |known| &known.requests) else { return };
        let reason = json!({ "reason": "because" });
        let reviewer = if rng.random_range(0..4) == 0 { PETRA } else { administrator };
        let product = PRODUCTS[rng.random_range(0..PRODUCTS.len())];
        let admin = format!("/v1/admin/access-requests/{id}");
        let (who, path, body) = match operation {
            "withdraw_access_request" => (requester, format!("/v1/access-requests/{id}/withdraw"), Value::Null),
            "remind_access_request" => (requester, format!("/v1/access-requests/{id}/remind"), Value::Null),
            "approve_access_request" => {
                let mut body = json!({ "note": "fine" });
                match rng.random_range(0..8) {
                    0 => body["product_ids"] = json!([product]),
                    1 => body["plan_id"] = json!("free"),
                    2 => body["access_expires_at"] = json!(self.world.now() + SignedDuration::from_hours(48)),
                    _ => {}
                }
                (reviewer, format!("{admin}/approve"), body)
            }
            "reject_access_request" => {
                let mut body = reason;
                if rng.random_range(0..3) == 0 {
                    body["product_ids"] = json!([product]);
                }
                (reviewer, format!("{admin}/reject"), body)
            }
            "revoke_access_request" => (administrator, format!("{admin}/revoke"), reason),
            "retry_access_request" => (administrator, format!("{admin}/retry"), Value::Null),
            "decide_access_requests" => {
                let ids = self.several(rng);
                let decision = if rng.random_range(0..4) == 0 { "reject" } else { "approve" };
                let mut body = json!({ "decision": decision, "ids": ids });
                if decision == "reject" {
                    body["reason"] = json!("because");
                }
                (administrator, "/v1/admin/access-requests/decide".to_owned(), body)
            }
            _ => {
                let request = self.world.call(administrator, &Call::get(&admin)).await;
                let credential = request.text("/credential_id");
                if credential.is_empty() {
                    return;
                }
                let verb = operation.trim_end_matches("_credential");
                let path = format!("/v1/admin/credentials/{credential}/{verb}");
                let reply = self.change(administrator, "POST", &path, reason).await;
                self.done(operation, &credential, &reply);
                return;
            }
        };
        let begun = Instant::now();
        let reply = self.change(who, "POST", &path, body).await;
        // A request of which some products are rejected goes on.
        let goes_on = operation == "reject_access_request" && reply.text("/status") == "pending";
        if operation != "decide_access_requests" && !goes_on {
            self.done(operation, &id, &reply);
        }
        let verb = match operation {
            "withdraw_access_request" => Verb::Withdraw,
            "approve_access_request" => Verb::Approve,
            "reject_access_request" if goes_on => Verb::Narrow,
            "reject_access_request" => Verb::Reject,
            "revoke_access_request" => Verb::Revoke,
            _ => return,
        };
        self.acted(None, Some(id), verb, begun, &reply);
    }

    /// Notes a call about a request, when its answer says something about the lifecycle.
    fn acted(&self, app: Option<String>, request: Option<String>, verb: Verb, begun: Instant, reply: &Reply) {
        let kind = reply.text("/type");
        let heard = match reply.status {
            Some(200..300) => Heard::Done,
            Some(409) if kind.ends_with("/duplicate-access") => Heard::Duplicate,
            Some(409) if kind.ends_with("/already-decided") => Heard::Decided,
            Some(400..500) => return,
            _ => Heard::Nothing,
        };
        let request = request.or_else(|| reply.is_success().then(|| reply.text("/id")));
        let act = Act { verb, request, heard, during: (begun, Instant::now()) };
        self.know(|known| known.acts.push((app, act)));
    }

    async fn manage(&self, operation: &'static str, rng: &mut StdRng, administrator: Person) {
        let round = rng.random_range(0..4);
        let fresh = self.fresh("extra");
        let (kind, id, body) = match operation {
            "admin_create_product" => return self.create("products", administrator, product_body(&fresh)).await,
            "admin_create_plan" => return self.create("plans", administrator, plan_body(&fresh, 0)).await,
            "admin_create_catalogue" => {
                return self.create("catalogues", administrator, catalogue_body(&fresh, &["maps-api"])).await;
            }
            "admin_put_product" => ("products", "maps-api", Some(product_body("maps-api"))),
            "admin_put_plan" => {
                let plan = PLANS[rng.random_range(0..PLANS.len())];
                ("plans", plan, Some(plan_body(plan, round)))
            }
            "admin_put_catalogue" => ("catalogues", "second", Some(catalogue_body("second", &["fleet-api"]))),
            "admin_delete_product" => ("products", PRODUCTS[rng.random_range(1..PRODUCTS.len())], None),
            "admin_delete_plan" => ("plans", "dual", None),
            "admin_delete_catalogue" => ("catalogues", "second", None),
            "admin_put_product_openapi" => {
                let info = json!({ "title": "Maps", "version": round.to_string() });
                let document = json!({ "openapi": "3.1.0", "info": info, "paths": {} });
                let call = Call::change("PUT", "/v1/admin/products/maps-api/openapi", document);
                self.world.call(administrator, &call).await;
                return;
            }
            "admin_delete_product_openapi" => {
                let call = Call::change("DELETE", "/v1/admin/products/maps-api/openapi", Value::Null);
                self.world.call(administrator, &call).await;
                return;
            }
            "put_settings" => {
                let current = self.world.call(administrator, &Call::get("/v1/admin/settings")).await;
                let mut settings = current.body.clone();
                if let Some(members) = settings.as_object_mut() {
                    for member in ["id", "version", "created_at", "updated_at"] {
                        members.remove(member);
                    }
                }
                let call = Call::change("PUT", "/v1/admin/settings", settings).if_match(current.etag);
                self.world.call(administrator, &call).await;
                return;
            }
            other => panic!("the crowd does not know how to {other}"),
        };
        let path = format!("/v1/admin/{kind}/{id}");
        let current = self.world.call(administrator, &Call::get(&path)).await;
        let call = match body {
            Some(body) => Call::change("PUT", &path, body),
            None => {
                let force = if round == 0 { "?force=true" } else { "" };
                Call::change("DELETE", format!("{path}{force}"), Value::Null)
            }
        };
        self.world.call(administrator, &call.if_match(current.etag)).await;
    }

    async fn create(&self, kind: &str, administrator: Person, body: Value) {
        self.change(administrator, "POST", &format!("/v1/admin/{kind}"), body).await;
    }

    /// One of the credentials of an app, active or not.
    async fn credential_of(&self, owner: Person, app: &str, rng: &mut StdRng) -> Option<Value> {
        let listed = self.world.call(owner, &Call::get(format!("/v1/apps/{app}/credentials"))).await;
        let items = listed.body["items"].as_array()?;
        (!items.is_empty()).then(|| items[rng.random_range(0..items.len())].clone())
    }

    /// An app that a request is for: one of the person's, or `None` for a new one.
    fn target(&self, rng: &mut StdRng, who: Person) -> Option<String> {
        let known = self.known.lock().expect("nothing panics while it looks");
        let own: Vec<_> = known.apps.iter().filter(|(owner, _)| *owner == who).map(|(_, app)| app.clone()).collect();
        drop(known);
        let fresh = own.is_empty() || rng.random_range(0..3) == 0;
        (!fresh).then(|| own[rng.random_range(0..own.len())].clone())
    }

    async fn change(&self, who: Person, method: &'static str, path: &str, body: Value) -> Reply {
        let mut body = body;
        if body.get("new_app").is_some() {
            body["new_app"] = json!({ "name": self.fresh("app") });
        }
        self.world.call(who, &Call::change(method, path, body).keyed(self.fresh("key"))).await
    }

    fn submitted(&self, who: Person, reply: &Reply) {
        if reply.is_success() {
            self.know(|known| {
                known.requests.push((who, reply.text("/id")));
                known.apps.push((who, reply.text("/app/id")));
            });
        }
    }

    fn done(&self, operation: &'static str, id: &str, reply: &Reply) {
        if reply.is_success() {
            self.know(|known| known.done.push((operation, id.to_owned())));
        }
    }

    fn several(&self, rng: &mut StdRng) -> Vec<String> {
        let known = self.known.lock().expect("nothing panics while it looks");
        let ids = known.requests.iter().map(|(_, id)| id.clone()).filter(|_| rng.random_range(0..3) == 0);
        let mut ids: Vec<_> = ids.take(5).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    fn some(&self, rng: &mut StdRng, of: impl Fn(&Known) -> &Vec<(Person, String)>) -> Option<(Person, String)> {
        let known = self.known.lock().expect("nothing panics while it looks");
        let things = of(&known);
        // Half of the time it is a new thing: what people do about one thing is to meet.
        let from = if rng.random_range(0..2) == 0 { things.len().saturating_sub(4) } else { 0 };
        (!things.is_empty()).then(|| things[rng.random_range(from..things.len())].clone())
    }

    fn know(&self, learn: impl FnOnce(&mut Known)) {
        learn(&mut self.known.lock().expect("nothing panics while it learns"));
    }

    fn fresh(&self, what: &str) -> String {
        let mut known = self.known.lock().expect("nothing panics while it counts");
        known.changes += 1;
        format!("{what}-{}", known.changes)
    }
}

fn some_products(rng: &mut StdRng) -> Vec<&'static str> {
    let (first, second) = (rng.random_range(0..PRODUCTS.len()), rng.random_range(0..PRODUCTS.len()));
    let mut products = vec![PRODUCTS[first]];
    if rng.random_range(0..3) == 0 && second != first {
        products.push(PRODUCTS[second]);
    }
    products
}

fn asked_for(products: &[&str]) -> Verb {
    Verb::Submit(products.iter().map(|product| (*product).to_owned()).collect())
}

fn with_target(body: Value, app: &Option<String>) -> Value {
    let mut body = body;
    match app {
        Some(app) => body["app_id"] = json!(app),
        None => body["new_app"] = json!({}),
    }
    body
}

fn product_body(id: &str) -> Value {
    let (auth_method, gateway) = if id == "payments-api" {
        ("oauth2", json!({ "kind": "oauth2_dcr", "issuer": "https://id.example.com", "scopes": ["payments:write"] }))
    } else {
        ("api_key", json!({ "kind": "builtin" }))
    };
    json!({
        "id": id, "name": id, "description": "", "auth_method": auth_method, "gateway": gateway,
        "owners": ["team@example.com"], "published": true,
        "approver_groups": if id == "maps-api" { json!(["maps-team"]) } else { json!([]) },
    })
}

/// A plan. An edit in some rounds changes how many people must approve, while requests wait; under `dual` a request that
/// nobody decides ends within a day.
fn plan_body(id: &str, round: u32) -> Value {
    let approvals_required = match (id, round) {
        ("dual", 0..=2) | ("gold", 3) => 2,
        _ => 1,
    };
    let waits = (id == "dual").then_some([3_600, 7_200, 86_400]);
    json!({
        "id": id, "name": id, "description": format!("round {round}"), "auto_approve": id == "free",
        "key_expires_in_seconds": if id == "free" { json!(30 * 86_400) } else { Value::Null },
        "approvals_required": approvals_required,
        "remind_after_seconds": waits.map(|[remind, _, _]| remind),
        "escalate_after_seconds": waits.map(|[_, escalate, _]| escalate),
        "expire_after_seconds": waits.map(|[_, _, expire]| expire),
        "request_allowance": { "requests": 200, "per_seconds": 86_400 },
    })
}

fn catalogue_body(id: &str, products: &[&str]) -> Value {
    json!({
        "id": id, "name": id, "description": "", "audience": { "kind": "everyone", "groups": [] },
        "product_ids": products, "plan_ids": PLANS,
    })
}
