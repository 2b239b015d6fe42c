//! Approvers decide on requests for their products, side by side with administrators.

use gatepass_domain::{Person, Product};
use gatepass_testkit::{ada, grace, owen, person};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};
use crate::routes::credentials::held::Held;

fn petra() -> Person {
    person("petra", &["maps-team"])
}

/// Lets `groups` decide on requests for `product`.
pub(crate) async fn approved_by(api: &Api, product: &str, groups: &[&str]) {
    let (standing, _) = api.world.store.offering::<Product>(&product.parse().unwrap()).await.unwrap().unwrap();
    let approver_groups = groups.iter().map(ToString::to_string).collect();
    api.world.offer(Product { approver_groups, ..standing.content }).await;
}

/// Asks as `who` for products of `public-apis` under gold, for a new app; gives the request.
pub(crate) async fn asked(api: &Api, who: &Person, products: &[&str], app: &str) -> Value {
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": products, "plan_id": "gold", "new_app": { "name": app },
    });
    api.post("/v1/access-requests").by(who).json(body).send().await.expect(201).body
}

pub(crate) async fn decide(api: &Api, who: &Person, id: &str, action: &str, body: Value) -> Answer {
    api.post(&format!("/v1/admin/access-requests/{id}/{action}")).by(who).json(body).send().await
}

pub(crate) async fn listed(api: &Api, who: &Person, query: &str) -> Vec<String> {
    let path = format!("/v1/admin/access-requests?{query}");
    api.get(&path).by(who).send().await.expect(200).items().iter().map(id_of).collect()
}

// Covers P13.
#[tokio::test]
async fn a_request_for_products_of_two_teams_is_decided_on_by_both() {
    let api = Api::new().await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let request = asked(&api, &ada(), &["weather-api", "maps-api"], "Storm warnings").await;
    let id = id_of(&request);
    let awaiting = json!([
        { "group": "api-owners", "product_ids": ["weather-api"] }, { "group": "maps-team", "product_ids": ["maps-api"] },
    ]);
    assert_eq!(request["awaiting"], awaiting);
    assert_eq!(listed(&api, &petra(), "mine=true").await, std::slice::from_ref(&id));
    assert_eq!(listed(&api, owen().person(), "mine=true").await, std::slice::from_ref(&id));

    // Rejecting the whole request is for those who decide on all of it.
    decide(&api, &petra(), &id, "reject", json!({ "reason": "no" })).await.problem(403, "not-entitled");
    let halfway = decide(&api, &petra(), &id, "approve", json!({ "note": "Known to us" })).await.expect(200).body;
    assert_eq!(
        (&halfway["status"], &halfway["approvals"][0]["product_ids"]),
        (&json!("pending"), &json!(["maps-api"]))
    );
    assert_eq!(halfway["awaiting"], json!([{ "group": "api-owners", "product_ids": ["weather-api"] }]));
    decide(&api, &petra(), &id, "approve", json!({})).await.problem(409, "already-decided");
    assert!(listed(&api, &petra(), "mine=true").await.is_empty(), "she has decided");
    assert_eq!(listed(&api, &petra(), "status=pending").await, std::slice::from_ref(&id));
    assert_eq!(listed(&api, owen().person(), "mine=true").await, std::slice::from_ref(&id));

    let approved = decide(&api, owen().person(), &id, "approve", json!({})).await.expect(200).body;
    assert_eq!((&approved["status"], &approved["awaiting"]), (&json!("approved"), &json!([])));
    let seen = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200).body;
    assert_eq!(seen["approvals"][0]["note"], "Known to us", "the requester reads it");
}

