//! Access that cannot be provisioned, and limits that are in force.

use serde_json::json;

use super::history;
use crate::stack::{Stack, string, until};

/// R2, R18: provisioning that fails is visible, owners are told, and it can be retried by hand. R35, R37:
/// the requester hears once, that access is being prepared.
// Covers P28.
#[tokio::test]
async fn provisioning_that_fails_is_visible_and_can_be_retried() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let id = string(&ada.submit("public-apis", &["payments-api"], "free", "Till").await["id"]);

    let request = ada.until_provisioning(&id, "failed").await;
    assert_eq!(request["status"], "approved");
    assert_eq!(request["provisioning"]["last_error"]["code"], "gateway-not-configured");
    assert_eq!(request["provisioning"]["attempts"], 1);
    ada.until_mail(&id, "provisioning-failed", "sent").await;
    ada.until_mail(&id, "approve", "sent").await;
    let told = stack.mails_of("provisioning-failed").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["to"], json!(["payments-team@example.com"]));
    let approved = stack.mails_of("approve").await;
    assert_eq!(approved.len(), 1);
    assert_eq!(approved[0]["to"], json!(["ada@example.com"]));
    assert_eq!(approved[0]["subject"], "Approved and being prepared: access to Payments API");
    assert!(string(&approved[0]["text"]).contains("being prepared"), "{}", approved[0]["text"]);
    assert_eq!(ada.credentials(&string(&request["app"]["id"])).await.len(), 0);

    let path = format!("/v1/admin/access-requests/{id}/retry");
    ada.post(&path, json!({})).await.expect(403);
    let retried = owen.post(&path, json!({})).await.expect(200).body;
    assert_eq!(retried["provisioning"]["status"], "queued");
    let twice = "it has failed twice";
    until(twice, async || Some(stack.mails_of("provisioning-failed").await).filter(|mails| mails.len() == 2)).await;
    let request = ada.until_provisioning(&id, "failed").await;
    let expected = [
        "AccessRequestSubmitted",
        "AccessRequestApproved",
        "ProvisioningFailed",
        "ProvisioningRequeued",
        "ProvisioningFailed",
    ];
    assert_eq!(history(&request), expected);
    assert_eq!(stack.mails_of("approve").await.len(), 1, "the requester hears once");
    assert_eq!(stack.events("ProvisioningFailed").await.len(), 2);
    assert_eq!(stack.events("ProvisioningRequeued").await.len(), 1);
    let weather = ada.submit("public-apis", &["weather-api"], "free", "Barometer").await;
    let provisioned = ada.until_provisioning(&string(&weather["id"]), "provisioned").await;
    let path = format!("/v1/admin/access-requests/{}/retry", string(&provisioned["id"]));
    owen.post(&path, json!({})).await.problem(409, "not-failed");
}

// Covers P22.
#[tokio::test]
async fn a_caller_over_the_limit_of_the_plan_is_told_to_wait() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    // A window of a hundred years does not end while the test runs.
    let limit = json!({ "requests": 3, "per_seconds": 3_162_240_000_u64 });
    owen.edit("/v1/admin/plans/free", |plan| plan["quota"] = limit.clone()).await.expect(200);
    let id = string(&ada.submit("public-apis", &["weather-api", "maps-api"], "free", "Barometer").await["id"]);
    let key = ada.reveal(&ada.until_provisioning(&id, "provisioned").await).await;
    for left in (0..3).rev() {
        let answer = stack.sample_answer("weather-api", Some(&key)).await.expect(200);
        assert_eq!(answer.body["context"]["quota_remaining"], left.to_string());
        let told = answer.headers["ratelimit"].to_str().unwrap();
        assert!(told.contains(&format!("\"quota\";r={left};")), "{told}");
    }
    let over = stack.sample_answer("weather-api", Some(&key)).await.expect(429);
    let seconds: u64 = over.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3_162_240_000).contains(&seconds), "{seconds}");
    assert!(over.text("/detail").contains("quota"), "{}", over.body);
    assert_eq!(stack.sample("maps-api", Some(&key)).await, 200, "each product counts for itself");
}
