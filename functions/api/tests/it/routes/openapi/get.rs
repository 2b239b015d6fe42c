use crate::harness::Api;

#[tokio::test]
async fn the_document_is_served() {
    let api = Api::new().await;
    let answer = api.get("/v1/openapi.json").send().await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.body, gatepass_api::document());
    assert!(answer.text("/openapi").starts_with("3.1"));
}
