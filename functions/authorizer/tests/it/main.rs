//! The authorizer, asked as API Gateway asks.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gatepass_authorizer::{Authorizer, Config};
use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::credential::{CredentialStatus, GrantStatus, KeyRecord};
use gatepass_domain::key::PlainKey;
use gatepass_domain::plan::Limit;
use gatepass_domain::{Context, Plan, Product};
use gatepass_lambda::{Clock, ConfigError, Failure, Vars};
use gatepass_provisioning::{Outcome, provision};
use gatepass_sealing::Sealer;
use gatepass_store::Transaction;
use gatepass_testkit::aws::Kms;
use gatepass_testkit::{Fault, World, ada, at, clock_at, context, demo};
use serde_json::{Value, json};

const NOON: &str = "2026-11-23T12:00:01Z";

/// Access to `weather-api` under `free`, whose keys live 30 days, with its key.
struct Access {
    world: World,
    request: AccessRequestView,
    key: String,
}

impl Access {
    async fn new() -> Self {
        let (world, kms) = (World::new().await, Kms::new().await);
        let id = world.submitted(&ada(), "weather-api", "free", "Storm warnings").await.id;
        world.approved(id).await;
        let sealer = Sealer::new(kms.client, "alias/gatepass");
        assert_eq!(provision(&world.store, &sealer, &mut context(), id).await.unwrap(), Outcome::Provisioned);
        let request = world.request(id).await;
        let credential = request.credential_id.unwrap();
        let stored = world.store.credential(request.app.id, credential).await.unwrap().unwrap();
        let record = world.store.api_key(&stored.digests[0]).await.unwrap().unwrap();
        let key = sealer.unseal(credential, record.sealed.as_deref().unwrap()).await.unwrap().expose().to_owned();
        Self { world, request, key }
    }

    /// The answer at `time` to a call of the API of `product` with these headers.
    async fn ask(&self, time: &str, product: &str, headers: Value) -> Value {
        let stage = json!({ "gatepass_product_id": product, "other": "x" });
        self.try_ask(time, stage, headers).await.unwrap()
    }

    async fn try_ask(&self, time: &str, stage_variables: Value, headers: Value) -> Result<Value, Failure> {
        let function = self.function(time);
        let request = call(stage_variables, headers).to_string();
        let request = serde_json::from_str(&request).expect("API Gateway sends this");
        function.handle(request).await.map(|response| serde_json::to_value(response).unwrap())
    }

    fn function(&self, time: &str) -> Authorizer {
        let config = Config { table: self.world.table.name.clone() };
        Authorizer::new(config, self.world.table.client_of("Authorizer"), clock_at(time))
    }

    async fn record(&self) -> KeyRecord {
        self.world.store.api_key(&PlainKey::parse(&self.key).unwrap().digest()).await.unwrap().unwrap()
    }

    async fn write(&self, record: &KeyRecord) {
        let mut context = context();
        self.world.store.commit(Transaction::new(&mut context).api_key(record)).await.unwrap();
    }

    fn headers(&self) -> Value {
        json!({ "host": "weather.example.com", "x-api-key": self.key })
    }
}

/// "Lambda authorizer request format", payload version 2.0.
fn call(stage_variables: Value, headers: Value) -> Value {
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:123456789012:abcdef123/$default/GET/storms",
        "identitySource": [headers["x-api-key"]],
        "routeKey": "$default",
        "rawPath": "/storms",
        "rawQueryString": "area=north",
        "headers": headers,
        "queryStringParameters": { "area": "north" },
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef123", "domainName": "weather.example.com",
            "domainPrefix": "weather", "requestId": "id", "routeKey": "$default", "stage": "$default",
            "http": {
                "method": "GET", "path": "/storms", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "time": "23/Nov/2026:12:00:01 +0000", "timeEpoch": 1_795_435_201_000_u64,
        },
        "pathParameters": {},
        "stageVariables": stage_variables,
    })
}

/// "Input to an API Gateway Lambda authorizer", type REQUEST of a REST API.
fn call_of_rest_api(stage_variables: Value, headers: Value) -> Value {
    json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/GET/storms/north",
        "resource": "/storms/{area}",
        "path": "/storms/north",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {},
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": { "area": "north" },
        "stageVariables": stage_variables,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef123", "httpMethod": "GET", "path": "/prod/storms/north",
            "requestId": "id", "resourcePath": "/storms/{area}", "stage": "prod",
            "identity": { "sourceIp": "192.0.2.1", "userAgent": "test" },
        },
    })
}

