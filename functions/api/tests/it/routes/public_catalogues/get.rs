use super::list::open_to_anyone;
use crate::harness::Api;

#[tokio::test]
async fn only_what_is_for_anyone_can_be_read_without_a_token() {
    let api = Api::new().await;
    api.get("/v1/public/catalogues/public-apis").send().await.problem(404, "not-found");
    open_to_anyone(&api).await;
    api.get("/v1/public/catalogues/public-apis").send().await.expect(200).is("public_catalogues_get");
    api.get("/v1/public/catalogues/partner-apis").send().await.problem(404, "not-found");
}
