use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, grace, olga, owen};
use serde_json::{Value, json};

use crate::harness::{Api, Call, NOBODYS, id_of};

fn grant<'a>(api: &'a Api, app: &str, body: &Value) -> Call<'a> {
    api.post(&format!("/v1/admin/apps/{app}/grants")).by_owner(&owen()).json(body)
}

/// It stands among the requests, approved from the start, and is provisioned like any other.
#[tokio::test]
async fn access_is_granted_without_a_request() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let body = json!({ "product_ids": ["weather-api", "maps-api"], "plan_id": "gold", "note": "For the harbour" });
    let answer = grant(&api, &app, &body).keyed("k").send().await.expect(201);
    answer.is("admin_apps_grant");
    assert_eq!(grant(&api, &app, &body).keyed("k").send().await.expect(201).body, answer.body);
    let id = id_of(&answer.body);
    assert_eq!(api.provision(&id).await, Outcome::Provisioned);
    assert_eq!(api.world.history(id.parse().unwrap()).await, ["AccessRequestApproved", "AccessProvisioned"]);
    let credentials = api.get(&format!("/v1/apps/{app}/credentials")).by(&ada()).send().await.expect(200);
    assert_eq!(credentials.items().len(), 1);
    for list in ["/v1/access-requests".to_owned(), format!("/v1/admin/access-requests?app_id={app}")] {
        let who = if list.contains("admin") { owen().person().clone() } else { ada() };
        let listed = api.get(&list).by(&who).send().await.expect(200);
        assert_eq!(listed.items().iter().map(id_of).collect::<Vec<_>>(), std::slice::from_ref(&id), "{list}");
    }
    let revoke = api.post(&format!("/v1/admin/access-requests/{id}/revoke")).by_owner(&olga());
    revoke.json(json!({ "reason": "Over" })).send().await.expect(200);
    grant(&api, &app, &body).send().await.expect(201);
}

/// The audience of a catalogue does not matter, and the owner's address is known from what they asked for.
#[tokio::test]
async fn what_is_not_presented_to_the_owner_can_be_granted() {
    let api = Api::new().await;
    let request = api.request(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&request["app"]);
    let body = json!({ "product_ids": ["fleet-api"], "plan_id": "gold" });
    let granted = grant(&api, &app, &body).send().await.expect(201).body;
    assert_eq!(granted["items"][0]["catalogue_id"], "partner-apis");
    assert_eq!(granted["requester"]["email"], "ada@example.com");
    assert_eq!(granted["decided_by"]["id"], "owen");
    assert_eq!(granted["policy"]["rule"], "granted");
}

/// The same keys open it too.
#[tokio::test]
async fn a_grant_extends_a_credential() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&access["app"]);
    let credential = &access["credential_id"];
    let body = json!({ "product_ids": ["maps-api"], "plan_id": "gold", "extends_credential_id": credential });
    let granted = grant(&api, &app, &body).send().await.expect(201).body;
    assert_eq!(&granted["credential_id"], credential);
    assert_eq!(api.provision(&id_of(&granted)).await, Outcome::Provisioned);
    let credentials = api.get(&format!("/v1/apps/{app}/credentials")).by(&ada()).send().await.expect(200);
    assert_eq!(credentials.items().len(), 1);
    assert_eq!(credentials.items()[0]["grants"].as_array().unwrap().len(), 2);
    let other_plan = json!({ "product_ids": ["fleet-api"], "plan_id": "free", "extends_credential_id": credential });
    grant(&api, &app, &other_plan).send().await.problem(422, "credential-not-compatible");
}

#[tokio::test]
async fn what_does_not_fit_is_not_granted() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    for (body, status, slug) in [
        (
            json!({ "product_ids": ["fleet-api"], "plan_id": "gold", "catalogue_id": "public-apis" }),
            422,
            "plan-not-offered",
        ),
        (
            json!({ "product_ids": ["weather-api", "payments-api"], "plan_id": "gold" }),
            422,
            "mixed-authentication-methods",
        ),
        (json!({ "product_ids": [], "plan_id": "gold" }), 400, "invalid-body"),
        (json!({ "product_ids": ["weather-api", "weather-api"], "plan_id": "gold" }), 400, "invalid-body"),
        (json!({ "product_ids": ["lead-api"], "plan_id": "gold" }), 400, "invalid-body"),
        (json!({ "product_ids": ["weather-api"], "plan_id": "lead" }), 400, "invalid-body"),
        (json!({ "product_ids": ["weather-api"], "plan_id": "gold", "note": "x".repeat(2001) }), 400, "invalid-body"),
    ] {
        grant(&api, &app, &body).send().await.problem(status, slug);
    }
    let body = json!({ "product_ids": ["weather-api"], "plan_id": "gold" });
    grant(&api, NOBODYS, &body).send().await.problem(404, "not-found");
    let own = api.app(owen().person(), "Mine").await;
    grant(&api, &own, &body).send().await.problem(403, "conflict-of-interest");
    let waiting = api.request(&grace(), "weather-api", "gold", "Fleet").await;
    let refused = grant(&api, &id_of(&waiting["app"]), &body).send().await.problem(409, "duplicate-access");
    assert_eq!(refused.body["conflicting_request_id"], waiting["id"]);
}
