use gatepass_testkit::Fault;

use crate::harness::Api;

/// Also when nothing else works: it says that the function runs, not that AWS does.
#[tokio::test]
async fn the_api_is_there() {
    let api = Api::new().await;
    api.world.table.faults.plan("Query", Fault::Unreachable, 10);
    api.get("/v1/health").send().await.expect(200).is("health");
    assert!(api.world.table.faults.calls().is_empty());
}
