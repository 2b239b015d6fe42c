use gatepass_testkit::{ada, olga, owen};
use serde_json::{Value, json};

use crate::harness::{Api, id_of};

/// R27
#[tokio::test]
async fn an_owner_rejects_with_a_reason_that_the_requester_reads() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let reject = || api.post(&format!("/v1/admin/access-requests/{id}/reject"));
    let body = json!({ "reason": "  Please use the plan `free` for trials. " });
    reject().by_owner(&owen()).json(&body).send().await.expect(200).is("admin_access_requests_reject");
    let hers = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!(hers.text("/reason"), "Please use the plan `free` for trials.");
    assert_eq!(hers.text("/history/1/reason"), "Please use the plan `free` for trials.");
    reject().by_owner(&olga()).json(&body).send().await.problem(409, "already-decided");
}

#[tokio::test]
async fn a_rejection_says_why() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let reject = || api.post(&format!("/v1/admin/access-requests/{id}/reject")).by_owner(&owen());
    for reason in ["", " \n", &"x".repeat(2001)] {
        let answer = reject().json(json!({ "reason": reason })).send().await.problem(400, "invalid-body");
        assert_eq!(answer.pointers(), ["/reason"]);
    }
    for body in [json!({}), json!({ "reason": null }), json!({ "reason": 1 })] {
        reject().json(body).send().await.problem(400, "invalid-body");
    }
    // A body that is not there is no JSON, and does not say that it is.
    reject().send().await.problem(415, "unsupported-media-type");
    let standing = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await;
    assert_eq!(standing.text("/status"), "pending");
}

#[tokio::test]
async fn what_was_rejected_may_be_asked_for_again() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": app,
    });
    let submit = |body: &Value| api.post("/v1/access-requests").by(&ada()).json(body).send();
    let id = submit(&body).await.expect(201).text("/id");
    let reject = api.post(&format!("/v1/admin/access-requests/{id}/reject")).by_owner(&owen());
    reject.json(json!({ "reason": "Not yet" })).send().await.expect(200);
    submit(&body).await.expect(201);
}
