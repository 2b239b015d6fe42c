use gatepass_testkit::{ada, grace};

use crate::harness::Api;

/// R3, R8
#[tokio::test]
async fn people_see_the_catalogues_presented_to_them() {
    let api = Api::new().await;
    api.get("/v1/catalogues").by(&grace()).send().await.expect(200).is("catalogues_list");
    let adas = api.get("/v1/catalogues").by(&ada()).send().await.expect(200);
    let ids: Vec<_> = adas.items().iter().map(|catalogue| catalogue["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["public-apis"]);
}
