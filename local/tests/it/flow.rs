//! From a request to a key that opens an API, and what holds it up.

use gatepass_local::{Data, Options, Stack, StartError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, changed_template, is_provisioned, options};

#[tokio::test]
async fn an_automatic_request_ends_in_a_key_that_works() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::start(Options { data: Data::Directory(dir.path().into()), ..options() }).await;
    let client = &world.client;
    let ada = client.token("user=ada").await;
    let id = client.submit(&ada, "public-apis", "weather-api", "free").await;
    let request = client.request_once(&ada, &id, is_provisioned).await;
    let app = request["app"]["id"].as_str().unwrap();
    let credential = request["credential_id"].as_str().unwrap();
    let path = format!("/v1/apps/{app}/credentials/{credential}/reveal");
    let revealed = client.write(&ada, &path, json!({})).await;
    let key = revealed["key"].as_str().unwrap();

    let call = async |product: &str, key: Option<&str>| {
        let call = client.request(Method::PUT, &format!("/_local/apis/{product}/a/b"));
        let call = key.into_iter().fold(call, |call, key| call.header("x-api-key", key));
        call.send().await.unwrap()
    };
    assert_eq!(call("weather-api", None).await.status(), 401);
    assert_eq!(call("weather-api", Some("wrong")).await.status(), 403);
    assert_eq!(call("maps-api", Some(key)).await.status(), 403);
    let opened: Value = call("weather-api", Some(key)).await.json().await.unwrap();
    assert_eq!(
        (&opened["product_id"], &opened["method"], &opened["path"]),
        (&json!("weather-api"), &json!("PUT"), &json!("/a/b"))
    );
    assert_eq!(opened["context"]["credential_id"], credential);

    let mails = client.items_once("/_local/mail", 1).await;
    assert_eq!(
        (mails.len(), &mails[0]["template"], &mails[0]["to"]),
        (1, &json!("approve"), &json!(["ada@example.com"]))
    );
    assert!(client.items("/_local/dead-letters").await.is_empty());
    let types: Vec<_> = client.items("/_local/events").await.iter().map(|event| event["detail-type"].clone()).collect();
    let place = |name: &str| types.iter().position(|kind| kind == name).unwrap();
    assert!(place("AccessRequestSubmitted") < place("AccessRequestApproved"));
    assert!(place("AccessRequestApproved") < place("AccessProvisioned"));
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{} holds the key", path.display());
    }
    world.stack.stop().await;
}

#[tokio::test]
async fn a_function_can_be_held_back() {
    let world = World::start(options()).await;
    let client = &world.client;
    let paused: Value = client.post("/_local/functions/auto-approve/pause").await.json().await.unwrap();
    assert_eq!(paused, json!({ "name": "auto-approve", "paused": true }));
    let ada = client.token("user=ada").await;
    let id = client.submit(&ada, "public-apis", "weather-api", "free").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let request = client.request_once(&ada, &id, |_| true).await;
    assert_eq!(request["status"], "pending");
    assert_eq!(client.post("/_local/functions/AutoApprove/resume").await.status(), 200, "by its logical id");
    client.request_once(&ada, &id, is_provisioned).await;
    for name in ["nobody", "api", "authorizer", "Health"] {
        assert_eq!(client.post(&format!("/_local/functions/{name}/pause")).await.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn a_step_whose_rule_is_gone_does_not_happen() {
    let dir = tempfile::tempdir().unwrap();
    let template = changed_template(dir.path(), "detail-type: [AccessRequestApproved", "detail-type: [Never");
    let world = World::start(Options { template, ..options() }).await;
    let ada = world.client.token("user=ada").await;
    let id = world.client.submit(&ada, "public-apis", "weather-api", "free").await;
    world.client.request_once(&ada, &id, |request| request["status"] == "approved").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let request = world.client.request_once(&ada, &id, |_| true).await;
    assert_eq!(request["provisioning"]["status"], "queued");
}

#[tokio::test]
async fn what_is_under_way_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options { data: Data::Directory(dir.path().join("data")), ..options() };
    let world = World::start(options()).await;
    let second = Stack::start(options()).await;
    assert!(matches!(second, Err(StartError::Journal { .. })), "one stack at a time");
    for name in ["relay", "notify"] {
        assert_eq!(world.client.post(&format!("/_local/functions/{name}/pause")).await.status(), 200);
    }
    let ada = world.client.token("user=ada").await;
    let id = world.client.submit(&ada, "public-apis", "weather-api", "free").await;
    world.client.post("/_local/clock?advance=PT1H").await;
    world.stack.stop().await;

    let world = World::start(options()).await;
    let ada = world.client.token("user=ada").await;
    world.client.request_once(&ada, &id, is_provisioned).await;
    let mails = world.client.items_once("/_local/mail", 1).await;
    assert_eq!(mails[0]["template"], "approve");
    world.stack.stop().await;
}

#[tokio::test]
async fn the_clock_can_be_advanced() {
    let world = World::start(options()).await;
    let ada = world.client.token("user=ada").await;
    for (bad, said) in [
        ("", "PT48H"),
        ("?advance=", "PT48H"),
        ("?advance=soon", "PT48H"),
        ("?advance=P1M", "PT48H"),
        ("?advance=PT1H&advance=PT2H", "advance"),
        ("?advance=-PT1H", "only moves ahead"),
        ("?advance=PT99999999H", "at most 100 years"),
    ] {
        let answer = world.client.post(&format!("/_local/clock{bad}")).await;
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status == 400 && body.contains(said), "{bad}: {status} {body}");
    }
    let answer: Value = world.client.post("/_local/clock?advance=PT48H").await.json().await.unwrap();
    assert_eq!(answer["schedules"][0]["outcome"], "succeeded", "{answer}");
    let token = world.client.request(Method::GET, "/v1/me").bearer_auth(&ada).send().await.unwrap();
    assert_eq!(token.status(), 401, "its hour is over");
    let ada = world.client.token("user=ada").await;
    let id = world.client.submit(&ada, "public-apis", "weather-api", "free").await;
    let request = world.client.request_once(&ada, &id, is_provisioned).await;
    let time = |text: &Value| text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time(&request["created_at"]) >= time(&answer["now"]), "{request} {answer}");
}

