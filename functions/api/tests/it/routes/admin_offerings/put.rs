use gatepass_testkit::{ada, owen};
use serde_json::json;

use crate::harness::Api;

/// R31: the checkbox.
#[tokio::test]
async fn what_get_gave_is_what_put_takes() {
    let api = Api::new().await;
    for (kind, id) in [("catalogues", "public-apis"), ("products", "weather-api"), ("plans", "gold")] {
        let path = format!("/v1/admin/{kind}/{id}");
        let standing = api.get(&path).by_owner(&owen()).send().await.expect(200);
        let mut body = standing.body.clone();
        let members = body.as_object_mut().unwrap();
        for own in ["version", "created_at", "updated_at"] {
            members.remove(own).expect(own);
        }
        members.insert("name".into(), json!("Another"));
        let put = |tag: &str| api.put(&path).by_owner(&owen()).header("if-match", tag).json(&body);
        let answer = put(&standing.headers["etag"]).send().await.expect(200);
        assert_eq!((answer.text("/name"), answer.headers["etag"].as_str()), ("Another".into(), "\"2\""));
        put("\"1\"").send().await.problem(412, "version-mismatch");
        api.put(&path).by_owner(&owen()).text("{").send().await.problem(428, "if-match-required");
        let mut elsewhere = body.clone();
        elsewhere["id"] = json!("other");
        let answer = api.put(&path).by_owner(&owen()).header("if-match", "*").json(elsewhere).send().await;
        assert_eq!(answer.problem(400, "invalid-body").pointers(), ["/id"]);
        let nothing = api.put(&path.replace(id, "nothing")).by_owner(&owen()).header("if-match", "*");
        let mut unknown = body.clone();
        unknown["id"] = json!("nothing");
        nothing.json(unknown).send().await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_plan_that_is_made_automatic_is_so_from_the_next_request_on() {
    let api = Api::new().await;
    assert_eq!(api.request(&ada(), "weather-api", "gold", "One").await["policy"]["review"], "manual");
    let body = json!({ "id": "gold", "name": "Gold", "auto_approve": true });
    let put = api.put("/v1/admin/plans/gold").by_owner(&owen()).header("if-match", "*").json(body);
    put.send().await.expect(200).is("admin_plans_put");
    assert_eq!(api.request(&ada(), "weather-api", "gold", "Two").await["policy"]["review"], "automatic");
}
