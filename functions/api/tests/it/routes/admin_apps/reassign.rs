use gatepass_domain::event::Aggregate;
use gatepass_testkit::{ada, grace, owen};
use serde_json::json;

use crate::harness::{Api, NOBODYS, id_of};

// Covers P21.
#[tokio::test]
async fn an_app_goes_over_with_what_it_holds() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let id = id_of(&access["app"]);
    let reassign = || {
        let body = json!({ "owner": "grace", "organisation": "airport" });
        api.post(&format!("/v1/admin/apps/{id}/owner")).by_owner(&owen()).keyed("k").json(body)
    };
    let answer = reassign().send().await.expect(200);
    assert_eq!((answer.text("/owner"), answer.text("/organisation")), ("grace".into(), "airport".into()));
    answer.is("admin_apps_reassign");
    assert_eq!(reassign().send().await.expect(200).body, answer.body);
    let event = api.world.store.events_of(&Aggregate::App(id.parse().unwrap())).await.unwrap().pop().unwrap();
    assert_eq!((event.detail.event_type(), event.actor().id.as_str()), ("AppReassigned", "owen"));
    let data = event.detail.data();
    assert_eq!((&data["from"], &data["to"]), (&json!("ada"), &json!("grace")));
    api.get(&format!("/v1/apps/{id}")).by(&ada()).send().await.problem(404, "not-found");
    let reveal = format!("/v1/apps/{id}/credentials/{}/reveal", access["credential_id"].as_str().unwrap());
    api.post(&reveal).by(&ada()).send().await.problem(404, "not-found");
    api.post(&reveal).by(&grace()).send().await.expect(200);
    assert_eq!(api.get("/v1/apps").by(&grace()).send().await.expect(200).items().len(), 1);
    assert_eq!(api.get("/v1/apps").by(&ada()).send().await.expect(200).items().len(), 0);
    // Its old name is free again for Ada, and taken for Grace.
    api.app(&ada(), "storm warnings").await;
    let body = json!({ "name": "STORM warnings" });
    api.post("/v1/apps").by(&grace()).json(body).send().await.problem(409, "name-taken");
}

#[tokio::test]
async fn a_name_that_the_new_owner_has_is_in_the_way() {
    let api = Api::new().await;
    let id = api.app(&ada(), "Storm warnings").await;
    api.app(&grace(), "storm warnings").await;
    let post = |id: &str, owner: &str| {
        api.post(&format!("/v1/admin/apps/{id}/owner")).by_owner(&owen()).json(json!({ "owner": owner }))
    };
    post(&id, "grace").send().await.problem(409, "name-taken");
    api.get(&format!("/v1/apps/{id}")).by(&ada()).send().await.expect(200);
    for owner in ["", " ", "\u{202e}evil", "a\nb", "\u{200b}", "a@b\r\nBcc: x"] {
        let answer = post(&id, owner).send().await.problem(400, "invalid-body");
        assert!(answer.pointers().iter().all(|pointer| pointer == "/owner"), "{owner:?}");
        post(NOBODYS, owner).send().await.problem(400, "invalid-body");
    }
    post(NOBODYS, "grace").send().await.problem(404, "not-found");
}
