//! The real SDK client against a small endpoint on loopback that answers as SES does.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Config, Credentials, Region};
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use gatepass_domain::settings::MailKind;
use gatepass_mail::{Rendered, render, sample};
use gatepass_ses::{Mailer, SendError};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The endpoint's answer to every mail.
#[derive(Clone)]
enum Answer {
    Taken,
    Error {
        status: u16,
        code: &'static str,
    },
    Garbage,
    Silence,
    /// Takes so many mails, then throttles.
    TakenAtFirst(usize),
}

#[derive(Clone)]
struct Endpoint {
    answer: Answer,
    received: Arc<Mutex<Vec<Value>>>,
}

async fn send_email(State(endpoint): State<Endpoint>, Json(mail): Json<Value>) -> Response {
    let count = {
        let mut received = endpoint.received.lock().unwrap();
        received.push(mail);
        received.len()
    };
    let taken = || Json(json!({"MessageId": "0100018f"})).into_response();
    let error = |status: u16, code: &str| {
        // SES names addresses in its messages.
        let body = Json(json!({"message": "Email address is not verified: ada@example.com"}));
        (StatusCode::from_u16(status).unwrap(), [("x-amzn-errortype", code.to_owned())], body).into_response()
    };
    match endpoint.answer {
        Answer::Taken => taken(),
        Answer::TakenAtFirst(some) if count <= some => taken(),
        Answer::TakenAtFirst(_) => error(429, "TooManyRequestsException"),
        Answer::Error { status, code } => error(status, code),
        Answer::Garbage => (StatusCode::OK, "<html>").into_response(),
        Answer::Silence => std::future::pending().await,
    }
}

/// A mailer whose SES gives `answer`, and what that SES receives.
async fn mailer(answer: Answer) -> (Mailer, Arc<Mutex<Vec<Value>>>) {
    let endpoint = Endpoint { answer, received: Arc::default() };
    let received = Arc::clone(&endpoint.received);
    let router = Router::new().route("/v2/email/outbound-emails", post(send_email)).with_state(endpoint);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (mailer_at(&format!("http://{address}")), received)
}

fn mailer_at(endpoint: &str) -> Mailer {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build())
        .build();
    Mailer::new(Client::from_conf(config), "Gatepass <gatepass@example.com>".into())
}

fn approve() -> Rendered {
    render(MailKind::Approve, &sample(MailKind::Approve), Some("Grüße, {{ requester }}")).unwrap()
}

fn recipients(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("owner-{number}@example.com")).collect()
}

#[tokio::test]
async fn a_mail_reaches_ses_whole() {
    let (mailer, received) = mailer(Answer::Taken).await;
    let mail = approve();
    let to = ["ada@example.com".to_owned()];
    mailer.send(&to, MailKind::Approve, &mail, "Root=1-67891233-abc").await.unwrap();
    let utf8 = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    assert_eq!(
        *received.lock().unwrap(),
        [json!({
            "FromEmailAddress": "Gatepass <gatepass@example.com>",
            "Destination": {"ToAddresses": ["ada@example.com"]},
            "Content": {"Simple": {
                "Subject": utf8("Grüße, Ada"),
                "Body": {"Text": utf8(&mail.text), "Html": utf8(&mail.html)},
            }},
            "EmailTags": [
                {"Name": "template", "Value": "approve"},
                {"Name": "correlation_id", "Value": "Root-1-67891233-abc"},
            ],
        })]
    );
}

#[tokio::test]
async fn an_empty_correlation_id_makes_no_tag() {
    let (mailer, received) = mailer(Answer::Taken).await;
    mailer.send(&recipients(1), MailKind::ProvisioningFailed, &approve(), "").await.unwrap();
    assert_eq!(received.lock().unwrap()[0]["EmailTags"], json!([{"Name": "template", "Value": "provisioning-failed"}]));
}

