//! Many at once, on the endpoints themselves: plain, and with collisions and lost replies on top.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use gatepass_domain::Plan;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::plan::Limit;
use gatepass_testkit::{Fault, ada, demo, owen};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};

/// The faults of the transactions in a race: not more than one caller may meet alone and still be served.
const TROUBLE: [&[(Fault, usize)]; 2] = [&[], &[(Fault::TransactionConflict, 6), (Fault::LostReply, 2)]];

fn plan(api: &Api, trouble: &[(Fault, usize)]) {
    for (fault, times) in trouble {
        api.world.table.faults.plan("TransactWriteItems", *fault, *times);
    }
}

/// The answers to `count` callers at once, by how often.
async fn race<F: Future<Output = Answer>>(count: usize, call: impl Fn(usize) -> F) -> BTreeMap<String, usize> {
    let mut answers = BTreeMap::new();
    for answer in join_all((0..count).map(call)).await {
        let problem = answer.body["type"].as_str().unwrap_or_default();
        *answers.entry(format!("{} {problem}", answer.status)).or_default() += 1;
    }
    answers
}

fn answers<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.map(|(answer, times)| (answer.to_owned(), times)).into()
}

async fn own_requests(api: &Api) -> usize {
    api.get("/v1/access-requests?limit=100").by(&ada()).send().await.expect(200).items().len()
}

#[tokio::test]
async fn of_six_submits_of_one_cart_one_files_the_request() {
    for trouble in TROUBLE {
        let api = Api::new().await;
        let app = api.app(&ada(), "Storm warnings").await;
        for body in [json!({ "app_id": app }), json!({ "new_app": { "name": "Another" } })] {
            let item = json!({ "plan_id": "gold", "catalogue_id": "public-apis" });
            api.put("/v1/cart/items/weather-api").by(&ada()).json(item).send().await.expect(200);
            let before = own_requests(&api).await;
            plan(&api, trouble);
            let answered = race(6, |_| api.post("/v1/cart/submit").by(&ada()).json(&body).send()).await;
            assert_eq!(answered, answers([("201 ", 1), ("422 /problems/empty-cart", 5)]), "{trouble:?}");
            assert_eq!(own_requests(&api).await, before + 1);
        }
        assert_eq!(api.get("/v1/apps").by(&ada()).send().await.items().len(), 2, "no app without its request");
    }
}

