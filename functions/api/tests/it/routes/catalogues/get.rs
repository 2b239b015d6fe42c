use gatepass_testkit::{ada, grace, person};

use crate::harness::Api;

/// R3, R8, R9
#[tokio::test]
async fn a_catalogue_shows_its_products_and_plans_to_its_audience_alone() {
    let api = Api::new().await;
    api.get("/v1/catalogues/partner-apis").by(&grace()).send().await.expect(200).is("catalogues_get");
    api.get("/v1/catalogues/partner-apis").by(&ada()).send().await.problem(404, "not-found");
    for group in ["partner", "PARTNERS", "partners,x"] {
        let look_alike = person("eve", &[group]);
        api.get("/v1/catalogues/partner-apis").by(&look_alike).send().await.problem(404, "not-found");
    }
}
