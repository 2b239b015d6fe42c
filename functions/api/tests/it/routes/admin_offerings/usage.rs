use gatepass_testkit::{ada, grace, owen};

use crate::harness::{Api, id_of};

/// Usage names the requests that would be ended: those that wait and those that stand, and none that has ended.
#[tokio::test]
async fn usage_names_who_needs_it() {
    let api = Api::new().await;
    let waits = id_of(&api.request(&ada(), "weather-api", "gold", "Waits").await);
    let rejected = id_of(&api.request(&ada(), "weather-api", "gold", "Rejected").await);
    api.world.rejected(rejected.parse().unwrap(), "No").await;
    let stands = id_of(&api.access(&grace(), "weather-api", "gold", "Stands").await);
    let usage = async |path: &str| {
        let answer = api.get(&format!("/v1/admin/{path}/usage")).by_owner(&owen()).send().await.expect(200);
        let mut ids: Vec<_> = answer.items().iter().map(|one| one["request_id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(usage("products/weather-api").await, [waits.clone(), stands.clone()]);
    assert_eq!(usage("plans/gold").await, [waits.clone(), stands]);
    assert_eq!(usage("catalogues/public-apis").await, [waits], "access that stands needs no catalogue");
    assert_eq!(usage("products/maps-api").await, [""; 0]);
    assert_eq!(usage("plans/free").await, [""; 0]);
    api.get("/v1/admin/plans/gold/usage").by_owner(&owen()).send().await.expect(200).is("admin_plans_usage");
    api.get("/v1/admin/plans/lead/usage").by_owner(&owen()).send().await.problem(404, "not-found");
}
