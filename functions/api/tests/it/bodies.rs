//! Bodies: JSON of known members, at most 256 KiB of it.

use gatepass_api::endpoints;
use gatepass_testkit::{ada, owen};
use serde_json::{Value, json};

use crate::harness::{Api, Call};

const LIMIT: usize = 256 * 1024;
const DOCUMENT_LIMIT: usize = 2 * 1024 * 1024;

/// A call of every endpoint that takes a body, by somebody with the role for it.
fn writing(api: &Api) -> Vec<Call<'_>> {
    let writes = |method: &str| ["POST", "PUT", "PATCH"].contains(&method);
    let writing = endpoints().iter().filter(|endpoint| writes(&endpoint.route.method));
    writing
        .map(|endpoint| {
            let call = api.call(&endpoint.route).header("if-match", "*");
            if endpoint.route.path.starts_with("/v1/admin/") { call.by_owner(&owen()) } else { call.by(&ada()) }
        })
        .collect()
}

/// The same calls, with the size of the largest body that each takes.
fn limited(api: &Api) -> Vec<(Call<'_>, usize)> {
    let limit = |call: &Call<'_>| if call.path().ends_with("/openapi") { DOCUMENT_LIMIT } else { LIMIT };
    writing(api)
        .into_iter()
        .map(|call| {
            let limit = limit(&call);
            (call, limit)
        })
        .collect()
}

fn order() -> Value {
    json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "new_app": { "name": "Storm warnings" },
    })
}

#[tokio::test]
async fn what_is_no_json_is_called_so_everywhere() {
    let api = Api::new().await;
    for body in ["{", "{} {}", "[", "[1", "{'reason': 'no'}", "nonsense", "{\"surprise\": 1,}"] {
        for call in writing(&api) {
            call.text(body).send().await.problem(400, "malformed-json");
        }
    }
    api.post("/v1/apps").by(&ada()).text("{\"name\": ").send().await.is("problem_malformed_json");
}

#[tokio::test]
async fn unknown_members_are_pointed_at_everywhere() {
    let api = Api::new().await;
    for call in writing(&api) {
        // Every member that some body must have, so that the unknown one is all that is wrong.
        let answer = call.json(json!({ "surprise": 1 })).send().await.problem(400, "invalid-body");
        let pointers = answer.pointers();
        assert!(pointers == ["/surprise"] || pointers == [""], "{}: {pointers:?}", answer.route);
    }
    let body = json!({ "name": "Storm warnings", "surprise": 1, "colour": { "red": 255 } });
    let answer = api.post("/v1/apps").by(&ada()).json(body).send().await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/colour", "/surprise"]);
    answer.is("problem_unknown_members");
    let mut body = order();
    body["new_app"]["colour~/name"] = json!("red");
    let answer = api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/new_app/colour~0~1name"]);
}

#[tokio::test]
async fn ill_typed_and_missing_members_are_pointed_at() {
    let api = Api::new().await;
    let submit = |body: Value| api.post("/v1/access-requests").by(&ada()).json(body).send();
    let with = |member: &str, value: Value| {
        let mut body = order();
        body[member] = value;
        body
    };
    for (body, pointer) in [
        (with("catalogue_id", json!(7)), "/catalogue_id"),
        (with("catalogue_id", json!("No Slug")), "/catalogue_id"),
        (with("product_ids", json!("weather-api")), "/product_ids"),
        (with("product_ids", json!(["weather-api", null])), "/product_ids/1"),
        (with("product_ids", json!(["weather-api", "-"])), "/product_ids/1"),
        (with("plan_id", json!(null)), "/plan_id"),
        (with("new_app", json!({ "name": ["a"] })), "/new_app/name"),
        (with("new_app", json!({ "name": "a", "visibility": "secret" })), "/new_app/visibility"),
        (with("new_app", json!({ "name": "a", "redirect_uris": [1] })), "/new_app/redirect_uris/0"),
        (with("extends_credential_id", json!("1")), "/extends_credential_id"),
        (with("justification", json!(true)), "/justification"),
        (json!([]), ""),
        (json!(["public-apis", ["weather-api"], "gold", null, { "name": "Storm warnings" }]), ""),
        (json!("text"), ""),
        (json!(null), ""),
    ] {
        let answer = submit(body.clone()).await.problem(400, "invalid-body");
        assert_eq!(answer.pointers(), [pointer], "{body}: {:#}", answer.body);
    }
    submit(with("product_ids", json!(["weather-api", "Maps"]))).await.is("problem_ill_typed_member");
    for member in ["catalogue_id", "product_ids", "plan_id"] {
        let mut body = order();
        body.as_object_mut().unwrap().remove(member);
        let answer = submit(body).await.problem(400, "invalid-body");
        assert!(answer.text("/detail").contains(member), "{:#}", answer.body);
    }
    api.post("/v1/apps").by(&ada()).json(json!({})).send().await.is("problem_missing_member");
}

