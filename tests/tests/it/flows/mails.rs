//! Mail: switched off, worded by owners, muted.

use reqwest::Method;
use serde_json::{Value, json};

use super::history;
use crate::stack::{Setup, Stack, send, string};

/// R36: without the mail service all of it works, and the record says that nothing was sent.
#[tokio::test]
async fn without_a_sender_everything_works_and_no_mail_is_sent() {
    let stack = Setup::default().with("GATEPASS_MAIL_SENDER", "").start().await;
    let (ada, grace, owen) = (stack.person("ada").await, stack.person("grace").await, stack.person("owen").await);

    let id = string(&ada.submit("public-apis", &["weather-api"], "free", "Silent").await["id"]);
    let request = ada.until_provisioning(&id, "provisioned").await;
    let key = ada.reveal(&request).await;
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
    ada.until_mail(&id, "approve", "not_configured").await;

    let id = string(&grace.submit("partner-apis", &["fleet-api"], "gold", "Silent too").await["id"]);
    grace.until_mail(&id, "submitted", "not_configured").await;
    owen.approve(&id).await.expect(200);
    grace.until_provisioning(&id, "provisioned").await;
    grace.until_mail(&id, "approve", "not_configured").await;

    let id = string(&grace.submit("public-apis", &["maps-api"], "gold", "Silent three").await["id"]);
    let body = json!({ "reason": "not now" });
    owen.post(&format!("/v1/admin/access-requests/{id}/reject"), body).await.expect(200);
    let request = grace.until_mail(&id, "reject", "not_configured").await;
    assert_eq!(history(&request), ["AccessRequestSubmitted", "AccessRequestRejected"]);

    assert_eq!(stack.mails().await, Vec::<Value>::new());
    assert_eq!(stack.get("/_local/dead-letters").await.items(), Vec::<Value>::new());
}

/// R39, R42: subjects are configurable; R38, R41: the templates stay `approve` and `reject`.
#[tokio::test]
async fn subjects_are_the_owners_own() {
    let stack = Stack::new().await;
    let (ada, grace, owen) = (stack.person("ada").await, stack.person("grace").await, stack.person("owen").await);
    let settings = |subjects: Value| json!({ "mail_subjects": subjects, "muted_mails": ["submitted"] });
    let put = async |body: Value| {
        let call = owen.call(Method::PUT, "/v1/admin/settings").header("if-match", "*").json(&body);
        send(format!("PUT settings {body}"), call).await
    };
    let broken = put(settings(json!({ "approve": "{{ products" }))).await.problem(400, "invalid-body");
    assert_eq!(broken.text("/errors/0/pointer"), "/mail_subjects/approve");
    let subjects = json!({
        "approve": "Welcome to {{ products }}, {{ requester }}",
        "reject": "No {{ products }} under {{ plan }}",
    });
    put(settings(subjects)).await.expect(200);

    let id = string(&ada.submit("public-apis", &["weather-api", "maps-api"], "free", "Worded").await["id"]);
    ada.until_mail(&id, "approve", "sent").await;
    let mails = stack.mails_of("approve").await;
    assert_eq!(mails[0]["subject"], "Welcome to Weather API and Maps API, Ada", "R39");

    let id = string(&grace.submit("partner-apis", &["fleet-api"], "gold", "Worded").await["id"]);
    grace.until_mail(&id, "submitted", "muted").await;
    let body = json!({ "reason": "not now" });
    owen.post(&format!("/v1/admin/access-requests/{id}/reject"), body).await.expect(200);
    grace.until_mail(&id, "reject", "sent").await;
    let mails = stack.mails_of("reject").await;
    assert_eq!(mails[0]["subject"], "No Fleet API under Gold", "R42");
    assert_eq!(stack.mails_of("submitted").await, Vec::<Value>::new(), "muted");
}
