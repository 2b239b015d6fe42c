use gatepass_testkit::{ada, owen};
use serde_json::json;

use crate::harness::{Api, id_of};

#[tokio::test]
async fn access_is_taken_back_with_a_reason() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let path = format!("/v1/admin/access-requests/{}/revoke", id_of(&access));
    let revoke = || api.post(&path).by_owner(&owen()).keyed("k").json(json!({ "reason": "The contract has ended" }));
    let answer = revoke().send().await.expect(200);
    answer.is("admin_access_requests_revoke");
    assert_eq!(revoke().send().await.expect(200).body, answer.body);
    let reveal =
        format!("/v1/apps/{}/credentials/{}/reveal", id_of(&access["app"]), access["credential_id"].as_str().unwrap());
    api.post(&reveal).by(&ada()).send().await.problem(409, "credential-not-active");
}
