use gatepass_testkit::{ada, owen};

use crate::harness::{Api, NOBODYS, id_of};

#[tokio::test]
async fn an_app_is_shown_with_its_credentials_and_no_key() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let path = format!("/v1/admin/apps/{}", id_of(&access["app"]));
    let answer = api.get(&path).by_owner(&owen()).send().await.expect(200);
    assert_eq!(answer.body["credentials"][0]["id"], access["credential_id"]);
    assert_eq!(answer.headers["etag"], "\"1\"");
    answer.is("admin_apps_get");
    for id in [NOBODYS, "x"] {
        api.get(&format!("/v1/admin/apps/{id}")).by_owner(&owen()).send().await.problem(404, "not-found");
    }
}
