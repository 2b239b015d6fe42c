use gatepass_testkit::ada;

use super::put_item::put;
use crate::harness::Api;

#[tokio::test]
async fn a_product_is_taken_out_once() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    put(&api, &ada(), "maps-api", "gold").await.expect(200);
    let remove = |product: &str| api.delete(&format!("/v1/cart/items/{product}")).by(&ada()).send();
    remove("weather-api").await.expect(204);
    remove("weather-api").await.problem(404, "not-found");
    remove("No Slug".replace(' ', "%20").as_str()).await.problem(404, "not-found");
    let cart = api.get("/v1/cart").by(&ada()).send().await.expect(200);
    assert_eq!(cart.items().len(), 1);
    remove("maps-api").await.expect(204);
    assert_eq!(api.get("/v1/cart").by(&ada()).send().await.expect(200).items().len(), 0);
}
