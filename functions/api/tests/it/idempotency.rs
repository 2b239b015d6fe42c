//! `Idempotency-Key`: the same key and body have the same answer.

use gatepass_testkit::{Fault, ada, grace, olga, owen};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};

fn order(app: &str) -> Value {
    json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "new_app": { "name": app },
    })
}

/// Holds a replay against the answer it repeats: status, body and where it stands.
fn same(replay: &Answer, first: &Answer) {
    assert_eq!((replay.status, &replay.body), (first.status, &first.body));
    assert_eq!(replay.headers.get("location"), first.headers.get("location"));
    assert_eq!(replay.headers.get("content-type"), first.headers.get("content-type"));
}

#[tokio::test]
async fn a_submit_that_is_repeated_has_the_same_answer() {
    let api = Api::new().await;
    let submit = |key: &str, app: &str| api.post("/v1/access-requests").by(&ada()).keyed(key).json(order(app)).send();
    let first = submit("k1", "Storm warnings").await.expect(201);
    let replay = submit("k1", "Storm warnings").await;
    same(&replay, &first);
    let reused = submit("k1", "Another").await.problem(422, "idempotency-key-reused");
    reused.is("problem_idempotency_key_reused");
    submit("k2", "Storm warnings").await.problem(409, "name-taken");
    submit("k2", "Another").await.expect(201);
    assert_eq!(api.get("/v1/access-requests").by(&ada()).send().await.items().len(), 2);
}

#[tokio::test]
async fn other_peoples_keys_are_their_own() {
    let api = Api::new().await;
    let body = json!({ "name": "Storm warnings" });
    let hers = api.post("/v1/apps").by(&ada()).keyed("k").json(&body).send().await.expect(201);
    let other = api.post("/v1/apps").by(&grace()).keyed("k").json(&body).send().await.expect(201);
    assert_ne!(hers.text("/id"), other.text("/id"));
    let replay = api.post("/v1/apps").by(&ada()).keyed("k").json(&body).send().await;
    same(&replay, &hers);
}

#[tokio::test]
async fn a_key_belongs_to_one_operation() {
    let api = Api::new().await;
    api.post("/v1/apps").by(&ada()).keyed("k").json(json!({ "name": "App" })).send().await.expect(201);
    let elsewhere = api.post("/v1/access-requests").by(&ada()).keyed("k").json(order("Other")).send().await;
    elsewhere.problem(422, "idempotency-key-reused");
    let (one, other) =
        (api.request(&ada(), "maps-api", "gold", "1").await, api.request(&ada(), "maps-api", "gold", "2").await);
    let withdraw = |request: &Value| {
        api.post(&format!("/v1/access-requests/{}/withdraw", id_of(request))).by(&ada()).keyed("w").send()
    };
    withdraw(&one).await.expect(200);
    withdraw(&other).await.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn decisions_that_are_repeated_have_the_same_answer() {
    let api = Api::new().await;
    let [approved, rejected, withdrawn] = [
        id_of(&api.request(&ada(), "weather-api", "gold", "1").await),
        id_of(&api.request(&ada(), "weather-api", "gold", "2").await),
        id_of(&api.request(&ada(), "weather-api", "gold", "3").await),
    ];
    let approve = || api.post(&format!("/v1/admin/access-requests/{approved}/approve")).by_owner(&owen());
    let first = approve().keyed("a").send().await.expect(200);
    same(&approve().keyed("a").send().await, &first);
    approve().send().await.problem(409, "already-decided");
    approve().keyed("b").send().await.problem(409, "already-decided");
    approve().keyed("a").json(json!({ "note": "x" })).send().await.problem(422, "idempotency-key-reused");
    // Another owner's key of the same name is not his.
    let olgas = api.post(&format!("/v1/admin/access-requests/{approved}/approve")).by_owner(&olga()).keyed("a");
    olgas.send().await.problem(409, "already-decided");

    let reject = || api.post(&format!("/v1/admin/access-requests/{rejected}/reject")).by_owner(&owen()).keyed("r");
    let first = reject().json(json!({ "reason": "no" })).send().await.expect(200);
    same(&reject().json(json!({ "reason": "no" })).send().await, &first);
    reject().json(json!({ "reason": "never" })).send().await.problem(422, "idempotency-key-reused");

    let withdraw = || api.post(&format!("/v1/access-requests/{withdrawn}/withdraw")).by(&ada()).keyed("w").send();
    let first = withdraw().await.expect(200);
    same(&withdraw().await, &first);
}

#[tokio::test]
async fn a_retry_that_is_repeated_has_the_same_answer() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "payments-api", "gold", "Shop").await);
    api.approve(&id).await;
    api.provision(&id).await;
    let retry = || api.post(&format!("/v1/admin/access-requests/{id}/retry")).by_owner(&owen()).keyed("t").send();
    let first = retry().await.expect(200);
    same(&retry().await, &first);
}

