//! Functions that are held back, one by one: what waits for them waits, and goes on.

use serde_json::Value;

use crate::stack::{Stack, string, until};

/// R2, R33: each step is the work of its function and of nothing else.
#[tokio::test]
async fn each_step_waits_for_its_function_and_goes_on() {
    let stack = Stack::new().await;
    let ada = stack.person("ada").await;

    // Nothing leaves the table.
    stack.pause("relay").await;
    let id = string(&ada.submit("public-apis", &["weather-api"], "free", "Patience").await["id"]);
    stays(&stack, async || ada.request(&id).await["status"] == "pending").await;
    assert_eq!(stack.events("AccessRequestSubmitted").await, Vec::<Value>::new());

    // It is published, and not decided.
    stack.pause("auto-approve").await;
    stack.resume("relay").await;
    until("the submit is published", async || (stack.events("AccessRequestSubmitted").await.len() == 1).then_some(()))
        .await;
    stays(&stack, async || ada.request(&id).await["status"] == "pending").await;

    // It is decided, and not carried out.
    stack.pause("provision").await;
    stack.resume("auto-approve").await;
    until("the request is approved", async || (ada.request(&id).await["status"] == "approved").then_some(())).await;
    stays(&stack, async || ada.request(&id).await["provisioning"]["status"] == "queued").await;

    // It is carried out, and nobody is told.
    stack.pause("notify").await;
    stack.resume("provision").await;
    ada.until_provisioning(&id, "provisioned").await;
    stays(&stack, async || stack.mails().await.is_empty()).await;

    stack.resume("notify").await;
    let request = ada.until_mail(&id, "approve", "sent").await;
    assert_eq!(request["history"].as_array().unwrap().len(), 3);
    assert_eq!(stack.mails().await.len(), 1);
    let key = ada.reveal(&request).await;
    assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
    stack.post("/_local/functions/nobody/pause").await.expect(404);
}

/// Looks a few times, with the schedules run in between: what is held back must not happen by another
/// way.
async fn stays(stack: &Stack, look: impl AsyncFn() -> bool) {
    for _ in 0..4 {
        assert!(look().await, "something moved that is held back");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    stack.advance("PT1S").await;
    assert!(look().await, "something moved that is held back");
}
