//! Keys that an administrator brings along.

use gatepass_domain::Plan;
use gatepass_domain::key::PlainKey;
use gatepass_testkit::{ada, demo, olga, owen};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, NOBODYS};

const KEY: &str = "s3cr3t-Key/of.the:old+gateway";

async fn bring(api: &Api, app: &str, key: &str) -> Answer {
    let body = json!({ "product_ids": ["weather-api"], "plan_id": "gold", "key": key });
    api.post(&format!("/v1/admin/apps/{app}/credentials")).by_owner(&owen()).json(body).send().await
}

async fn opens(api: &Api, key: &str) -> bool {
    let digest = PlainKey::recognise(key).unwrap().digest();
    let record = api.world.store.api_key(&digest).await.unwrap();
    record.is_some_and(|record| record.opens(&"weather-api".parse().unwrap(), api.now()).is_ok())
}

// Covers P11.
#[tokio::test]
async fn a_key_that_was_brought_along_opens_at_once_and_is_never_revealed() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let brought = bring(&api, &app, KEY).await.expect(201);
    brought.is("admin_apps_bring_key");
    let path = format!("/v1/apps/{app}/credentials/{}", brought.text("/id"));
    assert_eq!((brought.headers["location"].as_str(), brought.headers["etag"].as_str()), (path.as_str(), "\"1\""));
    assert_eq!((brought.text("/prefix"), brought.text("/last_four")), ("s3cr".into(), "eway".into()));
    assert!(opens(&api, KEY).await);
    api.post(&format!("{path}/reveal")).by(&ada()).send().await.problem(409, "key-not-kept");

    // The request behind it is on record, in the app and for whoever revokes access.
    let id = brought.text("/request_id");
    let request = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
    assert_eq!((request.text("/kind"), request.text("/provisioning/status")), ("grant".into(), "provisioned".into()));
    let history: Vec<_> = request.body["history"].as_array().unwrap().iter().map(|one| one["type"].clone()).collect();
    assert_eq!(history, ["AccessRequestApproved", "AccessProvisioned"]);
    let revoke = api.post(&format!("/v1/admin/access-requests/{id}/revoke")).by_owner(&olga());
    revoke.json(json!({ "reason": "Over" })).send().await.expect(200);
    assert!(!opens(&api, KEY).await);
}

// Covers P11.
#[tokio::test]
async fn after_a_rotation_there_is_a_key_that_can_be_revealed() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let id = bring(&api, &app, KEY).await.expect(201).text("/id");
    let path = format!("/v1/apps/{app}/credentials/{id}");
    let rotated = api.post(&format!("{path}/rotate")).by(&ada()).json(json!({})).send().await.expect(200);
    assert_eq!([&rotated.body["keys"][0]["origin"], &rotated.body["keys"][1]["origin"]], ["issued", "brought_along"]);
    let key = api.post(&format!("{path}/reveal")).by(&ada()).send().await.expect(200).text("/key");
    assert!(opens(&api, &key).await && opens(&api, KEY).await, "both work while the rotation overlaps");
}

#[tokio::test]
async fn whoever_brought_a_key_grants_nothing_more_for_it() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let id = bring(&api, &app, KEY).await.expect(201).text("/id");
    let more = json!({ "product_ids": ["maps-api"], "plan_id": "gold", "extends_credential_id": id });
    let path = format!("/v1/admin/apps/{app}/grants");
    api.post(&path).by_owner(&owen()).json(more.clone()).send().await.problem(403, "conflict-of-interest");
    api.post(&path).by_owner(&olga()).json(more).send().await.expect(201);
}

/// They may never have asked for anything: they are known from the app.
#[tokio::test]
async fn the_owner_of_the_app_can_be_written_to() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let id = bring(&api, &app, KEY).await.expect(201).text("/request_id");
    let request = api.get(&format!("/v1/admin/access-requests/{id}")).by_owner(&olga()).send().await.expect(200);
    assert_eq!(request.text("/requester/email"), ada().email.unwrap());
}

#[tokio::test]
async fn a_weak_key_is_refused_with_what_is_wrong() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    for (key, says) in [
        ("abcdefghijklmnopqrstuvw", "24 to 128"),
        ("abcdefghijklmnopqrst uvwxyz", "visible"),
        ("abcdefghijkabcdefghijkabcdefg", "12 different"),
        ("abcdefghijklmnabcdefghijklmn", "repeats"),
        ("gp_abcdefghijklmnopqrstuvwxyz", "gp_"),
    ] {
        let refused = bring(&api, &app, key).await.problem(422, "key-too-weak");
        assert!(refused.text("/detail").contains(says), "{key}: {}", refused.body);
        assert!(!refused.body.to_string().contains(key));
    }
    bring(&api, &app, &"a".repeat(24)).await.problem(422, "key-too-weak");
    bring(&api, &app, &"abcdefghijklmno".repeat(10)).await.problem(422, "key-too-weak");
}

#[tokio::test]
async fn a_key_belongs_to_one_credential() {
    let api = Api::new().await;
    let (one, other) = (api.app(&ada(), "One").await, api.app(&ada(), "Other").await);
    bring(&api, &one, KEY).await.expect(201);
    bring(&api, &other, KEY).await.problem(409, "key-taken");
    bring(&api, &one, "another-Key/of.the:old+gateway").await.problem(409, "duplicate-access");
    let issued = api.access(&ada(), "maps-api", "gold", "Issued").await;
    let path = format!("/v1/apps/{}/credentials/{}/reveal", issued["app"]["id"].as_str().unwrap(), {
        issued["credential_id"].as_str().unwrap()
    });
    let key = api.post(&path).by(&ada()).send().await.expect(200).text("/key");
    bring(&api, &other, &key).await.problem(409, "key-taken");
}

#[tokio::test]
async fn what_is_refused_for_a_grant_is_refused_here() {
    let api = Api::new().await;
    bring(&api, NOBODYS, KEY).await.problem(404, "not-found");
    let own = api.app(owen().person(), "Own").await;
    bring(&api, &own, KEY).await.problem(403, "conflict-of-interest");
    let app = api.app(&ada(), "Storm warnings").await;
    let put = async |body: Value| {
        api.post(&format!("/v1/admin/apps/{app}/credentials")).by_owner(&owen()).json(body).send().await
    };
    let oauth = json!({ "product_ids": ["payments-api"], "plan_id": "gold", "key": KEY });
    assert_eq!(put(oauth).await.problem(400, "invalid-body").pointers(), ["/product_ids/0"]);
    api.world.offer::<Plan>(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    bring(&api, &app, KEY).await.problem(422, "needs-approvals");
}

#[tokio::test]
async fn a_key_is_taken_over_once_for_its_idempotency_key() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let body = json!({ "product_ids": ["weather-api"], "plan_id": "gold", "key": KEY });
    let path = format!("/v1/admin/apps/{app}/credentials");
    let call = || api.post(&path).by_owner(&owen()).keyed("k").json(body.clone());
    let first = call().send().await.expect(201);
    assert_eq!(call().send().await.expect(201).body, first.body);
}
