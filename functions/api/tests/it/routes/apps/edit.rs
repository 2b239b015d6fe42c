use gatepass_testkit::{ada, person};
use serde_json::{Value, json};

use crate::harness::{Api, NOBODYS};

#[tokio::test]
async fn an_app_is_edited_by_its_owner_in_the_parts_that_are_named() {
    let api = Api::new().await;
    let path = format!("/v1/apps/{}", api.app(&ada(), "Storm warnings").await);
    let edit = |tag: &str, body: Value| api.patch(&path).by(&ada()).header("if-match", tag).json(body).send();
    let answer = edit("\"1\"", json!({ "description": "Warns ships", "visibility": "team", "team": "builders" })).await;
    answer.expect(200).is("apps_edit");
    let back = edit("\"2\"", json!({ "visibility": "personal", "team": null })).await.expect(200);
    assert_eq!((back.text("/description"), &back.body["team"]), ("Warns ships".to_owned(), &json!(null)));
    assert_eq!(back.headers["etag"], "\"3\"");
}

#[tokio::test]
async fn an_edit_says_which_version_it_is_meant_for() {
    let api = Api::new().await;
    let path = format!("/v1/apps/{}", api.app(&ada(), "Storm warnings").await);
    let edit = || api.patch(&path).by(&ada());
    // Before the body is looked at.
    edit().text("{").send().await.problem(428, "if-match-required").is("problem_if_match_required");
    let stale = edit().header("if-match", "\"7\"").json(json!({ "name": "Other" })).send().await;
    stale.problem(412, "version-mismatch").is("problem_version_mismatch");
    for tag in ["1", "", "W/\"1\"", "\"x\"", "\"-1\""] {
        let answer = edit().header("if-match", tag).json(json!({ "name": "Other" })).send().await;
        answer.problem(412, "version-mismatch");
    }
    edit().header("if-match", "*").json(json!({ "name": "Other" })).send().await.expect(200);
}

#[tokio::test]
async fn a_mate_sees_an_app_and_may_not_edit_it() {
    let api = Api::new().await;
    let body = json!({ "name": "Ours", "visibility": "team", "team": "builders" });
    let path = format!("/v1/apps/{}", api.post("/v1/apps").by(&ada()).json(body).send().await.expect(201).text("/id"));
    let edit = |who: &str, groups: &[&str]| {
        api.patch(&path).by(&person(who, groups)).header("if-match", "*").json(json!({ "name": "Mine" })).send()
    };
    edit("bob", &["builders"]).await.expect(403);
    edit("eve", &[]).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_new_name_is_one_that_is_free() {
    let api = Api::new().await;
    let path = format!("/v1/apps/{}", api.app(&ada(), "One").await);
    api.app(&ada(), "Two").await;
    let edit = |name: &str| api.patch(&path).by(&ada()).header("if-match", "*").json(json!({ "name": name })).send();
    edit("two").await.problem(409, "name-taken");
    edit("Three").await.expect(200);
    api.app(&ada(), "One").await;
    let answer = edit("").await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/name"]);
}

/// The body comes before existence, and that before the version.
#[tokio::test]
async fn a_body_that_is_wrong_is_said_before_anything_else() {
    let api = Api::new().await;
    let own = format!("/v1/apps/{}", api.app(&ada(), "Storm warnings").await);
    for (path, tag) in [(own.as_str(), "\"7\""), (&format!("/v1/apps/{NOBODYS}"), "*")] {
        let edit = |body: Value| api.patch(path).by(&ada()).header("if-match", tag).json(body).send();
        let answer = edit(json!({ "name": " ", "redirect_uris": ["/back"] })).await.problem(400, "invalid-body");
        assert_eq!(answer.pointers(), ["/name", "/redirect_uris/0"]);
    }
    // What only the app itself can tell comes after its version.
    let edit = |tag: &str| {
        let call = api.patch(&own).by(&ada()).header("if-match", tag);
        call.json(json!({ "visibility": "team" })).send()
    };
    edit("\"7\"").await.problem(412, "version-mismatch");
    assert_eq!(edit("\"1\"").await.problem(400, "invalid-body").pointers(), ["/team"]);
}

#[tokio::test]
async fn a_list_of_tags_matches_by_any_that_is_exact() {
    let api = Api::new().await;
    let id = api.app(&ada(), "One").await;
    let rename = |tags: &'static str, name: &str| {
        api.patch(&format!("/v1/apps/{id}")).by(&ada()).header("if-match", tags).json(json!({ "name": name })).send()
    };
    rename(r#""01""#, "Two").await.problem(412, "version-mismatch");
    rename(r#"W/"1""#, "Two").await.problem(412, "version-mismatch");
    rename(r#""7", "8""#, "Two").await.problem(412, "version-mismatch");
    rename(r#""7", "1""#, "Two").await.expect(200);
    rename(r#""1", "7""#, "Three").await.problem(412, "version-mismatch");
}

#[tokio::test]
async fn an_app_is_edited_after_its_owner_left_the_team() {
    let api = Api::new().await;
    let (before, after) = (person("ada", &["builders"]), person("ada", &[]));
    let body = json!({ "name": "Storm warnings", "visibility": "team", "team": "builders" });
    let id = api.post("/v1/apps").by(&before).json(body).send().await.expect(201).text("/id");
    let edit = |body: Value| api.patch(&format!("/v1/apps/{id}")).by(&after).header("if-match", "*").json(body).send();
    edit(json!({ "description": "Warns ships" })).await.expect(200);
    // Sharing is checked as soon as it is edited.
    let answer = edit(json!({ "team": "builders" })).await.problem(400, "invalid-body");
    assert_eq!(answer.pointers(), ["/team"]);
    edit(json!({ "visibility": "personal", "team": null })).await.expect(200);
}
