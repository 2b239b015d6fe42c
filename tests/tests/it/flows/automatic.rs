//! A plan that approves by itself.

use serde_json::json;

use super::history;
use crate::stack::{Stack, string};

/// R1 (a formal request for products and one plan), R2 (starts the granting), R4, R5 (names products,
/// plan and app), R6 (auditable), R7, R29, R33 (the plan decides: at once), R18, R26 (credential in the
/// app), R28, R35, R37, R38, R40 (one `approve` mail with what was approved), R34 (a record stands).
#[tokio::test]
async fn free_is_granted_at_once() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;

    let answer = ada.ask("public-apis", &["weather-api"], "free", "Storm warnings").await.expect(201);
    let id = answer.text("/id");
    assert_eq!(answer.headers["location"], format!("/v1/access-requests/{id}"));
    assert_eq!(answer.body["product_ids"], json!(["weather-api"]));
    assert_eq!(answer.body["plan_id"], "free");
    assert_eq!(answer.body["app"]["name"], "Storm warnings");
    assert_eq!(answer.body["policy"]["review"], "automatic");

    let request = ada.until_provisioning(&id, "provisioned").await;
    assert_eq!(request["status"], "approved");
    assert_eq!(history(&request), ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]);

    let app = string(&request["app"]["id"]);
    let credentials = ada.credentials(&app).await;
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0]["id"], request["credential_id"]);
    assert_eq!(credentials[0]["status"], "active");
    let key = ada.reveal(&request).await;
    assert!(key.starts_with("gp_"), "a key of Gatepass");
    assert!(!credentials[0].to_string().contains(&key), "a list shows no key");

    assert_eq!(stack.sample("weather-api", None).await, 401);
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
    assert_eq!(stack.sample("maps-api", Some(&key)).await, 403);
    assert_eq!(stack.sample("weather-api", Some("gp_wrong")).await, 403);

    let request = ada.until_mail(&id, "approve", "sent").await;
    assert_eq!(request["mails"].as_array().unwrap().len(), 1, "nothing else was due: {:#}", request["mails"]);
    let mails = stack.mails().await;
    assert_eq!(mails.len(), 1, "one mail, and none to owners: {mails:#?}");
    assert_eq!(mails[0]["to"], json!(["ada@example.com"]));
    assert_eq!(mails[0]["template"], "approve");
    assert_eq!(mails[0]["subject"], "You have access to Weather API");
    for body in ["text", "html"] {
        let body = string(&mails[0][body]);
        for detail in ["Storm warnings", "Weather API", "Free", "25 requests per second", "30 days"] {
            assert!(body.contains(detail), "the mail does not mention {detail}: {body}");
        }
        assert!(!body.contains(&key), "a mail holds no key");
    }

    let owen = stack.person("owen").await;
    let listed = owen.get("/v1/admin/access-requests?status=approved").await.expect(200).items();
    assert_eq!(listed.len(), 1, "R34");
    assert_eq!(listed[0]["id"], id.as_str());
    let seen = owen.get(&format!("/v1/admin/access-requests/{id}")).await.expect(200);
    assert_eq!(seen.body["decided_by"]["kind"], "policy");
    for (who, path) in [(&ada, "/v1/access-requests"), (&owen, "/v1/admin/access-requests")] {
        let newest = who.get(&format!("{path}/{id}?limit=2")).await.expect(200).body;
        let cursor = string(&newest["next_cursor"]);
        let older = who.get(&format!("{path}/{id}?limit=2&cursor={cursor}")).await.expect(200).body;
        assert_eq!([history(&older), history(&newest)].concat(), history(&seen.body));
    }

    for event_type in ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"] {
        let events = stack.events(event_type).await;
        assert_eq!(events.len(), 1, "{event_type}");
        assert_eq!(events[0]["source"], "gatepass");
        let text = events[0].to_string();
        assert!(!text.contains("@example.com") && !text.contains(&key), "events are thin: {text}");
    }
    assert!(!stack.output().contains(&key), "no log holds the key");
    assert_eq!(stack.get("/_local/dead-letters").await.items(), Vec::<serde_json::Value>::new());
}

/// R3, R8: what can be asked for stands in the catalogues that are presented to the caller.
// Covers R10.
#[tokio::test]
async fn the_request_begins_in_a_catalogue() {
    let stack = Stack::new().await;
    for (user, expected) in [("ada", vec!["public-apis"]), ("grace", vec!["partner-apis", "public-apis"])] {
        let person = stack.person(user).await;
        let catalogues = person.get("/v1/catalogues").await.expect(200).items();
        let ids: Vec<_> = catalogues.iter().map(|catalogue| string(&catalogue["id"])).collect();
        assert_eq!(ids, expected, "{user}");
    }
    let (ada, grace) = (stack.person("ada").await, stack.person("grace").await);
    ada.get("/v1/catalogues/partner-apis").await.problem(404, "not-found");
    ada.get("/v1/products/fleet-api").await.problem(404, "not-found");
    let product = grace.get("/v1/products/fleet-api").await.expect(200).body;
    let plans: Vec<_> = product["plans"].as_array().unwrap().iter().map(|plan| string(&plan["id"])).collect();
    assert_eq!(plans, ["free", "gold"]);
    let catalogue = ada.get("/v1/catalogues/public-apis").await.expect(200).body;
    assert_eq!(catalogue["id"], "public-apis");
}
