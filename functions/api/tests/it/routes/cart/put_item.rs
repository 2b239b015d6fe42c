use gatepass_domain::Person;
use gatepass_testkit::ada;
use serde_json::json;

use crate::harness::{Answer, Api};

/// Puts a product of the catalogue `public-apis` into the cart of `who`.
pub(super) async fn put(api: &Api, who: &Person, product: &str, plan: &str) -> Answer {
    let body = json!({ "plan_id": plan, "catalogue_id": "public-apis" });
    api.put(&format!("/v1/cart/items/{product}")).by(who).json(body).send().await
}

/// R10, R11
#[tokio::test]
async fn products_are_collected_each_once() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200).is("cart_put_item");
    put(&api, &ada(), "maps-api", "gold").await.expect(200);
    let cart = put(&api, &ada(), "weather-api", "gold").await.expect(200);
    assert_eq!(cart.items().len(), 2);
}

/// R8, R15, R16: one rule after the other.
#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_rule_that_it_breaks() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    put(&api, &ada(), "fleet-api", "platinum").await.problem(422, "product-not-offered");
    put(&api, &ada(), "maps-api", "platinum").await.problem(422, "plan-not-offered");
    put(&api, &ada(), "payments-api", "free").await.problem(422, "mixed-authentication-methods");
    put(&api, &ada(), "maps-api", "free").await.problem(422, "mixed-plans").is("problem_mixed_plans");
    let cart = api.get("/v1/cart").by(&ada()).send().await.expect(200);
    assert_eq!(cart.items().len(), 1);
}
