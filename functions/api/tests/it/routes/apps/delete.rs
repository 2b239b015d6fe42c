use gatepass_testkit::{ada, person};
use serde_json::json;

use crate::harness::{Api, id_of};

#[tokio::test]
async fn with_an_app_goes_what_it_awaits_and_what_it_holds() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&access["app"]);
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": app,
    });
    let awaited = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    let answer = api.delete(&format!("/v1/apps/{app}")).by(&ada()).send().await.expect(204);
    assert_eq!(answer.body, json!(""));
    api.get(&format!("/v1/apps/{app}")).by(&ada()).send().await.problem(404, "not-found");
    let request = |id: String| api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send();
    let (awaited, had) = (request(awaited).await.expect(200), request(id_of(&access)).await.expect(200));
    assert_eq!((awaited.text("/status"), had.text("/provisioning/status")), ("withdrawn".into(), "revoked".into()));
    // Its name is free again.
    api.app(&ada(), "Storm warnings").await;
}

#[tokio::test]
async fn only_the_owner_deletes() {
    let api = Api::new().await;
    let body = json!({ "name": "Ours", "visibility": "team", "team": "builders" });
    let path = format!("/v1/apps/{}", api.post("/v1/apps").by(&ada()).json(body).send().await.expect(201).text("/id"));
    api.delete(&path).by(&person("bob", &["builders"])).send().await.expect(403);
    api.delete(&path).by(&person("eve", &[])).send().await.problem(404, "not-found");
    api.delete(&path).by(&ada()).send().await.expect(204);
    api.delete(&path).by(&ada()).send().await.problem(404, "not-found");
}

#[tokio::test]
async fn a_version_that_is_named_must_be_the_one_that_stands() {
    let api = Api::new().await;
    let path = format!("/v1/apps/{}", api.app(&ada(), "Storm warnings").await);
    let delete = |tag: &str| api.delete(&path).by(&ada()).header("if-match", tag).send();
    delete("\"2\"").await.problem(412, "version-mismatch");
    delete("1").await.problem(412, "version-mismatch");
    api.get(&path).by(&ada()).send().await.expect(200);
    delete("\"1\"").await.expect(204);
}
