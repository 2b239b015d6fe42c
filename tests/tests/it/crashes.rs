//! SIGKILL at the worst moments: a backend has done what it was asked, and nobody has heard of it. After
//! a restart every request completes, once, and nothing on disk or in a log holds a key in clear.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stack::{Answer, Person, Setup, Stack, string, until};

/// More of a kind of call than the two requests below make.
const FAR_MORE: u32 = 40;

/// A call to a stack that may be gone, or go before it answers.
async fn attempt(stack: &Stack, user: &str, path: &str, body: Value, key: &str) -> Option<Answer> {
    stack.try_person(user).await?.post_keyed(path, body, key).await.ok()
}

fn automatic() -> Value {
    json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free",
        "new_app": { "name": "Survivor" },
    })
}

fn manual() -> Value {
    json!({
        "catalogue_id": "partner-apis", "product_ids": ["fleet-api"], "plan_id": "gold",
        "new_app": { "name": "Refused" },
    })
}

const REASON: &str = "Not before the audit.";

/// One automatic request, then one that is rejected, as far as they get. One step is waited for before the
/// next begins, so that a mail is on its way only when its own step is cut short.
async fn use_it(stack: &mut Stack) -> Option<()> {
    let filed = attempt(stack, "ada", "/v1/access-requests", automatic(), "ada-1").await?.expect(201);
    come_to(stack, "ada", &filed.text("/id"), "approve").await?;
    let filed = attempt(stack, "grace", "/v1/access-requests", manual(), "grace-1").await?.expect(201);
    let id = filed.text("/id");
    come_to(stack, "grace", &id, "submitted").await?;
    let path = format!("/v1/admin/access-requests/{id}/reject");
    attempt(stack, "olga", &path, json!({ "reason": REASON }), "olga-1").await?.expect(200);
    come_to(stack, "grace", &id, "reject").await
}

/// Waits until the mail `template` about the request is settled; `None` when the stack ends before.
async fn come_to(stack: &mut Stack, user: &str, id: &str, template: &str) -> Option<()> {
    until(&format!("{template} is sent, or the stack ends"), async || {
        if stack.has_ended() {
            return Some(None);
        }
        let request = stack.try_person(user).await?.try_get(&format!("/v1/access-requests/{id}")).await?;
        (status_of(&request.body, template) == Some("sent")).then_some(Some(()))
    })
    .await
}

/// The record of the mail `template` about a request.
fn status_of<'a>(request: &'a Value, template: &str) -> Option<&'a str> {
    let mails = request["mails"].as_array().expect("a request has mails");
    mails.iter().find(|mail| mail["template"] == template)?["status"].as_str()
}

/// Has the demo catalogue loaded and published: a fault point counts from the start, and is meant for
/// what comes after.
async fn settles_in(directory: &Path) {
    let stack = Setup::default().keeping(directory).start().await;
    until("the demo catalogue is published", async || {
        (stack.events("CatalogueCreated").await.len() == 2).then_some(())
    })
    .await;
    stack.stop().await;
}

/// Runs the two requests with a fault point; gives whether the process died at it.
async fn dies(directory: &Path, point: &str) -> bool {
    settles_in(directory).await;
    let mut stack = Setup::default().keeping(directory).with("GATEPASS_CRASH_AFTER", point).start().await;
    if use_it(&mut stack).await.is_some() {
        stack.stop().await;
        return false;
    }
    until("the stack has ended", async || stack.has_ended().then_some(())).await;
    assert!(stack.was_killed(), "{point}: the process ended by itself:\n{}", stack.output());
    true
}