fn closed() -> Value {
    json!({ "isAuthorized": false, "context": {} })
}

/// One read of the key a call; the plan's limits are read once a minute.
#[tokio::test]
async fn a_live_key_opens_its_product_with_one_consistent_read() {
    let access = Access::new().await;
    access.world.table.faults.calls();
    let answer = access.ask(NOON, "weather-api", access.headers()).await;
    assert_eq!(
        answer,
        json!({
            "isAuthorized": true,
            "context": {
                "credential_id": access.request.credential_id, "app_id": access.request.app.id,
                "plan_id": "free", "product_id": "weather-api",
                "rate_limit_requests": "25", "rate_limit_per_seconds": "1",
            },
        })
    );
    let calls = access.world.table.faults.calls();
    assert_eq!(
        calls,
        ["GetItem", "UpdateItem", "GetItem", "GetItem"],
        "the key, the day of use, the plan and the product"
    );
    assert!(!answer.to_string().contains("gp_"), "the key goes no further");
    let differently = json!({ "X-API-Key": access.key });
    assert_eq!(access.ask(NOON, "weather-api", differently).await["isAuthorized"], true);
}

/// The weather API counts calls under `free`, with these limits, and treats what is over them so.
async fn enforce(world: &World, rate_limit: Option<Limit>, quota: Option<Limit>, over_limit: &str) {
    let weather = demo::products().swap_remove(0);
    let gateway = json!({ "kind": "builtin", "enforce": true, "over_limit": over_limit });
    world.offer(Product { gateway: serde_json::from_value(gateway).unwrap(), ..weather }).await;
    let free = demo::plans().into_iter().find(|plan| plan.id.to_string() == "free").unwrap();
    world.offer(Plan { rate_limit, quota, ..free }).await;
}

fn limit(requests: u64, per_seconds: u64) -> Option<Limit> {
    Some(Limit { requests, per_seconds })
}

// Covers P22.
#[tokio::test]
async fn a_call_over_the_limit_is_denied_or_forwarded_with_the_verdict() {
    let access = Access::new().await;
    enforce(&access.world, limit(2, 3600), limit(10, 86_400), "forward").await;
    let ask = async || access.ask(NOON, "weather-api", access.headers()).await;
    assert_eq!(ask().await["context"]["rate_limit_remaining"], "1");
    assert_eq!(ask().await["context"]["over_limit"], json!(null));
    let over = ask().await;
    assert_eq!(over["isAuthorized"], true);
    let context = &over["context"];
    assert_eq!([&context["over_limit"], &context["rate_limit_remaining"]], ["rate_limit", "0"]);
    assert_eq!([&context["rate_limit_requests"], &context["quota_remaining"]], ["2", "8"]);
    let reset: u64 = context["rate_limit_reset_seconds"].as_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&reset), "{reset}");

    enforce(&access.world, limit(2, 3600), limit(10, 86_400), "deny").await;
    assert_eq!(ask().await, closed());
}

#[tokio::test]
async fn a_call_is_counted_by_one_write_and_only_for_a_product_that_enforces_limits() {
    let access = Access::new().await;
    let calls = async |instance: &Authorizer| {
        access.world.table.faults.calls();
        let stage = json!({ "gatepass_product_id": "weather-api" });
        let request = serde_json::from_value(call(stage, access.headers())).unwrap();
        assert!(instance.handle(request).await.unwrap().is_authorized);
        access.world.table.faults.calls()
    };
    let free = access.function(NOON);
    assert_eq!(calls(&free).await, ["GetItem", "UpdateItem", "GetItem", "GetItem"]);
    assert_eq!(calls(&free).await, ["GetItem"], "nothing is enforced");
    enforce(&access.world, limit(25, 1), limit(1000, 86_400), "forward").await;
    let counting = access.function(NOON);
    assert_eq!(calls(&counting).await, ["GetItem", "UpdateItem", "GetItem", "GetItem", "UpdateItem"]);
    assert_eq!(calls(&counting).await, ["GetItem", "UpdateItem"]);
    enforce(&access.world, None, None, "forward").await;
    let unlimited = access.function(NOON);
    assert_eq!(calls(&unlimited).await, ["GetItem", "UpdateItem", "GetItem"], "the plan has no limits");
    assert_eq!(calls(&unlimited).await, ["GetItem"]);
}

