//! How keys end.

use serde_json::json;

use crate::stack::{Stack, string, until};

/// Revoking and deleting the app end a key at the next call; so does the plan's key lifetime.
#[tokio::test]
async fn keys_end_by_revoking_by_deleting_the_app_and_by_time() {
    let stack = Stack::new().await;
    let (ada, owen) = (stack.person("ada").await, stack.person("owen").await);
    let mut granted = Vec::new();
    for app in ["Revoked", "Deleted", "Expired"] {
        let id = string(&ada.submit("public-apis", &["weather-api"], "free", app).await["id"]);
        let request = ada.until_provisioning(&id, "provisioned").await;
        let key = ada.reveal(&request).await;
        assert_eq!(stack.sample("weather-api", Some(&key)).await, 200);
        granted.push((request, key));
    }
    let [(revoked, first), (deleted, second), (_, third)] = &granted[..] else { panic!("there are three") };

    let path = format!("/v1/admin/access-requests/{}/revoke", string(&revoked["id"]));
    ada.post(&path, json!({ "reason": "x" })).await.expect(403);
    let answer = owen.post(&path, json!({ "reason": "leaked" })).await.expect(200).body;
    assert_eq!(answer["provisioning"]["status"], "revoked");
    assert_eq!(stack.sample("weather-api", Some(first)).await, 403);
    owen.post(&path, json!({ "reason": "leaked" })).await.problem(409, "already-revoked");

    let app = string(&deleted["app"]["id"]);
    owen.delete(&format!("/v1/apps/{app}")).await.problem(404, "not-found");
    ada.delete(&format!("/v1/apps/{app}")).await.expect(204);
    assert_eq!(stack.sample("weather-api", Some(second)).await, 403);
    ada.get(&format!("/v1/apps/{app}")).await.problem(404, "not-found");
    assert_eq!(ada.request(&string(&deleted["id"])).await["provisioning"]["status"], "revoked");
    until("both are published", async || {
        let events = stack.events("AccessRevoked").await;
        (events.len() == 2 && stack.events("AppDeleted").await.len() == 1).then_some(())
    })
    .await;

    assert_eq!(stack.sample("weather-api", Some(third)).await, 200, "the others are untouched");
    stack.advance("P31D").await;
    assert_eq!(stack.sample("weather-api", Some(third)).await, 403, "keys of this plan live for 30 days");
    let answer = ada.get("/v1/apps").await.expect(401);
    assert_eq!(answer.body, json!({ "message": "Unauthorized" }), "tokens end by the same clock");
    stack.person("ada").await.get("/v1/apps").await.expect(200);
}
