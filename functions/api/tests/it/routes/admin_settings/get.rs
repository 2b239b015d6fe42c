use gatepass_testkit::owen;

use crate::harness::Api;

#[tokio::test]
async fn settings_that_nobody_changed_are_version_0() {
    let api = Api::new().await;
    let answer = api.get("/v1/admin/settings").by_owner(&owen()).send().await.expect(200);
    assert_eq!(answer.headers["etag"], "\"0\"");
    answer.is("admin_settings_get");
}
