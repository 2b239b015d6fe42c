use gatepass_testkit::{ada, person};
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn an_app_is_read_with_its_version_as_an_entity_tag() {
    let api = Api::new().await;
    let id = api.app(&ada(), "Storm warnings").await;
    let answer = api.get(&format!("/v1/apps/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!(answer.headers["etag"], "\"1\"");
    answer.is("apps_get");
}

/// R19
#[tokio::test]
async fn a_team_app_is_seen_by_team_mates_and_nobody_else() {
    let api = Api::new().await;
    let body = json!({ "name": "Ours", "visibility": "team", "team": "builders" });
    let id = api.post("/v1/apps").by(&ada()).json(body).send().await.expect(201).text("/id");
    let path = format!("/v1/apps/{id}");
    api.get(&path).by(&person("bob", &["builders"])).send().await.expect(200);
    api.get(&path).by(&person("eve", &["Builders"])).send().await.problem(404, "not-found");
    // Being an API Owner does not open it here either.
    api.get(&path).by(&person("olga", &["api-owners"])).send().await.problem(404, "not-found");
}
