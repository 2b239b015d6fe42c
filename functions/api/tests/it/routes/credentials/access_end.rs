//! Access for a time, which ends for each product by itself.

use gatepass_domain::Plan;
use gatepass_testkit::{ada, demo, owen};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::held::Held;
use crate::harness::{Api, id_of};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Access under `gold` ends after two hours; keys do not end.
async fn two_hours(api: &Api) {
    api.world.offer(Plan { access_expires_in_seconds: Some(7200), ..demo::plan("gold", "Gold") }).await;
}

/// Extends the credential by maps, which `decision` approves.
async fn extend(api: &Api, held: &Held<'_>, decision: Value) -> Value {
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold",
        "app_id": held.request["app"]["id"], "extends_credential_id": held.request["credential_id"],
    });
    let asked = api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body;
    let path = format!("/v1/admin/access-requests/{}/approve", id_of(&asked));
    api.post(&path).by_owner(&owen()).json(decision).send().await.expect(200);
    api.provision(&id_of(&asked)).await;
    asked
}

/// The state of access to weather and to maps, as it is shown, and as the authorizer decides.
async fn states(held: &Held<'_>, key: &str) -> [(Value, bool); 2] {
    let shown = held.listed().await["grants"].as_array().unwrap().clone();
    let state = |product: &str| shown.iter().find(|grant| grant["product_id"] == product).unwrap()["status"].clone();
    let (weather, maps) = (held.opens_product(key, "weather-api").await, held.opens_product(key, "maps-api").await);
    [(state("weather-api"), weather), (state("maps-api"), maps)]
}

// Covers P10.
#[tokio::test]
async fn access_ends_for_each_product_by_itself_whether_or_not_a_clean_up_ran() {
    let api = Api::new().await;
    two_hours(&api).await;
    let held = Held::under(&api, "gold").await;
    let key = held.reveal().await;
    let first = held.end().await;
    api.advance(HOUR);
    extend(&api, &held, json!({})).await;
    let both = held.listed().await;
    let end = |product: usize| both["grants"][product]["expires_at"].as_str().unwrap().to_owned();
    assert_eq!(end(0), first.to_string());
    assert_eq!((&both["expires_at"], &both["expires_because"]), (&json!(end(1)), &json!("access")));
    assert_eq!(both["grants"][0]["expires_because"], "access");
    let (open, shut) = ((json!("active"), true), (json!("revoked"), false));

    let half = HOUR / 2;
    api.advance(first.duration_since(api.now()) - half);
    assert_eq!(states(&held, &key).await, [open.clone(), open.clone()]);
    api.advance(half);
    assert_eq!(states(&held, &key).await, [shut.clone(), open.clone()], "nothing was written down");
    api.reconcile().await;
    assert_eq!(states(&held, &key).await, [shut.clone(), open]);
    let request = api.get(&format!("/v1/access-requests/{}", id_of(&held.request))).by(&ada()).send().await;
    assert_eq!(request.expect(200).body["provisioning"]["status"], "revoked", "the person concerned is told");

    api.advance(held.end().await.duration_since(api.now()));
    assert!(!held.opens_product(&key, "maps-api").await);
    assert_eq!(held.listed().await["status"], "expired");
}

#[tokio::test]
async fn a_product_whose_time_has_passed_may_be_asked_for_again_at_once() {
    let api = Api::new().await;
    two_hours(&api).await;
    let held = Held::under(&api, "gold").await;
    api.advance(HOUR);
    extend(&api, &held, json!({})).await;
    api.advance(HOUR);
    let ask = async |more: Value| {
        let mut body = json!({
            "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
            "app_id": held.request["app"]["id"],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.post("/v1/access-requests").by(&ada()).json(body).send().await
    };
    let again = ask(json!({ "extends_credential_id": held.request["credential_id"] })).await.expect(201).body;
    api.approve(&id_of(&again)).await;
    api.provision(&id_of(&again)).await;
    let key = held.reveal().await;
    assert!(held.opens(&key).await, "by the same key");
    ask(json!({})).await.problem(409, "duplicate-access");
}

#[tokio::test]
async fn whoever_approves_an_extension_may_set_its_end() {
    let api = Api::new().await;
    let held = Held::under(&api, "gold").await;
    let key = held.reveal().await;
    let end = api.now().checked_add(HOUR).unwrap();
    extend(&api, &held, json!({ "access_expires_at": end })).await;
    let listed = held.listed().await;
    assert_eq!(listed["expires_at"], Value::Null, "weather does not end");
    let ends = listed["grants"].as_array().unwrap().iter().map(|grant| grant["expires_at"].clone());
    assert_eq!(ends.collect::<Vec<_>>(), [Value::Null, json!(end)]);
    api.advance(HOUR);
    assert_eq!(states(&held, &key).await, [(json!("active"), true), (json!("revoked"), false)]);
    api.reconcile().await;
    let left = held.listed().await;
    assert_eq!((&left["status"], &left["expires_at"]), (&json!("active"), &Value::Null));
}

#[tokio::test]
async fn a_renewal_is_due_before_the_first_of_several_ends_and_moves_each() {
    let api = Api::new().await;
    two_hours(&api).await;
    let held = Held::under(&api, "gold").await;
    let first = held.end().await;
    api.advance(HOUR);
    extend(&api, &held, json!({})).await;
    let second = held.end().await;
    held.change("renew", json!({})).await;
    let two = HOUR * 2;
    assert_eq!(held.end().await, second.checked_add(two).unwrap());
    let ends = held.listed().await["grants"][0]["expires_at"].clone();
    assert_eq!(ends, json!(first.checked_add(two).unwrap()));
}
