use gatepass_testkit::{ada, grace, owen};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::Api;

async fn names(api: &Api, query: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/admin/apps?{query}limit=2{cursor}");
        let page = api.get(&path).by_owner(&owen()).send().await.expect(200);
        names.extend(page.items().iter().map(|app| app["name"].as_str().unwrap().to_owned()));
        match &page.body["next_cursor"] {
            Value::Null => return names,
            next => cursor = format!("&cursor={}", next.as_str().unwrap()),
        }
    }
}

/// R21: everybody's, personal ones too.
#[tokio::test]
async fn owners_find_any_app_by_time_owner_or_name() {
    let api = Api::new().await;
    for (who, name) in [(ada(), "Storm warnings"), (grace(), "storm chasers"), (ada(), "Tides"), (grace(), "Ärger")] {
        api.app(&who, name).await;
        api.advance(SignedDuration::from_millis(5));
    }
    assert_eq!(names(&api, "").await, ["Ärger", "Tides", "storm chasers", "Storm warnings"]);
    assert_eq!(names(&api, "owner=ada&").await, ["Tides", "Storm warnings"]);
    assert_eq!(names(&api, "owner=nobody&").await, [""; 0]);
    assert_eq!(names(&api, "name=STORM&").await, ["storm chasers", "Storm warnings"]);
    assert_eq!(names(&api, "name=%C3%A4&").await, ["Ärger"]);
    assert_eq!(names(&api, "name=arm&").await, [""; 0]);
    assert_eq!(names(&api, "name=&").await, ["storm chasers", "Storm warnings", "Tides", "Ärger"]);
    api.get("/v1/admin/apps").by_owner(&owen()).send().await.expect(200).is("admin_apps_list");
}

#[tokio::test]
async fn a_renamed_app_is_found_by_its_new_name_and_a_deleted_one_not_at_all() {
    let api = Api::new().await;
    let id = api.app(&ada(), "Storm warnings").await;
    let edit = api.patch(&format!("/v1/apps/{id}")).by(&ada()).header("if-match", "*");
    edit.json(json!({ "name": "Gales" })).send().await.expect(200);
    assert_eq!(names(&api, "name=storm&").await, [""; 0]);
    assert_eq!(names(&api, "name=gale&").await, ["Gales"]);
    api.delete(&format!("/v1/apps/{id}")).by(&ada()).send().await.expect(204);
    assert_eq!(names(&api, "").await, [""; 0]);
}

#[tokio::test]
async fn owner_and_name_do_not_go_together() {
    let api = Api::new().await;
    for query in ["owner=ada&name=x", "limit=0", "colour=red"] {
        let path = format!("/v1/admin/apps?{query}");
        api.get(&path).by_owner(&owen()).send().await.problem(400, "invalid-parameter");
    }
}
