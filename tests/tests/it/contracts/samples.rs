//! The sample events in `events/`, one for each function, are events of today's code: each function
//! takes its own. Together they tell one story, so that each has something to work on.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_api::{Clients, Route};
use gatepass_app::credentials;
use gatepass_domain::Event;
use gatepass_domain::access_request::{ProvisioningStatus, Status};
use gatepass_domain::event::{Chain, Sealed};
use gatepass_lambda::{Clock, Vars};
use gatepass_sealing::Sealer;
use gatepass_testkit::aws::{EventBridge, Kms, Ses};
use gatepass_testkit::{World, ada};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::contracts::schemas;
use crate::{repository, template};

/// The request that the samples are about.
const REQUEST: &str = "019ab1c2-6c40-7a3e-9d52-0c1f7be40001";
/// The placeholder for a key in them.
const KEY: &str = "gp_SAMPLE";
const KEY_ID: &str = "alias/gatepass";

fn sample(function: &str) -> String {
    repository::text(&format!("events/{function}.json"))
}

fn vars(world: &World, more: &[(&str, &str)]) -> Vars {
    let table = ("GATEPASS_TABLE", world.table.name.as_str());
    [table].iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn every_program_has_a_sample_and_no_other_is_there() {
    let mut programs: Vec<_> = template::functions().into_iter().map(|function| function.binary).collect();
    programs.sort();
    programs.dedup();
    let samples: Vec<_> = repository::files("events")
        .iter()
        .map(|path| path.file_stem().and_then(|name| name.to_str()).unwrap().to_owned())
        .collect();
    assert_eq!(samples, programs);
}

#[test]
fn samples_from_the_bus_are_as_their_schemas_say() {
    for function in ["auto-approve", "provision", "notify"] {
        let event: Value = serde_json::from_str(&sample(function)).unwrap();
        let event_type = event["detail-type"].as_str().unwrap();
        assert_eq!(event["detail"]["metadata"]["type"], event_type, "{function}");
        schemas::check(event_type, &event["detail"]);
    }
}

/// API Gateway's event files the request of the story; gives the request's id.
async fn api(world: &World, kms: &Kms) -> String {
    let event: LambdaRequest = serde_json::from_str(&sample("api")).expect("this is what API Gateway sends");
    let route = Route { method: "POST".into(), path: "/v1/access-requests".into() };
    let more = [
        ("GATEPASS_ROUTE", &*route.to_string()),
        ("GATEPASS_GROUPS_CLAIM", "cognito:groups"),
        ("GATEPASS_MAIL_ADDRESSES", "verified"),
        ("GATEPASS_GATEWAYS", "builtin"),
    ];
    let config = gatepass_api::Config::from_vars(&vars(world, &more)).unwrap();
    let clients = Clients { dynamodb: world.table.client.clone(), kms: kms.client.clone() };
    let router = gatepass_api::service(config, &clients, Clock::System);
    let event = LambdaEvent::new(event, lambda_http::Context::default());
    let answer = Adapter::from(router).oneshot(event).await.expect("the router answers everything");
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer:#}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_function_takes_its_sample() {
    let (world, kms, ses) = (World::new().await, Kms::new().await, Ses::new().await);
    let dynamodb = || world.table.client.clone();
    let id = api(&world, &kms).await;
    let about_it = |function: &str| {
        let text = sample(function);
        assert!(text.contains(REQUEST), "{function} is about the request of the samples");
        serde_json::from_str(&text.replace(REQUEST, &id)).expect("this is what EventBridge sends")
    };
    let request = async || world.store.request(id.parse().unwrap()).await.unwrap().unwrap().view();

    let config = gatepass_auto_approve::Config::from_vars(&vars(&world, &[])).unwrap();
    let auto_approve = gatepass_auto_approve::AutoApprove::new(config, dynamodb(), Clock::System);
    auto_approve.handle(about_it("auto-approve")).await.unwrap();
    assert_eq!(request().await.status, Status::Approved);

    let config = gatepass_provision::Config::from_vars(&vars(&world, &[("GATEPASS_KEY_ID", KEY_ID)])).unwrap();
    let provision = gatepass_provision::Provision::new(config, dynamodb(), kms.client.clone(), Clock::System);
    provision.handle(about_it("provision")).await.unwrap();
    assert_eq!(request().await.provisioning.status, ProvisioningStatus::Provisioned);

    let more = [("GATEPASS_MAIL_SENDER", "no-reply@example.com"), ("GATEPASS_PORTAL_URL", "")];
    let config = gatepass_notify::Config::from_vars(&vars(&world, &more)).unwrap();
    let notify = gatepass_notify::Notify::new(config, dynamodb(), ses.client.clone(), Clock::System);
    notify.handle(about_it("notify")).await.unwrap();
    let mails = ses.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].template.as_str(), mails[0].to.as_slice()), ("approve", &["ada@example.com".to_owned()][..]));

    let config = gatepass_authorizer::Config::from_vars(&vars(&world, &[])).unwrap();
    let authorizer = gatepass_authorizer::Authorizer::new(config, dynamodb(), Clock::System);
    let unknown = serde_json::from_str(&sample("authorizer")).expect("this is what API Gateway sends");
    assert!(!authorizer.handle(unknown).await.unwrap().is_authorized, "nobody issued the sample's key");
    let request = request().await;
    let (credential, mut context) = (request.credential_id.unwrap(), Clock::System.context("sample").unwrap());
    let sealed = credentials::reveal(&world.store, &mut context, &ada(), request.app.id, credential).await.unwrap();
    let key = Sealer::new(kms.client.clone(), KEY_ID).unseal(credential, &sealed).await.unwrap();
    let known = serde_json::from_str(&sample("authorizer").replace(KEY, key.expose())).unwrap();
    let answer = authorizer.handle(known).await.unwrap();
    assert!(answer.is_authorized);
    assert_eq!(answer.context["product_id"], "weather-api");

    let bus = EventBridge::new().await;
    let more = [("GATEPASS_BUS", "gatepass")];
    let config = gatepass_expire::Config::from_vars(&vars(&world, &more)).unwrap();
    let expire = gatepass_expire::Expire::new(config, dynamodb(), bus.client.clone(), Clock::System);
    expire.handle(serde_json::from_str(&sample("expire")).unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_relay_publishes_its_sample() {
    let (world, bus) = (World::new().await, EventBridge::new().await);
    let config = gatepass_relay::Config::from_vars(&vars(&world, &[("GATEPASS_BUS", "gatepass")])).unwrap();
    let relay = gatepass_relay::Relay::new(config, world.table.client.clone(), bus.client.clone(), Clock::System);
    let batch = serde_json::from_str(&sample("relay")).expect("this is what the stream sends");
    let answer = serde_json::to_value(relay.handle(batch).await).unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]));
    let entries = bus.entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["DetailType"], "AccessRequestSubmitted");
    schemas::check("AccessRequestSubmitted", &entries[0]["Detail"]);
    let published: Value = serde_json::from_str(&sample("auto-approve")).unwrap();
    assert_eq!(entries[0]["Detail"], published["detail"], "what it publishes is what auto-approve is handed");
}

