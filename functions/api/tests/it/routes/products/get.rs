use gatepass_domain::plan::AutoApproveWhen;
use gatepass_domain::{Person, Plan};
use gatepass_testkit::{ada, demo, grace};
use serde_json::json;

use crate::harness::Api;

/// R10
#[tokio::test]
async fn a_product_comes_with_the_plans_open_to_the_caller() {
    let api = Api::new().await;
    api.get("/v1/products/weather-api").by(&ada()).send().await.expect(200).is("products_get");
    api.get("/v1/products/fleet-api").by(&ada()).send().await.problem(404, "not-found");
    api.get("/v1/products/fleet-api").by(&grace()).send().await.expect(200);
    api.get("/v1/products/no-api").by(&grace()).send().await.problem(404, "not-found");
}

#[tokio::test]
async fn each_plan_says_how_a_request_of_the_caller_would_be_decided() {
    let api = Api::new().await;
    let trusted = Plan {
        auto_approve: true,
        auto_approve_when: AutoApproveWhen { groups: vec!["partners".to_owned()], ..AutoApproveWhen::default() },
        ..demo::plans().swap_remove(1)
    };
    api.world.offer(trusted.clone()).await;
    let approval = async |who: &Person, plan: &str| {
        let product = api.get("/v1/products/weather-api").by(who).send().await.expect(200);
        let plans = product.body["plans"].as_array().unwrap().clone();
        plans.into_iter().find(|one| one["id"] == plan).unwrap()["approval"].clone()
    };
    assert_eq!(approval(&ada(), "free").await["review"], "automatic");
    assert_eq!(approval(&grace(), "gold").await["review"], "automatic");
    assert_eq!(approval(&ada(), "gold").await["review"], "manual");
    api.world.offer(Plan { approvals_required: 2, ..trusted }).await;
    let waits = approval(&grace(), "gold").await;
    assert_eq!((&waits["review"], &waits["approvals_required"]), (&json!("manual"), &json!(2)));
    assert!(!waits["reasons"].as_array().unwrap().is_empty());
}
