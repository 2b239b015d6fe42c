use gatepass_testkit::{ada, demo, owen};
use serde_json::json;

use crate::harness::Api;

/// The dry run and the real decision are one function: they say the same, to the letter.
// Covers P20.
#[tokio::test]
async fn the_dry_run_says_what_the_decision_will() {
    let api = Api::new().await;
    let mut picky = demo::plan("picky", "Picky");
    picky.auto_approve = true;
    picky.auto_approve_when.groups = vec!["partners".into()];
    picky.auto_approve_when.users = vec!["ada".into()];
    picky.auto_approve_when.products = vec!["weather-api".parse().unwrap()];
    api.world.offer(picky).await;
    let mut catalogue = demo::catalogues().remove(0);
    catalogue.plan_ids.push("picky".parse().unwrap());
    api.world.offer(catalogue).await;
    for (plan, product, review) in [
        ("free", "weather-api", "automatic"),
        ("gold", "weather-api", "manual"),
        ("picky", "weather-api", "automatic"),
        ("picky", "maps-api", "manual"),
    ] {
        let body = json!({
            "requester": { "id": "ada", "groups": ada().groups }, "product_ids": [product], "plan_id": plan,
        });
        let answer = api.post("/v1/admin/policy/evaluate").by_owner(&owen()).json(body).send().await.expect(200);
        assert_eq!(answer.text("/review"), review, "{plan} {product}");
        let request = api.request(&ada(), product, plan, &format!("{plan} {product}")).await;
        assert_eq!(request["policy"], answer.body);
        if (plan, review) == ("picky", "manual") {
            answer.is("admin_policy_evaluate");
        }
    }
}

#[tokio::test]
async fn a_plan_that_is_not_there_cannot_be_asked() {
    let api = Api::new().await;
    let body = json!({ "requester": { "id": "ada" }, "product_ids": ["weather-api"], "plan_id": "lead" });
    api.post("/v1/admin/policy/evaluate").by_owner(&owen()).json(body).send().await.problem(404, "not-found");
    let body = json!({ "requester": {}, "product_ids": ["weather-api"], "plan_id": "gold" });
    let answer = api.post("/v1/admin/policy/evaluate").by_owner(&owen()).json(body).send().await;
    assert_eq!(answer.problem(400, "invalid-body").pointers(), ["/requester"]);
}
