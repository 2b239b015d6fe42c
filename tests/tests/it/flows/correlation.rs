//! One id from the HTTP call to the mail.

use crate::stack::{Setup, string};

/// What each function logs of its part, in the order of the parts. The relay's is there for every event.
const PARTS: [&str; 6] = [
    "answered",
    "published",
    "policy carried out",
    "provisioning attempted",
    "Amazon SES took a mail",
    "mail attended to",
];

/// What is told of it as metrics.
const METRICS: [&str; 5] =
    ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned", "TimeToProvision", "MailsSent"];

#[tokio::test]
async fn one_id_leads_from_the_http_call_to_the_mail() {
    let log = "info,dynoxide=error,gatepass_local=debug";
    let stack = Setup::default().with("GATEPASS_LOG", log).start().await;
    let ada = stack.person("ada").await;
    let answer = ada.ask("public-apis", &["weather-api"], "free", "Storm warnings").await.expect(201);
    let id = answer.headers["apigw-requestid"].to_str().expect("a text").to_owned();
    let request = ada.until_mail(&answer.text("/id"), "approve", "sent").await;

    for event_type in ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"] {
        let events = stack.events(event_type).await;
        assert_eq!(events.len(), 1, "{event_type}");
        assert_eq!(events[0]["detail"]["metadata"]["correlation_id"], id, "{event_type}");
    }
    let output = stack.output();
    let with_it: Vec<_> = output.lines().filter(|line| line.contains(&id)).collect();
    for what in PARTS.iter().chain(&METRICS) {
        assert!(with_it.iter().any(|line| line.contains(what)), "no line with {id} says `{what}`: {with_it:#?}");
    }

    // Nothing secret or personal is among what is searched.
    let key = ada.reveal(&request).await;
    let output = stack.output();
    for hidden in [key.as_str(), "ada@example.com"] {
        let found = output.lines().find(|line| line.contains(hidden));
        assert_eq!(found, None, "{hidden} is logged");
    }
    let other = stack.events("AppCreated").await;
    assert_eq!(string(&other[0]["detail"]["metadata"]["correlation_id"]), id, "the app came with the same call");
}