/// A month and more: what falls due in it takes as long as it takes.
#[tokio::test]
async fn a_leap_of_the_clock_answers_and_says_how_schedules_ran() {
    let world = World::start(options()).await;
    let answer = world.client.post("/_local/clock?advance=PT700H").await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    let outcomes = ["succeeded", "failed", "still_running"];
    let schedules = answer["schedules"].as_array().unwrap();
    assert!(!schedules.is_empty());
    for schedule in schedules {
        assert!(outcomes.contains(&schedule["outcome"].as_str().unwrap()), "{schedule}");
    }
    world.client.post("/_local/functions/expire/pause").await;
    let answer: Value = world.client.post("/_local/clock?advance=PT2M").await.json().await.unwrap();
    assert_eq!(answer["schedules"][0]["outcome"], "held_back", "{answer}");
}

#[tokio::test]
async fn an_event_can_be_put_on_the_bus_again() {
    let world = World::start(options()).await;
    let put = async |body: Value| {
        let answer = world.client.request(Method::POST, "/_local/events").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let entry = json!({ "Source": "test", "DetailType": "Replayed", "Detail": "{\"n\":1}" });
    let (status, answer) = put(entry.clone()).await;
    assert_eq!(status, 200, "{answer}");
    let events = world.client.items("/_local/events").await;
    let event = events.iter().find(|event| event["detail-type"] == "Replayed").unwrap();
    assert_eq!((&event["id"], &event["detail"]), (&answer["EventId"], &json!({ "n": 1 })));
    for (member, value, said) in [
        ("Detail", json!("[]"), "MalformedDetail"),
        ("Source", json!(""), "InvalidArgument"),
        ("Source", json!("aws.ec2"), "NotAuthorizedForSourceException"),
        ("DetailType", json!("x".repeat(129)), "InvalidArgument"),
        ("EventBusName", json!("elsewhere"), "ResourceNotFoundException"),
        ("Detail", json!(1), "PutEvents"),
    ] {
        let mut entry = entry.clone();
        entry[member] = value;
        let (status, answer) = put(entry).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains(said), "{answer}");
    }
}

#[tokio::test]
async fn without_a_sender_there_is_no_mail() {
    let world = World::start(Options { mail_sender: None, ..options() }).await;
    let ada = world.client.token("user=ada").await;
    let id = world.client.submit(&ada, "public-apis", "weather-api", "free").await;
    world.client.request_once(&ada, &id, is_provisioned).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(world.client.items("/_local/mail").await.is_empty());
    assert!(world.client.items("/_local/dead-letters").await.is_empty());
}
