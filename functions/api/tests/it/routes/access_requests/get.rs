use gatepass_testkit::ada;

use crate::harness::Api;

#[tokio::test]
async fn a_request_is_read_with_its_history() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let path = format!("/v1/access-requests/{}", request["id"].as_str().unwrap());
    let answer = api.get(&path).by(&ada()).send().await.expect(200);
    answer.is("access_requests_get");
}
