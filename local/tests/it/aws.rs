//! The local AWS endpoint, through the SDK's own clients.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use gatepass_local::{DynamoDb, Options, Stack};
use serde_json::json;

use crate::world::{World, options};

/// The port answers to whoever knows the secret of this run: behind it are all data, and the key that opens them.
#[tokio::test]
async fn only_this_run_s_secret_opens_the_aws_endpoint() {
    let (world, other) = (World::start(options()).await, World::start(options()).await);
    for secret in ["test", "", other.stack.aws_secret()] {
        let config = signing_with(&world.stack, secret);
        let refused = aws_sdk_dynamodb::Client::new(&config).list_tables().send().await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidSignatureException"), "{secret}");
        let sealed = aws_sdk_kms::Client::new(&config).encrypt().key_id("alias/any").plaintext(Blob::new("secret"));
        assert_eq!(sealed.send().await.unwrap_err().code(), Some("InvalidSignatureException"));
        let mails = aws_sdk_sesv2::Client::new(&config).send_email().content(EmailContent::builder().build());
        assert_eq!(mails.send().await.unwrap_err().code(), Some("InvalidSignatureException"));
    }
    let tables = aws_sdk_dynamodb::Client::new(&config(&world.stack)).list_tables().send().await.unwrap();
    assert!(!tables.table_names().is_empty());
}

/// The origin and the host that a web page can send: its own site, or a name of its own that leads here.
#[tokio::test]
async fn web_pages_cannot_use_the_aws_endpoint() {
    let world = World::start(options()).await;
    let address = world.stack.aws_address();
    let send = |name: &'static str, value: String| {
        let call = world.client.http.post(format!("http://{address}/")).header("x-amz-target", "TrentService.Decrypt");
        call.header(name, value).send()
    };
    for (name, value) in [
        ("origin", "https://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("host", format!("evil.example:{}", address.port())),
        ("host", "127.0.0.1".to_owned()),
    ] {
        let answer = send(name, value.clone()).await.unwrap();
        assert_eq!(answer.status(), 403, "{name}: {value}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{name}: {value}");
    }
    let preflight = world.client.http.request(reqwest::Method::OPTIONS, format!("http://{address}/"));
    let answer = preflight.header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("access-control-allow-origin")), (403, None));
}

fn config(stack: &Stack) -> SdkConfig {
    signing_with(stack, stack.aws_secret())
}

fn signing_with(stack: &Stack, secret: &str) -> SdkConfig {
    let credentials = Credentials::new("test", secret, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{}", stack.aws_address()))
        .build()
}

fn entry(bus: &str, detail: &str) -> PutEventsRequestEntry {
    let entry = PutEventsRequestEntry::builder().event_bus_name(bus).source("test").detail_type("Tested");
    entry.detail(detail).build()
}

#[tokio::test]
async fn events_are_published_each_for_itself() {
    // With another DynamoDB the bus would have a name that is made up.
    let world = World::start(Options { dynamodb: DynamoDb::Embedded, ..options() }).await;
    let client = aws_sdk_eventbridge::Client::new(&config(&world.stack));
    let before = world.client.items("/_local/events").await.len();
    let huge = format!("{{\"text\":\"{}\"}}", "x".repeat(256 * 1024));
    let call = client
        .put_events()
        .entries(entry("gatepass-local", r#"{"n":1}"#))
        .entries(entry("gatepass-local", "[]"))
        .entries(entry("gatepass-local", &huge))
        .entries(entry("elsewhere", "{}"));
    let answer = call.send().await.unwrap();
    let codes: Vec<_> = answer.entries().iter().map(|entry| entry.error_code()).collect();
    assert_eq!(codes, [None, Some("MalformedDetail"), Some("InvalidArgument"), Some("ResourceNotFoundException")]);
    assert_eq!(answer.failed_entry_count(), 3);
    let events = world.client.items("/_local/events").await;
    let event = events.iter().skip(before).find(|event| event["source"] == "test").unwrap();
    assert_eq!(event["id"].as_str(), answer.entries()[0].event_id());
    assert_eq!(
        (&event["version"], &event["detail-type"], &event["detail"]),
        (&json!("0"), &json!("Tested"), &json!({"n": 1}))
    );
    for name in ["account", "time", "region", "resources"] {
        assert!(event.get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn mails_are_kept() {
    let world = World::start(options()).await;
    let client = aws_sdk_sesv2::Client::new(&config(&world.stack));
    let text = |data: &str| Content::builder().data(data).build().unwrap();
    let body = Body::builder().text(text("plain")).html(text("<p>rich")).build();
    let message = Message::builder().subject(text("Hello")).body(body).build();
    let mail = |to: &str| {
        client
            .send_email()
            .from_email_address("no-reply@example.com")
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message.clone()).build())
            .email_tags(MessageTag::builder().name("template").value("approve").build().unwrap())
    };
    assert!(mail("ada@example.com").send().await.unwrap().message_id().is_some());
    let refused = mail("nobody").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("BadRequestException"));
    let mails = world.client.items("/_local/mail").await;
    assert_eq!(mails.len(), 1);
    let mut mail = mails[0].clone();
    assert!(mail.as_object_mut().unwrap().remove("sent_at").is_some());
    assert_eq!(
        mail,
        json!({ "to": ["ada@example.com"], "subject": "Hello", "text": "plain", "html": "<p>rich", "template": "approve" })
    );
}

#[tokio::test]
async fn secrets_open_under_their_context_alone() {
    let world = World::start(options()).await;
    let client = aws_sdk_kms::Client::new(&config(&world.stack));
    let sealed = client.encrypt().key_id("alias/any").plaintext(Blob::new("secret")).encryption_context("id", "1");
    let blob = sealed.send().await.unwrap().ciphertext_blob.unwrap();
    assert!(!blob.as_ref().windows(6).any(|window| window == b"secret"));
    let open =
        |id: &str| client.decrypt().key_id("alias/any").ciphertext_blob(blob.clone()).encryption_context("id", id);
    let opened = open("1").send().await.unwrap();
    assert_eq!(opened.plaintext.unwrap().as_ref(), b"secret");
    let refused = open("2").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidCiphertextException"));
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let world = World::start(options()).await;
    let client = aws_sdk_kms::Client::new(&config(&world.stack));
    let refused = client.list_keys().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("UnknownOperationException"));
}
