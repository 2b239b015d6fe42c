use gatepass_domain::Person;
use gatepass_testkit::{ada, owen};
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn people_see_who_they_are() {
    let api = Api::new().await;
    let ada = Person { organisation: Some("Harbour Ltd".into()), ..ada() };
    api.get("/v1/me").by(&ada).send().await.expect(200).is("me");
    assert_eq!(api.get("/v1/me").by_owner(&owen()).send().await.body["groups"], json!(["api-owners"]));
    assert_eq!(api.world.table.faults.calls(), ["GetItem", "GetItem"], "the settings; the token says the rest");
}

#[tokio::test]
async fn people_see_how_access_is_asked_for() {
    let api = Api::new().await;
    let seen = async || api.get("/v1/me").by(&ada()).send().await.expect(200).body["access_flow"].clone();
    assert_eq!(seen().await, json!("both"));
    let direct = json!({ "access_flow": "direct", "mail_subjects": {}, "muted_mails": [] });
    api.put("/v1/admin/settings").by_owner(&owen()).header("if-match", "*").json(direct).send().await.expect(200);
    assert_eq!(seen().await, json!("direct"));
}

#[tokio::test]
async fn what_the_token_does_not_say_is_empty() {
    let api = Api::new().await;
    let answer = api.get("/v1/me").claims(json!({ "sub": "5a31" })).send().await.expect(200);
    let nobody = json!({ "id": "5a31", "name": "5a31", "email": null, "groups": [], "organisation": null, "access_flow": "both" });
    assert_eq!(answer.body, nobody);
    let claims = json!({
        "sub": "5a31", "name": "", "email": 7, "organisation": ["x"], "cognito:groups": ["a", 1, null, "b c"],
    });
    let answer = api.get("/v1/me").claims(claims).send().await.expect(200);
    assert_eq!(answer.body["groups"], json!(["a", "b c"]));
    assert_eq!((answer.text("/name"), &answer.body["email"]), ("5a31".to_owned(), &json!(null)));
}
