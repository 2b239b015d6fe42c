use gatepass_testkit::{ada, owen};

use crate::harness::{Api, id_of};

/// R24
#[tokio::test]
async fn owners_read_any_request_with_its_history() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    let answer = api.get(&format!("/v1/admin/access-requests/{id}")).by_owner(&owen()).send().await.expect(200);
    answer.is("admin_access_requests_get");
    let hers = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!(hers.body, answer.body);
}
