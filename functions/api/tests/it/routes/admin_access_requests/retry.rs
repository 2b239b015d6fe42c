use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, owen};

use crate::harness::{Api, id_of};

#[tokio::test]
async fn provisioning_that_failed_is_queued_again() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "payments-api", "gold", "Shop").await);
    api.approve(&id).await;
    let retry = || api.post(&format!("/v1/admin/access-requests/{id}/retry")).by_owner(&owen()).send();
    retry().await.problem(409, "not-failed");
    assert_eq!(api.provision(&id).await, Outcome::Failed);
    let failed = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    failed.is("access_requests_get_failed");
    retry().await.expect(200).is("admin_access_requests_retry");
    retry().await.problem(409, "not-failed").is("problem_not_failed");
}

#[tokio::test]
async fn what_was_never_approved_cannot_be_retried() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let retry = api.post(&format!("/v1/admin/access-requests/{id}/retry")).by_owner(&owen());
    retry.send().await.problem(409, "not-failed");
}
