use gatepass_domain::Person;
use gatepass_testkit::{ada, grace};
use serde_json::{Value, json};

use crate::harness::Api;

/// R17
#[tokio::test]
async fn an_app_is_created() {
    let api = Api::new().await;
    let body = json!({
        "name": "Storm warnings", "description": "Warns ships in time", "visibility": "team", "team": "builders",
        "redirect_uris": ["https://storm.example.com/back", "http://127.0.0.1:8080/back"],
    });
    let answer = api.post("/v1/apps").by(&ada()).json(body).send().await.expect(201);
    answer.is("apps_create");
    let there = api.get(&answer.headers["location"]).by(&ada()).send().await.expect(200);
    assert_eq!(there.body, answer.body);
    assert_eq!((answer.headers["etag"].as_str(), &there.headers["etag"]), ("\"1\"", &answer.headers["etag"]));
}

#[tokio::test]
async fn every_fault_of_an_app_is_pointed_at_at_once() {
    let api = Api::new().await;
    let create = |body: Value| api.post("/v1/apps").by(&ada()).json(body).send();
    let body = json!({
        "name": " ", "description": "x".repeat(2001), "visibility": "team", "team": "partners",
        "redirect_uris": ["https://example.com", "/back", "https://example.com/#here"],
    });
    let answer = create(body).await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/name", "/description", "/redirect_uris/1", "/redirect_uris/2", "/team"]);
    answer.is("problem_invalid_body");
    for (body, pointer) in [
        (json!({ "name": "x".repeat(101) }), "/name"),
        (json!({ "name": "\u{fdfa}".repeat(100) }), "/name"),
        (json!({ "name": "line\nbreak" }), "/name"),
        (json!({ "name": "a", "visibility": "team" }), "/team"),
        (json!({ "name": "a", "team": "builders" }), "/team"),
        (json!({ "name": "a", "visibility": "organisation" }), "/visibility"),
        (json!({ "name": "a", "redirect_uris": vec!["https://example.com"; 21] }), "/redirect_uris"),
    ] {
        assert_eq!(create(body).await.problem(400, "invalid-body").pointers(), [pointer]);
    }
    assert_eq!(api.get("/v1/apps").by(&ada()).send().await.items().len(), 0);
}

#[tokio::test]
async fn a_name_is_taken_once_for_each_person_also_by_look_alikes() {
    let api = Api::new().await;
    let create = |who: &Person, name: &str| api.post("/v1/apps").by(who).json(json!({ "name": name })).send();
    create(&ada(), "Storm warnings").await.expect(201);
    create(&ada(), "Storm warnings").await.problem(409, "name-taken").is("problem_name_taken");
    create(&ada(), " STORM  warnings ").await.problem(409, "name-taken");
    create(&ada(), "ＳTORM warnings").await.problem(409, "name-taken");
    create(&grace(), "Storm warnings").await.expect(201);
}
