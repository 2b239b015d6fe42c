use gatepass_testkit::owen;

use crate::harness::Api;

/// Owners see what consumers do not: owners, gateways, whom a plan trusts.
#[tokio::test]
async fn an_offering_is_read_whole_with_its_version_as_an_entity_tag() {
    let api = Api::new().await;
    for (kind, id) in [("catalogues", "partner-apis"), ("products", "weather-api"), ("plans", "free")] {
        let answer = api.get(&format!("/v1/admin/{kind}/{id}")).by_owner(&owen()).send().await.expect(200);
        assert_eq!(answer.headers["etag"], "\"1\"");
        answer.is(&format!("admin_{kind}_get"));
        for id in ["nothing", "No%20Slug"] {
            api.get(&format!("/v1/admin/{kind}/{id}")).by_owner(&owen()).send().await.problem(404, "not-found");
        }
    }
}
