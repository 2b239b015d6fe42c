use gatepass_testkit::owen;

use crate::harness::Api;

#[tokio::test]
async fn all_offerings_are_listed_by_slug() {
    let api = Api::new().await;
    for (kind, expected) in [
        ("catalogues", vec!["partner-apis", "public-apis"]),
        ("products", vec!["fleet-api", "maps-api", "payments-api", "weather-api"]),
        ("plans", vec!["free", "gold"]),
    ] {
        let answer = api.get(&format!("/v1/admin/{kind}")).by_owner(&owen()).send().await.expect(200);
        let ids: Vec<_> = answer.items().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{kind}");
    }
}
