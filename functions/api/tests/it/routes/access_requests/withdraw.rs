use gatepass_testkit::{ada, owen};

use crate::harness::{Api, id_of};

#[tokio::test]
async fn a_request_is_withdrawn_while_it_is_undecided() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let withdraw = |id: &str| api.post(&format!("/v1/access-requests/{id}/withdraw")).by(&ada()).send();
    withdraw(&id).await.expect(200).is("access_requests_withdraw");
    withdraw(&id).await.problem(409, "already-decided").is("problem_already_withdrawn");
    let approved = id_of(&api.request(&ada(), "weather-api", "gold", "Other").await);
    api.approve(&approved).await;
    withdraw(&approved).await.problem(409, "already-decided");
    let approve = api.post(&format!("/v1/admin/access-requests/{id}/approve")).by_owner(&owen());
    approve.send().await.problem(409, "already-decided");
}

/// Not even by an API Owner: that would be a rejection.
#[tokio::test]
async fn nobody_elses_request_is_withdrawn() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let withdraw = api.post(&format!("/v1/access-requests/{id}/withdraw")).by_owner(&owen());
    withdraw.send().await.problem(404, "not-found");
}