/// Fifty callers at once, on five instances.
// Covers P22.
#[tokio::test]
async fn many_callers_get_exactly_what_the_plan_allows() {
    for (rate, quota, allowed) in [(limit(120, 3600), None, 120), (None, limit(200, 86_400), 200)] {
        let access = Access::new().await;
        enforce(&access.world, rate, quota, "deny").await;
        let instances: Vec<_> = (0..5).map(|_| access.function(NOON)).collect();
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..50 {
            let instance = instances[caller % instances.len()].clone();
            let event = call(json!({ "gatepass_product_id": "weather-api" }), access.headers());
            callers.spawn(async move {
                let mut through = 0;
                for _ in 0..6 {
                    let request = serde_json::from_value(event.clone()).unwrap();
                    through += usize::from(instance.handle(request).await.unwrap().is_authorized);
                }
                through
            });
        }
        assert_eq!(callers.join_all().await.into_iter().sum::<usize>(), allowed);
    }
}

/// A limit that cannot be counted is not waived.
#[tokio::test]
async fn a_call_that_cannot_be_counted_is_not_let_through() {
    let access = Access::new().await;
    enforce(&access.world, limit(25, 1), None, "forward").await;
    // The first three are tries to note the day of use, which nobody waits for.
    access.world.table.faults.plan("UpdateItem", Fault::Unreachable, 6);
    let stage = json!({ "gatepass_product_id": "weather-api" });
    let failure = access.try_ask(NOON, stage, access.headers()).await.unwrap_err();
    assert!(matches!(failure, Failure::Transient(_)), "{failure}");
}

/// One conditional write per credential, day and instance.
#[tokio::test]
async fn the_day_of_the_last_use_is_noted_once_a_day() {
    let access = Access::new().await;
    let id = access.request.credential_id.unwrap();
    let day = async || access.world.store.last_uses(&[id]).await.unwrap().get(&id).copied();
    assert_eq!(day().await, None);
    assert_eq!(access.ask(NOON, "maps-api", access.headers()).await, closed());
    assert_eq!(day().await, None, "a call that is refused is no use");
    let millis = Arc::new(AtomicI64::new(0));
    if let Clock::Ahead(ahead) = clock_at(NOON) {
        millis.store(ahead.load(Ordering::SeqCst), Ordering::SeqCst);
    }
    let config = Config { table: access.world.table.name.clone() };
    let warm = Authorizer::new(config, access.world.table.client_of("Authorizer"), Clock::Ahead(millis.clone()));
    let updates = async || {
        let stage = json!({ "gatepass_product_id": "weather-api" });
        let request = serde_json::from_value(call(stage, access.headers())).unwrap();
        access.world.table.faults.calls();
        assert!(warm.handle(request).await.unwrap().is_authorized);
        access.world.table.faults.calls().iter().filter(|call| *call == "UpdateItem").count()
    };
    assert_eq!((updates().await, updates().await, updates().await), (1, 0, 0));
    assert_eq!(day().await, Some(at("2026-11-23T00:00:00Z")));
    millis.fetch_add(24 * 3_600_000, Ordering::SeqCst);
    assert_eq!((updates().await, updates().await), (1, 0));
    assert_eq!(day().await, Some(at("2026-11-24T00:00:00Z")));
    // A note that fails keeps nobody out.
    access.world.table.faults.plan("UpdateItem", Fault::Unreachable, 3);
    assert_eq!(access.ask(NOON, "weather-api", access.headers()).await["isAuthorized"], true);
}

/// A key that somebody brought along is of any shape.
#[tokio::test]
async fn a_key_of_another_shape_is_looked_up() {
    let access = Access::new().await;
    let key = "s3cr3t-Key/of.the:old+gateway";
    let record = KeyRecord { digest: PlainKey::bring(key).unwrap().digest(), sealed: None, ..access.record().await };
    access.world.store.commit(Transaction::new(&mut context()).new_api_key(&record)).await.unwrap();
    assert_eq!(access.ask(NOON, "weather-api", json!({ "x-api-key": key })).await["isAuthorized"], true);
}

