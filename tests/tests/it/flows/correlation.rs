//! One id from the HTTP call to the mail.

use crate::stack::{Stack, string, until};

/// The log lines of each function, in the order of the parts. The relay's is there for every event.
const PARTS: [&str; 6] = [
    "answered",
    "relayed",
    "policy carried out",
    "provisioning attempted",
    "Amazon SES took a mail",
    "mail attended to",
];

#[tokio::test]
async fn one_id_leads_from_the_http_call_to_the_mail() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;
    let answer = ada.ask("public-apis", &["weather-api"], "free", "Storm warnings").await.expect(201);
    let id = answer.headers["apigw-requestid"].to_str().expect("a text").to_owned();
    let request = ada.until_mail(&answer.text("/id"), "approve", "sent").await;

    for event_type in ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"] {
        let events = stack.events(event_type).await;
        assert_eq!(events.len(), 1, "{event_type}");
        assert_eq!(events[0]["detail"]["metadata"]["correlation_id"], id, "{event_type}");
    }
    for what in PARTS {
        let logged = async || {
            let output = stack.output();
            output.lines().any(|line| line.contains(&id) && line.contains(what)).then_some(())
        };
        until(&format!("a line of the log with {id} says `{what}`"), logged).await;
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
