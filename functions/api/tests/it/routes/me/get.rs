use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Person, Product};
use gatepass_testkit::{ada, demo, owen, person};
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn people_see_who_they_are() {
    let api = Api::new().await;
    let ada = Person { organisation: Some("Harbour Ltd".into()), ..ada() };
    api.get("/v1/me").by(&ada).send().await.expect(200).is("me");
    assert_eq!(api.get("/v1/me").by_owner(&owen()).send().await.body["groups"], json!(["api-owners"]));
    let calls = ["GetItem", "Query", "GetItem", "Query"];
    assert_eq!(api.world.table.faults.calls(), calls, "the settings, and the products of each group");
}

// Covers P13.
#[tokio::test]
async fn people_see_what_they_decide_on() {
    let api = Api::new().await;
    let me = async |who: &Person| api.get("/v1/me").by(who).send().await.expect(200).body;
    let petra = person("petra", &["payments-team", "maps-team"]);
    for id in ["payments-api", "maps-api"] {
        let (mut product, _) = api.world.store.offering::<Product>(&id.parse().unwrap()).await.unwrap().unwrap();
        product.content.approver_groups = vec!["payments-team".into(), id.replace("-api", "-team")];
        product.content.approver_groups.dedup();
        api.world.offer(product.content).await;
    }
    let seen = me(&petra).await;
    assert_eq!((&seen["administrator"], &seen["approver_of"]), (&json!(false), &json!(["maps-api", "payments-api"])));
    assert_eq!(seen["approver_of_more"], json!(false));
    assert_eq!(me(&person("eve", &["payments-team "])).await["approver_of"], json!([]));
    assert_eq!(me(owen().person()).await["administrator"], json!(true));
    for n in 0..100 {
        let product = demo::product(&format!("extra-{n:03}"), "Extra", AuthMethod::ApiKey);
        api.world.offer(Product { approver_groups: vec!["payments-team".into()], ..product }).await;
    }
    let seen = me(&petra).await;
    assert_eq!((seen["approver_of"].as_array().unwrap().len(), &seen["approver_of_more"]), (100, &json!(true)));
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
    let nobody = json!({ "id": "5a31", "name": "5a31", "email": null, "groups": [], "organisation": null, "access_flow": "both",
        "administrator": false, "approver_of": [], "approver_of_more": false });
    assert_eq!(answer.body, nobody);
    let claims = json!({
        "sub": "5a31", "name": "", "email": 7, "organisation": ["x"], "cognito:groups": ["a", 1, null, "b c"],
    });
    let answer = api.get("/v1/me").claims(claims).send().await.expect(200);
    assert_eq!(answer.body["groups"], json!(["a", "b c"]));
    assert_eq!((answer.text("/name"), &answer.body["email"]), ("5a31".to_owned(), &json!(null)));
}
