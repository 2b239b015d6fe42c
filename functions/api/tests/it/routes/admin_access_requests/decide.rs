use gatepass_testkit::{ada, grace, olga, owen};
use serde_json::{Value, json};

use crate::harness::{Api, NOBODYS, id_of};

const PATH: &str = "/v1/admin/access-requests/decide";

fn statuses(body: &Value) -> Vec<u64> {
    body["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect()
}

/// A request that cannot be decided is no obstacle to the others.
// Covers P17.
#[tokio::test]
async fn each_request_has_a_result_of_its_own() {
    let api = Api::new().await;
    let first = id_of(&api.request(&ada(), "weather-api", "gold", "One").await);
    let second = id_of(&api.request(&grace(), "maps-api", "gold", "Two").await);
    let own = id_of(&api.request(owen().person(), "maps-api", "gold", "Mine").await);
    api.approve(&second).await;
    let body = json!({ "decision": "approve", "ids": [first, second, own, NOBODYS], "note": "All known" });
    let answer = api.post(PATH).by_owner(&owen()).json(body).send().await.expect(200);
    assert_eq!(statuses(&answer.body), [200, 409, 403, 404]);
    let problems: Vec<_> = answer.items().iter().map(|item| item["problem"]["type"].as_str().unwrap_or("")).collect();
    assert_eq!(problems, ["", "/problems/already-decided", "/problems/conflict-of-interest", "/problems/not-found"]);
    assert_eq!(answer.body["items"][0]["access_request"]["approvals"][0]["note"], "All known");
    assert_eq!(answer.body["items"][1]["problem"]["request_id"], "JKJaXmPLvHcESHA=");
    answer.is("admin_access_requests_decide");
}

#[tokio::test]
async fn many_are_rejected_with_one_reason() {
    let api = Api::new().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(id_of(&api.request(&ada(), "weather-api", "gold", &format!("App {number}")).await));
    }
    let body = json!({ "decision": "reject", "ids": ids, "reason": "Please use the plan `free`." });
    let answer = api.post(PATH).by_owner(&olga()).json(body).send().await.expect(200);
    assert_eq!(statuses(&answer.body), [200, 200, 200]);
    for item in answer.items() {
        assert_eq!(item["access_request"]["reason"], "Please use the plan `free`.");
    }
}

/// Sent again, it goes on where it was broken off, and what was done is answered as it was.
#[tokio::test]
async fn sent_again_it_goes_on() {
    let api = Api::new().await;
    let first = id_of(&api.request(&ada(), "weather-api", "gold", "One").await);
    let second = id_of(&api.request(&ada(), "maps-api", "gold", "Two").await);
    let both = json!({ "decision": "approve", "ids": [first, second] });
    let decide = |body: &Value| api.post(PATH).by_owner(&owen()).keyed("k").json(body);
    api.world.table.faults.plan("TransactWriteItems", gatepass_testkit::Fault::LostReply, 9);
    let broken = decide(&both).send().await;
    assert_eq!(broken.status, 503, "the key could not be kept: nothing was decided");
    while !api.world.table.faults.are_over() {
        decide(&both).send().await;
    }
    let answer = decide(&both).send().await.expect(200);
    assert_eq!(statuses(&answer.body), [200, 200]);
    assert_eq!(decide(&both).send().await.expect(200).body, answer.body);
    for id in [&first, &second] {
        let history = api.world.history(id.parse().unwrap()).await;
        assert_eq!(history, ["AccessRequestSubmitted", "AccessRequestApproved"]);
    }
    let other = json!({ "decision": "approve", "ids": [first] });
    decide(&other).send().await.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_body_that_makes_no_sense_decides_nothing() {
    let api = Api::new().await;
    let id = id_of(&api.request(&ada(), "weather-api", "gold", "One").await);
    let many: Vec<_> = (0..101).map(|n| format!("019351d0-0000-7000-8000-{n:012}")).collect();
    for (body, pointer) in [
        (json!({ "decision": "approve", "ids": [] }), "/ids"),
        (json!({ "decision": "approve", "ids": many }), "/ids"),
        (json!({ "decision": "approve", "ids": [id, id] }), "/ids/1"),
        (json!({ "decision": "approve", "ids": ["x"] }), "/ids/0"),
        (json!({ "decision": "approve", "ids": [id], "reason": "no" }), "/reason"),
        (json!({ "decision": "reject", "ids": [id] }), "/reason"),
        (json!({ "decision": "reject", "ids": [id], "reason": " " }), "/reason"),
        (json!({ "decision": "reject", "ids": [id], "reason": "no", "note": "x" }), "/note"),
        (json!({ "decision": "withdraw", "ids": [id] }), "/decision"),
    ] {
        let answer = api.post(PATH).by_owner(&owen()).json(&body).send().await.problem(400, "invalid-body");
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    assert_eq!(api.world.request(id.parse().unwrap()).await.version, 1);
}