#[tokio::test]
async fn a_key_serves_24_hours() {
    let api = Api::new().await;
    let create = |name: &str| api.post("/v1/apps").by(&ada()).keyed("k").json(json!({ "name": name })).send();
    create("One").await.expect(201);
    api.advance(SignedDuration::from_hours(23));
    create("Two").await.problem(422, "idempotency-key-reused");
    api.advance(SignedDuration::from_hours(2));
    create("Two").await.expect(201);
}

/// A refusal leaves nothing behind: the same key may be used when the reason is gone.
#[tokio::test]
async fn a_refusal_does_not_use_the_key_up() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    let submit = || {
        let mut body = order("");
        body.as_object_mut().unwrap().remove("new_app");
        body["app_id"] = json!(app);
        api.post("/v1/access-requests").by(&ada()).json(body)
    };
    let standing = id_of(&submit().send().await.expect(201).body);
    submit().keyed("k").send().await.problem(409, "duplicate-access");
    api.post(&format!("/v1/access-requests/{standing}/withdraw")).by(&ada()).send().await.expect(200);
    submit().keyed("k").send().await.expect(201);
}

#[tokio::test]
async fn a_reply_that_was_lost_on_the_way_makes_no_second_request() {
    let api = Api::new().await;
    api.world.table.faults.plan("TransactWriteItems", Fault::LostReply, 1);
    let submit = || api.post("/v1/access-requests").by(&ada()).keyed("k").json(order("Storm warnings")).send();
    let first = submit().await.expect(201);
    same(&submit().await, &first);
    assert_eq!(api.get("/v1/access-requests").by(&ada()).send().await.items().len(), 1);
}

#[tokio::test]
async fn a_race_with_one_key_has_one_winner_and_one_answer() {
    let api = Api::new().await;
    let submit = || api.post("/v1/access-requests").by(&ada()).keyed("k").json(order("Storm warnings")).send();
    let (a, b, c, d) = tokio::join!(submit(), submit(), submit(), submit());
    for answer in [&b, &c, &d] {
        same(answer, &a);
    }
    assert_eq!(a.status, 201);
    assert_eq!(api.get("/v1/access-requests").by(&ada()).send().await.items().len(), 1);
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_characters() {
    let api = Api::new().await;
    let create = |key: &str| api.post("/v1/apps").by(&ada()).keyed(key).json(json!({ "name": "App" })).send();
    for key in ["", " ", "\t", "a b", "clé", &"k".repeat(256)] {
        create(key).await.problem(400, "invalid-idempotency-key");
    }
    create("").await.is("problem_invalid_idempotency_key");
    create(&"k".repeat(255)).await.expect(201);
}

/// A look at the table itself, since an answer could not tell.
#[tokio::test]
async fn no_key_in_clear_is_kept_anywhere() {
    let api = Api::new().await;
    let request = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let reveal = format!(
        "/v1/apps/{}/credentials/{}/reveal",
        id_of(&request["app"]),
        request["credential_id"].as_str().unwrap()
    );
    let key = api.post(&reveal).by(&ada()).keyed("k").send().await.expect(200).text("/key");
    let client = &api.world.table.client;
    for partition in [format!("A#{}", id_of(&request["app"])), format!("R#{}", id_of(&request)), "U#ada".to_owned()] {
        let query = client.query().table_name(&api.world.table.name).key_condition_expression("PK = :pk");
        let rows =
            query.expression_attribute_values(":pk", aws_sdk_dynamodb::types::AttributeValue::S(partition)).send();
        assert!(!format!("{:?}", rows.await.unwrap().items()).contains(&key));
    }
}