#[tokio::test]
async fn an_approver_sees_what_names_a_product_of_theirs_page_by_page() {
    let api = Api::new().await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let mut own = Vec::new();
    for n in 0..5 {
        own.push(id_of(&asked(&api, &ada(), &["maps-api"], &format!("Maps {n}")).await));
        asked(&api, &ada(), &["weather-api"], &format!("Weather {n}")).await;
    }
    decide(&api, &petra(), &own[0], "reject", json!({ "reason": "no" })).await.expect(200);
    decide(&api, &petra(), &own[1], "approve", json!({})).await.expect(200);
    own.reverse();
    for query in ["", "requester=ada", "product_id=maps-api"] {
        let mut seen = Vec::new();
        let mut path = format!("/v1/admin/access-requests?limit=2&{query}");
        loop {
            let page = api.get(&path).by(&petra()).send().await.expect(200);
            seen.extend(page.items().iter().map(id_of));
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            path = format!("/v1/admin/access-requests?limit=2&{query}&cursor={cursor}");
        }
        assert_eq!(seen, own, "{query}");
    }
    assert_eq!(
        listed(&api, &petra(), "mine=true&order=oldest").await,
        [own[2].clone(), own[1].clone(), own[0].clone()]
    );
    assert!(listed(&api, owen().person(), "mine=true").await.len() == 5, "weather has no approvers");
    let both = api.get("/v1/admin/access-requests?mine=true&status=approved").by(&petra());
    both.send().await.problem(400, "invalid-parameter");
}

#[tokio::test]
async fn who_decides_follows_the_product() {
    let api = Api::new().await;
    let id = id_of(&asked(&api, &ada(), &["maps-api"], "Storm warnings").await);
    decide(&api, &petra(), &id, "approve", json!({})).await.problem(403, "forbidden");
    let call = api.get("/v1/admin/products/maps-api").by_owner(&owen());
    let product = call.send().await.expect(200);
    let put = async |groups: Value| {
        let mut body = product.body.clone();
        for computed in ["version", "created_at", "updated_at"] {
            body.as_object_mut().unwrap().remove(computed);
        }
        body["approver_groups"] = groups;
        api.put("/v1/admin/products/maps-api").by_owner(&owen()).header("if-match", "*").json(body).send().await
    };
    put(json!(["maps-team", "geo-team"])).await.expect(200);
    assert_eq!(listed(&api, &petra(), "mine=true").await, std::slice::from_ref(&id));
    put(json!(["geo-team"])).await.expect(200);
    api.get("/v1/admin/access-requests").by(&petra()).send().await.problem(403, "forbidden");
    assert_eq!(listed(&api, &person("georg", &["geo-team"]), "mine=true").await, std::slice::from_ref(&id));
    for groups in [json!(["\u{202e}evil"]), json!([""]), json!(["a", "a"]), json!(vec!["x"; 21])] {
        let answer = put(groups).await.problem(400, "invalid-body");
        assert!(answer.pointers().iter().all(|pointer| pointer.starts_with("/approver_groups")));
    }
    // A product that is deleted takes its approvers with it; one of the same slug starts without.
    let call = api.delete("/v1/admin/products/maps-api?force=true").by_owner(&owen());
    call.send().await.expect(204);
    let georg = api.get("/v1/admin/access-requests").by(&person("georg", &["geo-team"]));
    georg.send().await.problem(403, "forbidden");
}

#[tokio::test]
async fn approvers_of_very_many_products_see_their_requests_too() {
    let api = Api::new().await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let maps = api.world.store.offering::<Product>(&"maps-api".parse().unwrap()).await.unwrap().unwrap().0.content;
    for n in 0..101 {
        let id = format!("extra-{n:03}").parse().unwrap();
        api.world.offer(Product { id, ..maps.clone() }).await;
    }
    let id = id_of(&asked(&api, &ada(), &["maps-api"], "Storm warnings").await);
    asked(&api, &grace(), &["weather-api"], "Not hers").await;
    for query in ["", "mine=true", "status=pending"] {
        assert_eq!(listed(&api, &petra(), query).await, std::slice::from_ref(&id), "{query}");
    }
}

// Covers P13.
#[tokio::test]
async fn revoking_a_renewal_is_for_those_who_decide_on_all_that_the_credential_opens() {
    let api = Api::new().await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let held = Held::of(&api, &["maps-api"], "free").await;
    let renewal = held.change("renew", json!({})).await;
    let credential = held.request["credential_id"].clone();
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free", "app_id": held.request["app"]["id"],
        "extends_credential_id": credential,
    });
    let extension = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    api.approve(&extension).await;
    api.provision(&extension).await;
    let reason = || json!({ "reason": "no longer" });
    decide(&api, &petra(), &renewal, "revoke", reason()).await.problem(403, "not-entitled");
    decide(&api, owen().person(), &renewal, "revoke", reason()).await.expect(200);
    assert_eq!(held.listed().await["status"], "revoked");
}
