use gatepass_testkit::{ada, grace};

use super::put_item::put;
use crate::harness::Api;

#[tokio::test]
async fn a_cart_is_emptied_as_often_as_one_likes() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    put(&api, &grace(), "weather-api", "gold").await.expect(200);
    for _ in 0..2 {
        api.delete("/v1/cart").by(&ada()).send().await.expect(204);
    }
    assert_eq!(api.get("/v1/cart").by(&ada()).send().await.items().len(), 0);
    assert_eq!(api.get("/v1/cart").by(&grace()).send().await.items().len(), 1);
}