/// The effect of a changed plan on live keys: its limits hold within a minute, in a process that is warm too.
#[tokio::test]
async fn a_change_of_the_plans_limits_holds_within_a_minute() {
    let access = Access::new().await;
    let millis = Arc::new(AtomicI64::new(0));
    if let Clock::Ahead(ahead) = clock_at(NOON) {
        millis.store(ahead.load(Ordering::SeqCst), Ordering::SeqCst);
    }
    let config = Config { table: access.world.table.name.clone() };
    let warm = Authorizer::new(config, access.world.table.client_of("Authorizer"), Clock::Ahead(millis.clone()));
    let limits = async || {
        let stage = json!({ "gatepass_product_id": "weather-api" });
        let request = serde_json::from_value(call(stage, access.headers())).unwrap();
        let context = warm.handle(request).await.unwrap().context;
        ["rate_limit_requests", "rate_limit_per_seconds", "quota_requests", "quota_per_seconds"]
            .map(|name| context.get(name).cloned().unwrap_or_default())
    };
    assert_eq!(limits().await, ["25", "1", "", ""]);
    let free = demo::plans().into_iter().find(|plan| plan.id.to_string() == "free").unwrap();
    let quota = Some(Limit { requests: 1000, per_seconds: 86_400 });
    access.world.offer(Plan { rate_limit: None, quota, ..free }).await;
    access.world.table.faults.calls();
    assert_eq!(limits().await, ["25", "1", "", ""], "kept for a minute");
    assert_eq!(access.world.table.faults.calls(), ["GetItem"], "a warm process reads the key alone");
    millis.fetch_add(60_000, Ordering::SeqCst);
    assert_eq!(limits().await, ["", "", "1000", "86400"]);
}

#[tokio::test]
async fn without_its_plan_a_key_opens_nothing() {
    let access = Access::new().await;
    access.world.withdraw_offer::<Plan>(&"free".parse().unwrap()).await;
    assert_eq!(access.ask(NOON, "weather-api", access.headers()).await, closed());
}

#[tokio::test]
async fn what_is_no_key_of_ours_is_closed_without_a_look_up() {
    let access = Access::new().await;
    access.world.table.faults.calls();
    let mut mistyped = access.key.clone();
    mistyped.replace_range(10..11, if &mistyped[10..11] == "a" { "b" } else { "a" });
    let too_long = format!("{}x", access.key);
    for key in ["", "gp_", "secret", &mistyped, &too_long, &format!(" {}", access.key), "ü"] {
        assert_eq!(access.ask(NOON, "weather-api", json!({ "x-api-key": key })).await, closed(), "{key}");
    }
    assert_eq!(access.ask(NOON, "weather-api", json!({})).await, closed());
    let elsewhere = json!({ "authorization": format!("Bearer {}", access.key), "x-api-key2": access.key });
    assert_eq!(access.ask(NOON, "weather-api", elsewhere).await, closed());
    assert!(access.world.table.faults.calls().is_empty());
}

#[tokio::test]
async fn a_key_that_was_never_issued_is_closed() {
    let access = Access::new().await;
    let minted = PlainKey::mint(&mut Context::seeded(at(NOON), 4_711));
    // In capitals it might be one that somebody brought along.
    for key in [minted.expose(), &access.key.to_uppercase()] {
        assert_eq!(access.ask(NOON, "weather-api", json!({ "x-api-key": key })).await, closed());
    }
}

#[tokio::test]
async fn another_product_stays_closed() {
    let access = Access::new().await;
    for product in ["maps-api", "fleet-api", "no-api"] {
        assert_eq!(access.ask(NOON, product, access.headers()).await, closed(), "{product}");
    }
    let mut record = access.record().await;
    record.grants[0].status = GrantStatus::Revoked;
    access.write(&record).await;
    assert_eq!(access.ask(NOON, "weather-api", access.headers()).await, closed());
}

#[tokio::test]
async fn what_is_taken_back_is_closed_by_the_next_call() {
    let access = Access::new().await;
    let live = access.record().await;
    for status in [CredentialStatus::Suspended, CredentialStatus::Revoked, CredentialStatus::Expired] {
        access.write(&KeyRecord { status, ..live.clone() }).await;
        assert_eq!(access.ask(NOON, "weather-api", access.headers()).await, closed(), "{status:?}");
        access.write(&live).await;
        assert_eq!(access.ask(NOON, "weather-api", access.headers()).await["isAuthorized"], true);
    }
}