#[tokio::test]
async fn of_twenty_submits_against_an_allowance_of_five_five_pass() {
    for trouble in TROUBLE {
        let api = Api::new().await;
        let limit = Some(Limit { requests: 5, per_seconds: 3600 });
        api.world.offer(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
        plan(&api, trouble);
        let submit = |n| {
            let body = json!({
                "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
                "new_app": { "name": format!("App {n}") },
            });
            api.post("/v1/access-requests").by(&ada()).json(body).send()
        };
        let answered = race(20, submit).await;
        let expected = answers([("201 ", 5), ("429 /problems/plan-access-quota-exceeded", 15)]);
        assert_eq!(answered, expected, "{trouble:?}");
        assert_eq!(own_requests(&api).await, 5);
        assert_eq!(api.get("/v1/apps").by(&ada()).send().await.items().len(), 5, "no app without its request");
        // By the other way too, and nothing is given back.
        let request = api.get("/v1/access-requests").by(&ada()).send().await.items()[0].clone();
        let withdraw = format!("/v1/access-requests/{}/withdraw", id_of(&request));
        api.post(&withdraw).by(&ada()).send().await.expect(200);
        let item = json!({ "plan_id": "gold", "catalogue_id": "public-apis" });
        api.put("/v1/cart/items/weather-api").by(&ada()).json(item).send().await.expect(200);
        let submit = api.post("/v1/cart/submit").by(&ada()).json(json!({ "new_app": { "name": "One more" } }));
        let answer = submit.send().await.problem(429, "plan-access-quota-exceeded");
        assert!((1..=3600).contains(&answer.headers["retry-after"].parse::<u32>().unwrap()));
    }
}

/// Ada's app, and her pending request for it.
async fn app_that_waits(api: &Api) -> (String, String) {
    let request = api.request(&ada(), "weather-api", "gold", "Storm warnings").await;
    (id_of(&request["app"]), id_of(&request))
}

/// Nothing of a deleted app is left that opens anything.
async fn is_gone_with_all_it_held(api: &Api, app: &str, request: &str) {
    api.get(&format!("/v1/apps/{app}")).by(&ada()).send().await.problem(404, "not-found");
    let store = &api.world.store;
    for stored in store.credentials(app.parse().unwrap()).await.unwrap() {
        assert_eq!(stored.credential.status, CredentialStatus::Revoked);
        for digest in &stored.digests {
            assert_eq!(store.api_key(digest).await.unwrap().unwrap().status, CredentialStatus::Revoked);
        }
    }
    let request = api.get(&format!("/v1/access-requests/{request}")).by(&ada()).send().await.expect(200).body;
    let (status, provisioning) = (&request["status"], &request["provisioning"]["status"]);
    let settled = [("withdrawn", "none"), ("approved", "revoked")];
    assert!(settled.iter().any(|(one, other)| status == one && provisioning == other), "{status} {provisioning}");
}

/// Owen approves the request, and the function `provision` does its part.
async fn grant(api: &Api, request: &str) -> Answer {
    let approve = api.post(&format!("/v1/admin/access-requests/{request}/approve"));
    let answer = approve.by_owner(&owen()).send().await;
    api.provision(request).await;
    answer
}

async fn delete(api: &Api, app: &str) {
    api.delete(&format!("/v1/apps/{app}")).by(&ada()).send().await.expect(204);
}

#[tokio::test]
async fn deleting_against_approving_and_provisioning_leaves_no_live_key() {
    for trouble in TROUBLE {
        for _ in 0..6 {
            let api = Api::new().await;
            let (app, request) = app_that_waits(&api).await;
            plan(&api, trouble);
            let ((), answer) = tokio::join!(delete(&api, &app), grant(&api, &request));
            assert!([200, 409, 422].contains(&answer.status), "{:#}", answer.body);
            // The event that announced the approval comes once more.
            api.provision(&request).await;
            is_gone_with_all_it_held(&api, &app, &request).await;
        }
    }
}

/// The same at each single step: somebody approves and provisions while the deletion pauses before it.
#[tokio::test]
async fn a_deletion_may_be_overtaken_before_each_of_its_steps() {
    for step in 0..3 {
        let api = Api::new().await;
        let (app, request) = app_that_waits(&api).await;
        let held = api.world.table.faults.hold("TransactWriteItems", step);
        let overtake = async {
            held.arrived().await;
            let answer = grant(&api, &request).await;
            held.release();
            answer
        };
        let ((), answer) = tokio::join!(delete(&api, &app), overtake);
        match step {
            0 => drop(answer.expect(200)),
            1 => drop(answer.problem(422, "no-longer-available")),
            _ => drop(answer.problem(409, "already-decided")),
        }
        is_gone_with_all_it_held(&api, &app, &request).await;
    }
}

/// And the other way round: the app is deleted while the approval, or the provisioning, is under way.
#[tokio::test]
async fn an_approval_and_a_provisioning_may_be_overtaken_by_the_deletion() {
    for (step, approval) in [(0, 409), (1, 200)] {
        let api = Api::new().await;
        let (app, request) = app_that_waits(&api).await;
        let held = api.world.table.faults.hold("TransactWriteItems", step);
        let overtake = async {
            held.arrived().await;
            delete(&api, &app).await;
            held.release();
        };
        let (answer, ()) = tokio::join!(grant(&api, &request), overtake);
        answer.expect(approval);
        is_gone_with_all_it_held(&api, &app, &request).await;
    }
}

/// A deletion that is cut short before its first step has done nothing. After that step the app is closed, and background
/// work ends what is left (see the tests of `gatepass-app`).
#[tokio::test]
async fn a_deletion_that_breaks_off_has_either_done_nothing_or_closed_the_app() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&access["app"]);
    let path = format!("/v1/apps/{app}");
    for (step, seen) in [(0, 200), (1, 404)] {
        let held = api.world.table.faults.hold("TransactWriteItems", step);
        // The function is stopped right before its step; Lambda's time is up.
        tokio::select! {
            _ = api.delete(&path).by(&ada()).send() => panic!("the deletion did not pause before step {step}"),
            () = held.arrived() => {}
        }
        api.get(&path).by(&ada()).send().await.expect(seen);
    }
    let body: Value =
        json!({ "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": app });
    api.post("/v1/access-requests").by(&ada()).json(body).send().await.problem(422, "app-not-usable");
}