/// A body can have more faults than an answer may have bytes.
#[tokio::test]
async fn of_many_faults_the_first_are_named() {
    let api = Api::new().await;
    let body = json!({ "name": "App", "redirect_uris": vec![""; 80_000] });
    let answer = api.post("/v1/apps").by(&ada()).json(body).send().await.problem(400, "invalid-body");
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 100);
    assert!(answer.text("/detail").ends_with("faults; `errors` has the first 100."), "{}", answer.text("/detail"));
    let mut unknown = json!({ "name": "App" });
    unknown["x".repeat(100_000)] = json!(1);
    let answer = api.post("/v1/apps").by(&ada()).json(unknown).send().await.problem(400, "invalid-body");
    assert!(answer.body.to_string().len() < 2_000);
}

#[tokio::test]
async fn faults_are_told_in_plain_words() {
    let api = Api::new().await;
    let mut body = order();
    body["extends_credential_id"] = json!("x");
    let answer = api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(400, "invalid-body");
    assert!(answer.text("/errors/0/detail").starts_with("must be an id as it was answered"), "{:#}", answer.body);
    let deep = "[".repeat(200);
    let answer = api.post("/v1/apps").by(&ada()).text(&deep).send().await.problem(400, "malformed-json");
    assert_eq!(answer.text("/detail"), "The body is nested too deeply: at most 127 levels are read.");
}

#[tokio::test]
async fn actions_take_no_body_or_an_empty_one() {
    let api = Api::new().await;
    let id = api.request(&ada(), "weather-api", "gold", "One").await["id"].as_str().unwrap().to_owned();
    let withdraw = format!("/v1/access-requests/{id}/withdraw");
    for body in ["[]", "null", "1", "\"\""] {
        api.post(&withdraw).by(&ada()).text(body).send().await.problem(400, "invalid-body");
    }
    api.post(&withdraw).by(&ada()).text("{}").send().await.expect(200);
    // Without a body its media type is of no interest.
    api.post(&withdraw).by(&ada()).header("content-type", "text/plain").send().await.problem(409, "already-decided");
}

#[tokio::test]
async fn at_most_256_kib_are_taken() {
    let api = Api::new().await;
    for (call, limit) in limited(&api) {
        call.text(&" ".repeat(limit + 1)).send().await.problem(413, "body-too-large");
    }
    let body = order().to_string();
    let padded = body + &" ".repeat(LIMIT - order().to_string().len());
    assert_eq!(padded.len(), LIMIT);
    api.post("/v1/access-requests").by(&ada()).text(&padded).send().await.expect(201);
    api.post("/v1/access-requests").by(&ada()).text(&(padded + " ")).send().await.is("problem_body_too_large");
}

#[tokio::test]
async fn what_does_not_call_itself_json_is_not_taken() {
    let api = Api::new().await;
    for media_type in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "", "text/json; x=application/json"]
    {
        for call in writing(&api) {
            call.text("{}").header("content-type", media_type).send().await.problem(415, "unsupported-media-type");
        }
    }
    for media_type in ["application/json", "application/json; charset=utf-8", "Application/JSON ;charset=UTF-8"] {
        let name = format!("App {media_type}");
        let call = api.post("/v1/apps").by(&ada()).json(json!({ "name": name })).header("content-type", media_type);
        call.send().await.expect(201);
    }
    let call = api.post("/v1/apps").by(&ada()).text("name=Storm").header("content-type", "text/plain");
    call.send().await.is("problem_unsupported_media_type");
}