/// The image that the relay's sample carries has the attributes of an event item of today, no more and
/// no fewer, and its hash is right.
#[tokio::test]
async fn the_relays_sample_is_an_item_of_today() {
    let sample: Value = serde_json::from_str(&sample("relay")).unwrap();
    let image = sample["Records"][0]["dynamodb"]["NewImage"].as_object().unwrap();
    let (world, kms) = (World::new().await, Kms::new().await);
    let id = api(&world, &kms).await;
    let query = world.table.client.query().table_name(&world.table.name);
    let query = query.key_condition_expression("PK = :pk AND SK = :sk");
    let query = query.expression_attribute_values(":pk", AttributeValue::S(format!("E#R#{id}")));
    let found = query.expression_attribute_values(":sk", image_text(&image["SK"])).send().await.unwrap();
    let attributes: BTreeSet<_> = found.items()[0].keys().collect();
    assert_eq!(image.keys().collect::<BTreeSet<_>>(), attributes);

    let text = |name: &str| image[name]["S"].as_str().unwrap().to_owned();
    let (salt, personal) = (Some(text("salt")), Some(text("personal")));
    let event = Event::open(Sealed { body: text("body"), hash: text("hash"), salt, personal }).unwrap();
    assert_eq!(Chain::verify([&event]).unwrap().seq, 1);
}

fn image_text(value: &Value) -> AttributeValue {
    AttributeValue::S(value["S"].as_str().unwrap().to_owned())
}

#[test]
fn pre_token_takes_its_sample() {
    let answer = gatepass_pre_token::handle(serde_json::from_str(&sample("pre-token")).unwrap());
    let claims = &answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["claimsToAddOrOverride"];
    let expected = json!({
        "name": "Ada", "email": "ada@example.com", "email_verified": "true", "organisation": "Analytical Engines",
    });
    assert_eq!(claims, &expected);
}