/// By the clock alone: nobody need have marked it.
#[tokio::test]
async fn a_key_whose_time_is_over_is_closed() {
    let access = Access::new().await;
    let answer = access.ask("2026-12-23T11:59:00Z", "weather-api", access.headers()).await;
    assert_eq!(answer["isAuthorized"], true);
    assert_eq!(access.ask("2026-12-23T12:00:00Z", "weather-api", access.headers()).await, closed());
    assert_eq!(access.record().await.status, CredentialStatus::Active);
}

#[tokio::test]
async fn an_api_that_names_no_product_is_a_mistake_that_shows() {
    let access = Access::new().await;
    for stage in [json!(null), json!({}), json!({ "product": "weather-api" }), json!({ "gatepass_product_id": "" })] {
        let failure = access.try_ask(NOON, stage, access.headers()).await.unwrap_err();
        assert!(matches!(&failure, Failure::Permanent(text) if text.contains("stage variable")), "{failure}");
    }
    // Also without a key: the mistake does not depend on who calls.
    let failure = access.try_ask(NOON, json!({}), json!({})).await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
}

#[tokio::test]
async fn without_the_store_nothing_opens() {
    let access = Access::new().await;
    access.world.table.faults.plan("GetItem", Fault::Unreachable, 3);
    let stage = json!({ "gatepass_product_id": "weather-api" });
    let failure = access.try_ask(NOON, stage, access.headers()).await.unwrap_err();
    assert!(matches!(failure, Failure::Transient(_)), "{failure}");
    assert!(!failure.to_string().contains(&access.key), "no key in a failure");
}

#[test]
fn a_missing_variable_is_named() {
    let vars = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect::<Vars>();
    assert!(Config::from_vars(&vars(&["GATEPASS_TABLE"])).is_ok());
    assert_eq!(Config::from_vars(&vars(&[])).unwrap_err(), ConfigError::Missing("GATEPASS_TABLE"));
}

#[tokio::test]
async fn a_rest_api_is_answered_with_a_policy_for_every_method_of_its_stage() {
    let access = Access::new().await;
    let ask = async |event: Value| {
        let request = serde_json::from_value(event).expect("API Gateway sends this");
        access.function(NOON).handle(request).await.map(|answer| serde_json::to_value(answer).unwrap())
    };
    let policy = |effect: &str| {
        let resource = "arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/*";
        let statement = json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource });
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    };
    let weather = json!({ "gatepass_product_id": "weather-api" });
    // A REST API passes headers on as they were written.
    let headers = json!({ "X-Api-Key": access.key });
    let open = ask(call_of_rest_api(weather.clone(), headers.clone())).await.unwrap();
    let simple = access.ask(NOON, "weather-api", access.headers()).await;
    let id = &access.request.credential_id;
    assert_eq!(
        open,
        json!({ "principalId": id, "policyDocument": policy("Allow"), "context": simple["context"] }),
        "the context is the same for both types of API"
    );
    let shut = json!({ "principalId": "nobody", "policyDocument": policy("Deny"), "context": {} });
    let maps = json!({ "gatepass_product_id": "maps-api" });
    assert_eq!(ask(call_of_rest_api(maps, headers.clone())).await.unwrap(), shut);
    assert_eq!(ask(call_of_rest_api(weather.clone(), Value::Null)).await.unwrap(), shut, "without any header");
    let failure = ask(call_of_rest_api(Value::Null, headers)).await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");

    let mut without_a_method = call_of_rest_api(weather, json!({}));
    without_a_method["methodArn"] = json!("arn:aws:execute-api:eu-central-1:123456789012:abcdef123");
    let failure = ask(without_a_method).await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
}

/// It has the key alone, and a key says nothing about the API that it was sent to.
#[tokio::test]
async fn an_authorizer_that_is_not_told_the_product_opens_nothing() {
    let access = Access::new().await;
    let arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/GET/storms";
    let token = json!({ "type": "TOKEN", "authorizationToken": access.key, "methodArn": arn });
    let failure = access.function(NOON).handle(serde_json::from_value(token).unwrap()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(why) if why.contains("REQUEST")), "{failure}");
}
