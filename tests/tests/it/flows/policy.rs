//! Plans that change between submit and decision.

use serde_json::{Value, json};

use super::history;
use crate::stack::{Stack, string, until};

/// R7, R29: what no longer holds is referred to the owners, who are told once.
#[tokio::test]
async fn a_plan_that_became_manual_refers_to_the_owners() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    stack.pause("auto-approve").await;
    let id = string(&ada.submit("public-apis", &["weather-api"], "free", "Late").await["id"]);
    owen.edit("/v1/admin/plans/free", |plan| plan["auto_approve"] = json!(false)).await;
    stack.resume("auto-approve").await;

    let request = ada.until_mail(&id, "submitted", "sent").await;
    assert_eq!(request["status"], "pending");
    assert_eq!(history(&request), ["AccessRequestSubmitted", "AccessRequestReferred"]);
    assert_eq!(request["policy"]["review"], "manual");
    let mails = stack.mails_of("submitted").await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["to"], json!(["weather-team@example.com"]));
    assert_eq!(stack.events("AccessRequestReferred").await.len(), 1);

    owen.approve(&id).await.expect(200);
    let request = ada.until_provisioning(&id, "provisioned").await;
    assert_eq!(request["decided_by"]["id"], "owen");
    ada.until_mail(&id, "approve", "sent").await;
    assert_eq!(stack.mails_of("submitted").await.len(), 1, "owners are told once");
}

/// The other direction: what was to be reviewed stays so.
// Covers R7.
#[tokio::test]
async fn a_plan_that_became_automatic_leaves_requests_to_the_owners() {
    let stack = Stack::new().await;
    let (grace, owen) = (stack.person("grace").await, stack.person("owen").await);
    stack.pause("relay").await;
    let id = string(&grace.submit("partner-apis", &["fleet-api"], "gold", "Early").await["id"]);
    owen.edit("/v1/admin/plans/gold", |plan| plan["auto_approve"] = json!(true)).await;
    stack.resume("relay").await;
    let request = grace.until_mail(&id, "submitted", "sent").await;
    assert_eq!((&request["status"], history(&request)), (&json!("pending"), vec!["AccessRequestSubmitted"]));
    // A request after the change is automatic, and its coming through shows that the first was passed over.
    let second = string(&grace.submit("public-apis", &["maps-api"], "gold", "Later").await["id"]);
    grace.until_provisioning(&second, "provisioned").await;
    assert_eq!(grace.request(&id).await["status"], "pending");
    owen.approve(&id).await.expect(200);
    grace.until_provisioning(&id, "provisioned").await;
}

/// R29: automatic for trusted users or specific products; R31, R32: the checkbox is saved.
#[tokio::test]
async fn automatic_for_trusted_people_and_chosen_products() {
    let stack = Stack::new().await;
    let (ada, grace, owen) = (stack.person("ada").await, stack.person("grace").await, stack.person("owen").await);
    let conditions = json!({ "groups": ["partners"], "users": [], "products": ["weather-api"] });
    let saved = owen
        .edit("/v1/admin/plans/gold", |plan| {
            plan["auto_approve"] = json!(true);
            plan["auto_approve_when"] = conditions;
        })
        .await;
    assert_eq!(saved.body["auto_approve"], true, "R32");
    for (who, product, expected) in
        [(&grace, "weather-api", "automatic"), (&grace, "maps-api", "manual"), (&ada, "weather-api", "manual")]
    {
        let request = who.submit("public-apis", &[product], "gold", &format!("{product} {expected}")).await;
        assert_eq!(request["policy"]["review"], expected, "{product}: {:#}", request["policy"]);
        assert!(!request["policy"]["reasons"].as_array().unwrap().is_empty(), "the reasons are on record");
        let id = string(&request["id"]);
        match expected {
            "automatic" => drop(who.until_provisioning(&id, "provisioned").await),
            _ => drop(who.until_mail(&id, "submitted", "sent").await),
        }
    }
    until("both wait", async || {
        let waiting: Vec<Value> = owen.get("/v1/admin/access-requests?status=pending").await.expect(200).items();
        (waiting.len() == 2).then_some(())
    })
    .await;
}