/// Starts again, and holds the outcome against what was asked for.
async fn recovers(directory: &Path, point: &str) {
    let stack = Setup::default().keeping(directory).start().await;
    let (ada, grace, olga) = (stack.person("ada").await, stack.person("grace").await, stack.person("olga").await);
    // Whoever got no answer asks again, with the same key, and gets the one request.
    let granted = ada.post_keyed("/v1/access-requests", automatic(), "ada-1").await.unwrap().expect(201).text("/id");
    let refused = grace.post_keyed("/v1/access-requests", manual(), "grace-1").await.unwrap().expect(201).text("/id");
    // Approvers are not asked to decide on a request that was decided meanwhile: their mail comes first.
    settled(&stack, &grace, &refused, "submitted").await;
    let path = format!("/v1/admin/access-requests/{refused}/reject");
    olga.post_keyed(&path, json!({ "reason": REASON }), "olga-1").await.unwrap().expect(200);

    let request = ada.until_provisioning(&granted, "provisioned").await;
    settled(&stack, &ada, &granted, "approve").await;
    settled(&stack, &grace, &refused, "reject").await;

    // One of each, and no gap in the trail.
    let expected = ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"];
    assert_eq!(types(&request), expected, "{point}");
    assert_eq!(ada.get("/v1/access-requests").await.expect(200).items().len(), 1, "{point}");
    assert_eq!(ada.get("/v1/apps").await.expect(200).items().len(), 1, "{point}");
    assert_eq!(ada.credentials(&string(&request["app"]["id"])).await.len(), 1, "{point}");
    let other = grace.request(&refused).await;
    assert_eq!(types(&other), ["AccessRequestSubmitted", "AccessRequestRejected"], "{point}");
    assert_eq!(grace.get("/v1/access-requests").await.expect(200).items().len(), 1, "{point}");
    assert_eq!(grace.credentials(&string(&other["app"]["id"])).await.len(), 0, "{point}");
    for event_type in expected {
        until("it is published", async || {
            let events = stack.events(event_type).await;
            let about = events.iter().filter(|event| event["detail"]["data"]["request_id"] == granted.as_str());
            (about.count() == 1).then_some(())
        })
        .await;
    }
    for template in ["approve", "submitted", "reject"] {
        let mails = stack.mails_of(template).await.len();
        let most = if point.starts_with("mail") { 2 } else { 1 };
        assert!((1..=most).contains(&mails), "{point}: {mails} mails {template}");
    }
    assert_eq!(stack.get("/_local/dead-letters").await.items(), Vec::<Value>::new(), "{point}");

    let key = ada.reveal(&request).await;
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200, "{point}");
    let output = stack.output();
    drop(stack);
    assert!(!output.contains(&key), "{point}: a log holds the key");
    let credential = string(&request["credential_id"]);
    assert!(holds(directory, credential.as_bytes()), "{point}: what is on record is found by this search");
    assert!(!holds(directory, key.as_bytes()), "{point}: the data directory holds the key");
}

/// Waits until a mail is settled. One that was on its way when the process died is waited for, by the
/// stack's clock, before it is sent again.
async fn settled(stack: &Stack, person: &Person<'_>, id: &str, template: &str) {
    until(&format!("{template} is sent"), async || {
        let request = person.request(id).await;
        match status_of(&request, template) {
            Some("sent") => Some(()),
            Some("sending") => {
                stack.advance("PT15S").await;
                None
            }
            _ => None,
        }
    })
    .await;
}

fn types(request: &Value) -> Vec<String> {
    request["history"].as_array().unwrap().iter().map(|entry| string(&entry["type"])).collect()
}

/// True when a file below `directory` holds `bytes`.
fn holds(directory: &Path, bytes: &[u8]) -> bool {
    let mut seen = 0;
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            seen += 1;
            if std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
                return true;
            }
        }
    }
    assert!(seen > 0, "there are files to be searched");
    false
}

/// Dies after the first, second, … call of a kind until no such call is left.
async fn survives_every(kind: &str, at_least: u32) {
    for nth in 1..FAR_MORE {
        let directory = TempDir::new().unwrap();
        let point = format!("{kind}:{nth}");
        let died = dies(directory.path(), &point).await;
        recovers(directory.path(), &point).await;
        if !died {
            assert!(nth > at_least, "only {} calls of {kind} were made", nth - 1);
            return;
        }
    }
    panic!("there are more calls of {kind} than expected");
}

/// R2, R6: submit, approve, provision, submit, reject.
#[tokio::test]
async fn it_survives_every_commit() {
    survives_every("commit", 5).await;
}

/// R2, R6: the relay's calls, several events at once or one by one.
#[tokio::test]
async fn it_survives_every_put_events() {
    survives_every("put-events", 4).await;
}

/// R22, R28, R35: a mail is sent; twice, if the process dies between sending and writing that down.
#[tokio::test]
async fn it_survives_every_mail() {
    survives_every("mail", 3).await;
}
