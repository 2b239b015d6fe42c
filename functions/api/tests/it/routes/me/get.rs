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
    assert!(api.world.table.faults.calls().is_empty(), "the token says it all");
}

#[tokio::test]
async fn what_the_token_does_not_say_is_empty() {
    let api = Api::new().await;
    let answer = api.get("/v1/me").claims(json!({ "sub": "5a31" })).send().await.expect(200);
    let nobody = json!({ "id": "5a31", "name": "5a31", "email": null, "groups": [], "organisation": null });
    assert_eq!(answer.body, nobody);
    let claims = json!({
        "sub": "5a31", "name": "", "email": 7, "organisation": ["x"], "cognito:groups": ["a", 1, null, "b c"],
    });
    let answer = api.get("/v1/me").claims(claims).send().await.expect(200);
    assert_eq!(answer.body["groups"], json!(["a", "b c"]));
    assert_eq!((answer.text("/name"), &answer.body["email"]), ("5a31".to_owned(), &json!(null)));
}
