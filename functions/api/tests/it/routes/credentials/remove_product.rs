use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, demo, owen, person};
use jiff::SignedDuration;
use serde_json::json;

use super::held::Held;
use crate::harness::{Api, id_of};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A credential of Ada's under `plan` for the weather and the maps API, by one request.
async fn both<'a>(api: &'a Api, plan: &str) -> Held<'a> {
    Held::of(api, &["weather-api", "maps-api"], plan).await
}

// Covers P5.
#[tokio::test]
async fn one_product_closes_and_the_others_stay() {
    let api = Api::new().await;
    let held = both(&api, "gold").await;
    let key = held.reveal().await;
    let answer = held.remove("maps-api").await.expect(200);
    answer.is("credentials_remove_product");
    assert!(held.opens(&key).await);
    assert!(!held.opens_product(&key, "maps-api").await);
    let events = held.events().await;
    assert_eq!(events.last().unwrap().detail.event_type(), "CredentialNarrowed");
    // Once more changes nothing.
    assert_eq!(held.remove("maps-api").await.expect(200).body, answer.body);
    assert_eq!(held.remove("fleet-api").await.problem(404, "not-found").status, 404);

    // The app may ask for it again, and holds the other.
    held.ask_again("maps-api").await.expect(201);
    let refused = held.ask_again("weather-api").await;
    assert_eq!(refused.problem(409, "duplicate-access").text("/conflicting_request_id"), id_of(&held.request));
}

#[tokio::test]
async fn the_last_product_revokes_the_credential() {
    let api = Api::new().await;
    let held = both(&api, "gold").await;
    let key = held.reveal().await;
    held.remove("weather-api").await.expect(200);
    let answer = held.remove("maps-api").await.expect(200);
    assert_eq!(answer.text("/status"), "revoked");
    assert!(!held.opens_product(&key, "maps-api").await);
    let request = api.get(&format!("/v1/access-requests/{}", id_of(&held.request))).by(&ada()).send().await.expect(200);
    assert_eq!(request.text("/provisioning/status"), "revoked");
    api.access_again(&held.request).await;
    assert_eq!(held.remove("maps-api").await.expect(200).text("/status"), "revoked");
}

/// A request that names a product which was removed from its credential is not in the way of those that ask for it.
#[tokio::test]
async fn a_removed_product_is_free_when_the_request_that_opened_it_again_is_revoked() {
    let api = Api::new().await;
    let mut catalogue = demo::catalogues().remove(0);
    catalogue.product_ids.push("fleet-api".parse().unwrap());
    api.world.offer(catalogue).await;
    let held = Held::under(&api, "gold").await;
    for products in [&["maps-api", "fleet-api"][..], &["fleet-api"]] {
        let id = held.extend(products, "gold").await;
        api.approve(&id).await;
        assert_eq!(api.provision(&id).await, Outcome::Provisioned);
        if products.len() == 2 {
            held.remove("fleet-api").await.expect(200);
        } else {
            let revoke = api.post(&format!("/v1/admin/access-requests/{id}/revoke")).by_owner(&owen());
            revoke.json(json!({ "reason": "Over" })).send().await.expect(200);
        }
    }
    held.ask_again("maps-api").await.problem(409, "duplicate-access");
    held.ask_again("fleet-api").await.expect(201);
}

/// What an extension opened goes with the extension, which is over then.
#[tokio::test]
async fn a_request_that_opens_nothing_more_is_revoked() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let extension = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold",
        "app_id": id_of(&held.request["app"]), "extends_credential_id": held.request["credential_id"],
    });
    let id = api.post("/v1/access-requests").by(&ada()).json(&extension).send().await.expect(201).text("/id");
    api.approve(&id).await;
    assert_eq!(api.provision(&id).await, Outcome::Provisioned);
    held.remove("maps-api").await.expect(200);
    let request = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!(request.text("/provisioning/status"), "revoked");
    assert_eq!(request.text("/reason"), "The owner of the app removed the product from the credential.");
    let opened = api.get(&format!("/v1/access-requests/{}", id_of(&held.request))).by(&ada()).send().await.expect(200);
    assert_eq!(opened.text("/provisioning/status"), "provisioned");
    api.post("/v1/access-requests").by(&ada()).json(extension).send().await.expect(201);
}

/// Neither deleting the product nor a renewal brings back what was removed, or closes what was not.
#[tokio::test]
async fn what_was_removed_stays_away() {
    let api = Api::new().await;
    let held = both(&api, "free").await;
    let key = held.reveal().await;
    held.remove("maps-api").await.expect(200);
    let renewal = held.ask("renew", json!({})).await.expect(201);
    assert_eq!(renewal.body["product_ids"], json!(["weather-api"]));
    api.post(&format!("/v1/access-requests/{}/withdraw", renewal.text("/id"))).by(&ada()).send().await.expect(200);
    api.advance(DAY * 31);
    api.reconcile().await;
    held.change("renew", json!({})).await;
    assert!(held.opens(&key).await);
    assert!(!held.opens_product(&key, "maps-api").await);
    let usage = api.get("/v1/admin/products/maps-api/usage").by_owner(&owen()).send().await.expect(200);
    assert_eq!(usage.items().len(), 0, "{:#}", usage.body);
    assert_eq!(held.listed().await["grants"][1]["status"], "revoked");
}

#[tokio::test]
async fn only_the_owner_of_the_app_removes_products_and_if_match_is_checked() {
    let api = Api::new().await;
    let held = both(&api, "gold").await;
    let path = format!("{}/products/maps-api", held.path);
    api.delete(&path).by(&person("bob", &["builders"])).send().await.problem(404, "not-found");
    api.delete(&path).by(&ada()).header("if-match", r#""9""#).send().await.problem(412, "version-mismatch");
    api.delete(&path).by(&ada()).header("if-match", r#""1""#).send().await.expect(200);
}