// Covers R22.
#[tokio::test]
async fn all_owners_are_told_in_as_few_messages_as_ses_allows() {
    for (owners, messages) in [(1, vec![1]), (50, vec![50]), (51, vec![50, 1]), (120, vec![50, 50, 20])] {
        let (mailer, received) = mailer(Answer::Taken).await;
        mailer.send(&recipients(owners), MailKind::Submitted, &approve(), "c").await.unwrap();
        let received = received.lock().unwrap();
        let to: Vec<_> = received.iter().map(|mail| mail["Destination"]["ToAddresses"].as_array().unwrap()).collect();
        assert_eq!(to.iter().map(|to| to.len()).collect::<Vec<_>>(), messages);
        assert_eq!(to.into_iter().flatten().cloned().collect::<Vec<_>>(), recipients(owners));
    }
}

#[tokio::test]
async fn a_mail_that_reached_only_some_is_not_called_sent() {
    let (mailer, received) = mailer(Answer::TakenAtFirst(1)).await;
    let error = mailer.send(&recipients(60), MailKind::Submitted, &approve(), "c").await.unwrap_err();
    assert!(matches!(&error, SendError::Unavailable(code) if code.as_str() == "TooManyRequestsException"), "{error:?}");
    assert_eq!(received.lock().unwrap().len(), 2);
}

#[rstest]
#[case(400, "MessageRejected")]
#[case(400, "MailFromDomainNotVerifiedException")]
#[case(400, "BadRequestException")]
#[case(404, "NotFoundException")]
#[tokio::test]
async fn a_mail_that_ses_will_never_take_is_refused(#[case] status: u16, #[case] code: &'static str) {
    let (mailer, _) = mailer(Answer::Error { status, code }).await;
    let error = mailer.send(&recipients(1), MailKind::Approve, &approve(), "c").await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(refused) if refused.as_str() == code), "{error:?}");
    assert!(!format!("{error} {error:?}").contains('@'), "{error:?}");
}

#[rstest]
#[case::throttle(429, "TooManyRequestsException")]
#[case::throttle_of_the_front_end(400, "ThrottlingException")]
#[case::quota(400, "LimitExceededException")]
#[case::paused(400, "SendingPausedException")]
#[case::suspended(400, "AccountSuspendedException")]
#[case::no_permission(403, "AccessDeniedException")]
#[case::old_credentials(403, "ExpiredTokenException")]
#[case::outage(500, "InternalFailure")]
#[case::outage(503, "ServiceUnavailable")]
#[tokio::test]
async fn anything_else_can_be_tried_again(#[case] status: u16, #[case] code: &'static str) {
    let (mailer, _) = mailer(Answer::Error { status, code }).await;
    let error = mailer.send(&recipients(1), MailKind::Approve, &approve(), "c").await.unwrap_err();
    assert!(matches!(&error, SendError::Unavailable(unavailable) if unavailable.as_str() == code), "{error:?}");
    assert!(!format!("{error} {error:?}").contains('@'), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_or_makes_no_sense_is_an_outage() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cases = [
        (mailer(Answer::Silence).await.0, "timeout"),
        (mailer(Answer::Garbage).await.0, "unreadable-answer"),
        (mailer_at(&format!("http://{nobody}")), "unreachable"),
    ];
    for (mailer, code) in cases {
        let error = mailer.send(&recipients(1), MailKind::Approve, &approve(), "c").await.unwrap_err();
        assert!(matches!(&error, SendError::Unavailable(outage) if outage.as_str() == code), "{code}: {error:?}");
    }
}

#[tokio::test]
async fn a_mail_to_nobody_is_refused_without_a_call() {
    let (mailer, received) = mailer(Answer::Taken).await;
    let error = mailer.send(&[], MailKind::Approve, &approve(), "c").await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(code) if code.as_str() == "no-recipient"), "{error:?}");
    assert!(received.lock().unwrap().is_empty());
}
