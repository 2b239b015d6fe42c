use gatepass_testkit::{ada, person};
use serde_json::json;

use crate::harness::{Api, id_of};

/// R18
#[tokio::test]
async fn the_credential_lands_in_the_app_without_its_key() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&request["app"]);
    let answer = api.get(&format!("/v1/apps/{app}/credentials")).by(&ada()).send().await.expect(200);
    answer.is("credentials_list");
    assert_eq!(answer.items()[0]["id"], request["credential_id"]);
}

#[tokio::test]
async fn an_app_without_credentials_has_an_empty_list() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let answer = api.get(&format!("/v1/apps/{app}/credentials")).by(&ada()).send().await.expect(200);
    assert_eq!(answer.body, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn team_mates_see_and_reveal() {
    let api = Api::new().await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "new_app": { "name": "Ours", "visibility": "team", "team": "builders" },
    });
    let request = api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body;
    api.approve(&id_of(&request)).await;
    api.provision(&id_of(&request)).await;
    let bob = person("bob", &["builders"]);
    let credentials = format!("/v1/apps/{}/credentials", id_of(&request["app"]));
    let listed = api.get(&credentials).by(&bob).send().await.expect(200);
    let id = id_of(&listed.items()[0]);
    api.post(&format!("{credentials}/{id}/reveal")).by(&bob).send().await.expect(200);
    api.get(&credentials).by(&person("eve", &[])).send().await.problem(404, "not-found");
    api.post(&format!("{credentials}/{id}/reveal")).by(&person("eve", &[])).send().await.problem(404, "not-found");
}
