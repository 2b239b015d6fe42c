use gatepass_testkit::{ada, grace};

use crate::harness::Api;

/// R10
#[tokio::test]
async fn a_product_comes_with_the_plans_open_to_the_caller() {
    let api = Api::new().await;
    api.get("/v1/products/weather-api").by(&ada()).send().await.expect(200).is("products_get");
    api.get("/v1/products/fleet-api").by(&ada()).send().await.problem(404, "not-found");
    api.get("/v1/products/fleet-api").by(&grace()).send().await.expect(200);
    api.get("/v1/products/no-api").by(&grace()).send().await.problem(404, "not-found");
}
