use gatepass_domain::Product;
use gatepass_testkit::{ada, demo, grace};
use serde_json::json;

use super::put_item::put;
use crate::harness::Api;

#[tokio::test]
async fn everybody_has_a_cart_of_their_own() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    let empty = json!({ "items": [], "plan_id": null, "plan": null, "auth_method": null, "expires_at": null });
    assert_eq!(api.get("/v1/cart").by(&grace()).send().await.expect(200).body, empty);
    api.get("/v1/cart").by(&ada()).send().await.expect(200).is("cart_get");
}

#[tokio::test]
async fn what_is_no_longer_on_offer_is_marked() {
    let api = Api::new().await;
    put(&api, &ada(), "weather-api", "gold").await.expect(200);
    put(&api, &ada(), "maps-api", "gold").await.expect(200);
    let weather = demo::products().swap_remove(0);
    api.world.offer(Product { published: false, ..weather }).await;
    let cart = api.get("/v1/cart").by(&ada()).send().await.expect(200);
    let available: Vec<_> = cart.items().iter().map(|item| &item["available"]).collect();
    assert_eq!(available, [false, true]);
    assert_eq!(cart.items()[0]["name"], json!(null));
}
