//! Plans that need two approvals.

use gatepass_domain::Plan;
use gatepass_testkit::{ada, demo, olga, owen, owner, person};
use serde_json::{Value, json};

use crate::approvers::{approved_by, asked, decide};
use crate::harness::{Api, id_of};

async fn needs_two(api: &Api, plan: &str) {
    api.world.offer(Plan { approvals_required: 2, auto_approve: plan == "free", ..demo::plan(plan, plan) }).await;
}

// Covers P14.
#[tokio::test]
async fn each_product_needs_two_different_people() {
    let api = Api::new().await;
    needs_two(&api, "gold").await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let (petra, paula) = (person("petra", &["maps-team"]), person("paula", &["maps-team"]));
    let id = id_of(&asked(&api, &ada(), &["weather-api", "maps-api"], "Storm warnings").await);
    let status = async |who: &gatepass_domain::Person| {
        decide(&api, who, &id, "approve", json!({})).await.expect(200).body["status"].clone()
    };
    assert_eq!(status(&petra).await, "pending");
    assert_eq!(status(owen().person()).await, "pending", "maps has two, weather has one");
    assert_eq!(status(&paula).await, "pending", "a third for maps is none for weather");
    decide(&api, owen().person(), &id, "approve", json!({})).await.problem(409, "already-decided");
    assert_eq!(status(olga().person()).await, "approved");
    let events = api.world.history(id.parse().unwrap()).await;
    assert_eq!(events[1..4], ["AccessRequestApprovalRecorded"; 3]);
    assert_eq!(events[4], "AccessRequestApproved");
}

#[tokio::test]
async fn a_plan_with_two_approvals_is_never_approved_automatically() {
    let api = Api::new().await;
    needs_two(&api, "free").await;
    let request = api.request(&ada(), "weather-api", "free", "Storm warnings").await;
    assert_eq!(
        (&request["policy"]["review"], &request["policy"]["rule"]),
        (&json!("manual"), &json!("several_approvals"))
    );
    assert_eq!(request["approvals_required"], 2);
}

/// A plan that is raised after the policy approved the request and before that is carried out.
#[tokio::test]
async fn what_the_policy_approved_is_referred_when_the_plan_comes_to_need_two() {
    let api = Api::new().await;
    let request = api.request(&ada(), "weather-api", "free", "Storm warnings").await;
    assert_eq!((&request["policy"]["review"], &request["awaiting"]), (&json!("automatic"), &json!([])));
    needs_two(&api, "free").await;
    let id = id_of(&request);
    let mut context = gatepass_testkit::context();
    gatepass_app::auto_approve::auto_approve(&api.world.store, &mut context, id.parse().unwrap()).await.unwrap();
    let after = decide(&api, owen().person(), &id, "approve", json!({})).await.expect(200).body;
    assert_eq!((&after["status"], &after["awaiting"][0]["group"]), (&json!("pending"), &json!("api-owners")));
}

#[tokio::test]
async fn a_grant_under_such_a_plan_waits_for_somebody_else() {
    let api = Api::new().await;
    needs_two(&api, "gold").await;
    let app = api.app(&ada(), "Storm warnings").await;
    let body = json!({ "product_ids": ["weather-api"], "plan_id": "gold", "note": "For the harbour" });
    let grant = async |by: &gatepass_domain::ApiOwner| {
        api.post(&format!("/v1/admin/apps/{app}/grants")).by_owner(by).json(&body).send().await
    };
    let granted = grant(&owen()).await.expect(201).body;
    assert_eq!((&granted["kind"], &granted["status"]), (&json!("grant"), &json!("pending")));
    assert_eq!(granted["approvals"][0]["by"]["id"], "owen");
    assert_eq!(granted["awaiting"], json!([{ "group": "api-owners", "product_ids": ["weather-api"] }]));
    let id = id_of(&granted);
    grant(&olga()).await.problem(409, "duplicate-access");
    decide(&api, owen().person(), &id, "approve", json!({})).await.problem(409, "already-decided");
    let mine = async |who: &gatepass_domain::ApiOwner| {
        let listed = api.get("/v1/admin/access-requests?mine=true").by_owner(who).send().await.expect(200);
        listed.items().iter().map(id_of).collect::<Vec<_>>()
    };
    assert!(mine(&owen()).await.is_empty());
    assert_eq!(mine(&olga()).await, std::slice::from_ref(&id));
    let approved = decide(&api, olga().person(), &id, "approve", json!({})).await.expect(200).body;
    assert_eq!(approved["status"], "approved");
    api.provision(&id).await;
    assert_eq!(
        api.world.history(id.parse().unwrap()).await,
        ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]
    );
}

/// A grant is for whom the administrators choose, whichever catalogues are presented to them.
#[tokio::test]
async fn a_grant_of_what_is_not_presented_to_the_person_can_be_completed() {
    let api = Api::new().await;
    needs_two(&api, "gold").await;
    let app = api.app(&ada(), "Storm warnings").await;
    let body = json!({ "product_ids": ["fleet-api"], "plan_id": "gold" });
    let granted = api.post(&format!("/v1/admin/apps/{app}/grants")).by_owner(&owen()).json(body).send().await;
    let id = id_of(&granted.expect(201).body);
    let approved = decide(&api, olga().person(), &id, "approve", json!({})).await.expect(200).body;
    assert_eq!(approved["status"], "approved");
}

/// One approval under a plan that needed two for a while is enough once the plan needs one, and its giver can say so.
#[tokio::test]
async fn a_plan_that_is_lowered_leaves_no_request_that_nobody_can_finish() {
    let api = Api::new().await;
    let id = id_of(&asked(&api, &ada(), &["weather-api"], "Storm warnings").await);
    needs_two(&api, "gold").await;
    let approve = async |who: &gatepass_domain::ApiOwner| decide(&api, who.person(), &id, "approve", json!({})).await;
    assert_eq!(approve(&owen()).await.expect(200).body["status"], "pending");
    approve(&owen()).await.problem(409, "already-decided");
    api.world.offer(demo::plan("gold", "Gold")).await;
    let seen: Value = approve(&owen()).await.expect(200).body;
    assert_eq!(seen["status"], "approved");
    approve(&owner("otto")).await.problem(409, "already-decided");
}
