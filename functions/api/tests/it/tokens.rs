//! Admission: the token that API Gateway vouches for, and its groups to the letter.

use gatepass_api::endpoints;
use gatepass_testkit::{ada, owen, person};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Call};

/// A call of every endpoint that is not open to everyone.
fn guarded(api: &Api) -> Vec<Call<'_>> {
    let open = |path: &str| path.starts_with("/v1/public/") || path == "/v1/health" || path == "/v1/openapi.json";
    let guarded = endpoints().iter().filter(|endpoint| !open(&endpoint.route.path));
    guarded.map(|endpoint| api.call(&endpoint.route)).collect()
}

fn unauthorized(answer: &Answer) {
    assert_eq!((answer.status, &answer.body), (401, &json!({ "message": "Unauthorized" })), "{}", answer.route);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn without_a_token_nothing_guarded_opens() {
    let api = Api::new().await;
    for call in guarded(&api) {
        unauthorized(&call.send().await);
    }
}

/// Unlike in production, where API Gateway would have refused it: the code does not rely on it alone.
#[tokio::test]
async fn a_token_that_api_gateway_does_not_vouch_for_opens_nothing() {
    let api = Api::new().await;
    for call in guarded(&api) {
        unauthorized(&call.by_owner(&owen()).vouched_for(None).send().await);
    }
    for call in guarded(&api) {
        unauthorized(&call.by_owner(&owen()).vouched_for(Some("ada")).send().await);
    }
}

#[tokio::test]
async fn what_is_no_token_opens_nothing() {
    let api = Api::new().await;
    let call = || api.get("/v1/me").vouched_for(Some("ada"));
    unauthorized(&call().send().await);
    for authorization in ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer a.e30.c", "Basic YWRhOmFkYQ=="] {
        unauthorized(&call().header("authorization", authorization).send().await);
    }
    for claims in [json!({}), json!({ "sub": 1 }), json!({ "sub": "" }), json!(null), json!([])] {
        unauthorized(&api.get("/v1/me").claims(claims).vouched_for(Some("")).send().await);
    }
    // Two tokens in one header: the claims are read of the first, and who knows which one was verified?
    let claims = json!({ "sub": "ada", "token_use": "access" });
    let two = |first: String| format!("{first},{first}");
    unauthorized(&api.get("/v1/me").claims(claims).header_with("authorization", two).send().await);
    let answer = call().send().await;
    answer.is("unauthorized");
}

/// ID tokens say who signed in, to the portal alone. One opened the list of the administrators.
#[tokio::test]
async fn an_id_token_opens_nothing() {
    let api = Api::new().await;
    let claims = |token_use: &str| json!({ "sub": "owen", "token_use": token_use, "cognito:groups": ["api-owners"] });
    for call in guarded(&api) {
        unauthorized(&call.claims(claims("id")).send().await);
    }
    api.get("/v1/admin/access-requests").claims(claims("access")).send().await.expect(200);
}

#[tokio::test]
async fn a_name_is_shown_as_it_can_be_read() {
    let api = Api::new().await;
    let claims = json!({ "sub": "ada", "name": "Ada\u{202e}\u{200b} \r\nByron" });
    assert_eq!(api.get("/v1/me").claims(claims).send().await.expect(200).text("/name"), "Ada Byron");
}

#[tokio::test]
async fn the_scheme_may_be_written_as_one_likes() {
    let api = Api::new().await;
    // {"sub":"ada"}
    let call = api.get("/v1/me").vouched_for(Some("ada")).header("authorization", "bEARER e30.eyJzdWIiOiJhZGEifQ.c2ln");
    assert_eq!(call.send().await.expect(200).text("/id"), "ada");
}

/// R34
#[tokio::test]
async fn only_the_group_api_owners_to_the_letter_is_let_in() {
    let api = Api::new().await;
    let list = |claims: Value| api.get("/v1/admin/access-requests").claims(claims).send();
    for groups in [
        json!([]),
        json!(null),
        json!(["api-owner"]),
        json!(["API-OWNERS"]),
        json!([" api-owners"]),
        json!(["api-owners "]),
        json!(["api-owners,builders"]),
        json!(["[api-owners]"]),
        json!("api-owners"),
        json!("[api-owners]"),
        json!({ "api-owners": true }),
        json!([["api-owners"]]),
    ] {
        list(json!({ "sub": "eve", "cognito:groups": groups })).await.problem(403, "forbidden");
    }
    // Another claim's groups are not these.
    list(json!({ "sub": "eve", "groups": ["api-owners"], "name": "api-owners" })).await.problem(403, "forbidden");
    list(json!({ "sub": "owen", "cognito:groups": ["builders", "api-owners"] })).await.expect(200);
}

#[tokio::test]
async fn consumers_are_kept_out_of_every_admin_endpoint() {
    let api = Api::new().await;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.route.path.starts_with("/v1/admin/")) {
        api.call(&endpoint.route).by(&ada()).send().await.problem(403, "forbidden");
    }
    api.get("/v1/admin/access-requests").by(&person("eve", &[])).send().await.is("problem_forbidden");
}
