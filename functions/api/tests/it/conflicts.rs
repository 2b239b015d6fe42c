//! Attacks of a dishonest insider, each of which once succeeded.

use gatepass_domain::{ApiOwner, Person, Plan};
use gatepass_testkit::{ada, demo, olga, owen, owner, person};
use serde_json::{Value, json};

use crate::approvers::{approved_by, asked, decide, listed};
use crate::harness::{Answer, Api, NOBODYS, id_of};

async fn reassign(api: &Api, by: &ApiOwner, app: &str, to: &str) -> Answer {
    let call = api.post(&format!("/v1/admin/apps/{app}/owner")).by_owner(by);
    call.json(json!({ "owner": to })).send().await
}

async fn grant(api: &Api, by: &ApiOwner, app: &str, product: &str) -> Answer {
    let body = json!({ "product_ids": [product], "plan_id": "gold" });
    api.post(&format!("/v1/admin/apps/{app}/grants")).by_owner(by).json(body).send().await
}

// Covers P15.
#[tokio::test]
async fn nobody_grants_themselves_access_through_a_straw_man() {
    let api = Api::new().await;
    let app = api.app(owen().person(), "Mine").await;
    grant(&api, &owen(), &app, "weather-api").await.problem(403, "conflict-of-interest");
    reassign(&api, &owen(), &app, "ada").await.expect(200);
    grant(&api, &owen(), &app, "weather-api").await.problem(403, "conflict-of-interest");
    // Nor when an accomplice hands it over and back.
    reassign(&api, &olga(), &app, "bob").await.expect(200);
    grant(&api, &owen(), &app, "weather-api").await.problem(403, "conflict-of-interest");
    grant(&api, &olga(), &app, "weather-api").await.problem(403, "conflict-of-interest");
    grant(&api, &owner("otto"), &app, "weather-api").await.expect(201);
}

#[tokio::test]
async fn the_interest_of_a_former_owner_ends_after_a_year() {
    let api = Api::new().await;
    let app = api.app(owen().person(), "Mine").await;
    reassign(&api, &olga(), &app, "ada").await.expect(200);
    api.advance(jiff::SignedDuration::from_hours(24 * 365));
    grant(&api, &owen(), &app, "weather-api").await.problem(403, "conflict-of-interest");
    api.advance(jiff::SignedDuration::from_hours(48));
    grant(&api, &owen(), &app, "weather-api").await.expect(201);
}

#[tokio::test]
async fn nobody_takes_over_an_app_and_then_decides_on_its_access() {
    let api = Api::new().await;
    let request = asked(&api, &ada(), &["weather-api"], "Storm warnings").await;
    let (id, app) = (id_of(&request), id_of(&request["app"]));
    let answer = reassign(&api, &owen(), &app, "owen").await.problem(403, "conflict-of-interest");
    assert_eq!(answer.text("/detail"), "Nobody reassigns an app to themselves: ask another administrator.");
    reassign(&api, &olga(), &app, "owen").await.expect(200);
    for who in [owen(), olga()] {
        decide(&api, who.person(), &id, "approve", json!({})).await.problem(403, "conflict-of-interest");
        decide(&api, who.person(), &id, "reject", json!({ "reason": "no" })).await.problem(403, "conflict-of-interest");
    }
    // Given back, it was still his when the request waited.
    reassign(&api, &olga(), &app, "ada").await.expect(200);
    decide(&api, owen().person(), &id, "approve", json!({})).await.problem(403, "conflict-of-interest");
    let body = json!({ "decision": "approve", "ids": [id] });
    let many = api.post("/v1/admin/access-requests/decide").by_owner(&owen()).json(body).send().await.expect(200);
    assert_eq!(many.items()[0]["problem"]["type"], "/problems/conflict-of-interest");
    decide(&api, owner("otto").person(), &id, "approve", json!({})).await.expect(200);
    decide(&api, owen().person(), &id, "retry", json!({})).await.problem(403, "conflict-of-interest");
}

/// What happened before the request was submitted does not matter for a decision on it.
#[tokio::test]
async fn an_earlier_owner_may_decide_on_what_is_asked_for_later() {
    let api = Api::new().await;
    let app = api.app(owen().person(), "Once mine").await;
    reassign(&api, &olga(), &app, "ada").await.expect(200);
    api.advance(jiff::SignedDuration::from_secs(1));
    let body =
        json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": app });
    let id = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    decide(&api, owen().person(), &id, "approve", json!({})).await.expect(200);
}

#[tokio::test]
async fn nobody_decides_for_a_team_mate_or_reveals_what_they_decided_on() {
    let api = Api::new().await;
    let shared = async |name: &str, visibility: &str, team: Value| {
        let ada = Person { organisation: Some("harbour".into()), ..ada() };
        let body = json!({ "name": name, "visibility": visibility, "team": team });
        let app = api.post("/v1/apps").by(&ada).json(body).send().await.expect(201).text("/id");
        let body =
            json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": app });
        (id_of(&api.post("/v1/access-requests").by(&ada).json(body).send().await.expect(201).body), app)
    };
    let mate = person("owen", &["api-owners", "builders"]);
    let (id, _) = shared("Team", "team", json!("builders")).await;
    decide(&api, &mate, &id, "approve", json!({})).await.problem(403, "conflict-of-interest");

    // Everybody is in the organisation: its administrators may decide, and never see the key.
    let colleague = Person { organisation: Some("harbour".into()), ..person("owen", &["api-owners"]) };
    let (id, app) = shared("Organisation", "organisation", Value::Null).await;
    let credential = decide(&api, &colleague, &id, "approve", json!({})).await.expect(200).text("/credential_id");
    api.provision(&id).await;
    let reveal =
        async |who: &Person| api.post(&format!("/v1/apps/{app}/credentials/{credential}/reveal")).by(who).send().await;
    let refused = reveal(&colleague).await.problem(403, "conflict-of-interest");
    assert_eq!(refused.text("/detail"), "You decided on this access, so its key is not shown to you.");
    reveal(&Person { organisation: Some("harbour".into()), ..person("cleo", &[]) }).await.expect(200);
}

/// An app that is shared with the organisation of `colleague`, with a credential of which they have decided nothing.
async fn shared_with(api: &Api, colleague: &Person) -> (String, String) {
    let ada = Person { organisation: colleague.organisation.clone(), ..ada() };
    let body = json!({ "name": "Harbour", "visibility": "organisation" });
    let app = api.post("/v1/apps").by(&ada).json(body).send().await.expect(201).text("/id");
    api.world.offer(Plan { key_expires_in_seconds: Some(86_400), ..demo::plan("gold", "Gold") }).await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api", "maps-api"], "plan_id": "gold", "app_id": app,
    });
    let id = id_of(&api.post("/v1/access-requests").by(&ada).json(body).send().await.expect(201).body);
    (id, app)
}

// Covers P15.
#[tokio::test]
async fn whoever_approved_a_renewal_does_not_reveal_the_key() {
    let api = Api::new().await;
    let colleague = Person { organisation: Some("harbour".into()), ..person("owen", &["api-owners"]) };
    let (id, app) = shared_with(&api, &colleague).await;
    let credential = decide(&api, olga().person(), &id, "approve", json!({})).await.expect(200).text("/credential_id");
    api.provision(&id).await;
    let path = format!("/v1/apps/{app}/credentials/{credential}");
    let renewal = id_of(&api.post(&format!("{path}/renew")).by(&ada()).json(json!({})).send().await.expect(201).body);
    decide(&api, &colleague, &renewal, "approve", json!({})).await.expect(200);
    api.provision(&renewal).await;
    api.post(&format!("{path}/reveal")).by(&colleague).send().await.problem(403, "conflict-of-interest");
    // What stands in the way of everybody is said after what stands in the way of the caller.
    api.advance(jiff::SignedDuration::from_hours(72));
    api.post(&format!("{path}/reveal")).by(&colleague).send().await.problem(403, "conflict-of-interest");
    api.post(&format!("{path}/reveal")).by(&ada()).send().await.problem(409, "credential-not-active");
}

/// A colleague of Ada, who may decide on everything.
fn colleague() -> Person {
    Person { organisation: Some("harbour".into()), ..person("owen", &["api-owners"]) }
}

/// A credential of an app that is shared with [`colleague`], who has decided nothing about it: its app, its id, and its address.
async fn credential_of_others(api: &Api) -> (String, String, String) {
    let (id, app) = shared_with(api, &colleague()).await;
    let credential = decide(api, olga().person(), &id, "approve", json!({})).await.expect(200).text("/credential_id");
    api.provision(&id).await;
    let path = format!("/v1/apps/{app}/credentials/{credential}");
    (app, credential, path)
}

/// Ada, who may ask for `fleet-api`.
fn partner() -> Person {
    Person { groups: vec!["partners".into()], ..ada() }
}

/// Ada asks for `fleet-api` with the same credential.
async fn extension(api: &Api, app: &str, credential: &str) -> String {
    let body = json!({
        "catalogue_id": "partner-apis", "product_ids": ["fleet-api"], "plan_id": "gold", "app_id": app,
        "extends_credential_id": credential,
    });
    id_of(&api.post("/v1/access-requests").by(&partner()).json(body).send().await.expect(201).body)
}

async fn reveal(api: &Api, path: &str, who: &Person) -> Answer {
    api.post(&format!("{path}/reveal")).by(who).send().await
}

// Covers P15.
#[tokio::test]
async fn whoever_was_shown_a_key_decides_nothing_about_its_credential() {
    let api = Api::new().await;
    let (app, credential, path) = credential_of_others(&api).await;
    reveal(&api, &path, &colleague()).await.expect(200);
    let extension = extension(&api, &app, &credential).await;
    for (action, body) in [("approve", json!({})), ("reject", json!({ "reason": "no" }))] {
        let refused = decide(&api, &colleague(), &extension, action, body).await.problem(403, "conflict-of-interest");
        let why = "You have been shown the key of this credential: somebody else must decide about it.";
        assert_eq!(refused.text("/detail"), why);
    }
    decide(&api, olga().person(), &extension, "approve", json!({})).await.expect(200);
    decide(&api, &colleague(), &extension, "retry", json!({})).await.problem(403, "conflict-of-interest");
    api.provision(&extension).await;
    let renewal =
        id_of(&api.post(&format!("{path}/renew")).by(&partner()).json(json!({})).send().await.expect(201).body);
    decide(&api, &colleague(), &renewal, "approve", json!({})).await.problem(403, "conflict-of-interest");
    let body = json!({ "decision": "approve", "ids": [renewal] });
    let many = api.post("/v1/admin/access-requests/decide").by(&colleague()).json(body).send().await.expect(200);
    assert_eq!(many.items()[0]["problem"]["type"], "/problems/conflict-of-interest");
    decide(&api, olga().person(), &renewal, "reject", json!({ "reason": "no" })).await.expect(200);
    api.world.offer(demo::plan("free", "Free")).await;
    let change = api.post(&format!("{path}/change-plan")).by(&partner()).json(json!({ "plan_id": "free" }));
    let change = change.send().await.expect(201).text("/id");
    decide(&api, &colleague(), &change, "approve", json!({})).await.problem(403, "conflict-of-interest");
    decide(&api, olga().person(), &change, "reject", json!({ "reason": "no" })).await.expect(200);

    let grant = async |who: &Person| {
        let body = json!({ "product_ids": ["fleet-api"], "plan_id": "gold", "extends_credential_id": credential });
        api.post(&format!("/v1/admin/apps/{app}/grants")).by(who).json(body).send().await
    };
    grant(&colleague()).await.problem(403, "conflict-of-interest");
    let admin = format!("/v1/admin/credentials/{credential}");
    api.post(&format!("{admin}/suspend")).by(&colleague()).send().await.expect(200);
    api.post(&format!("{admin}/resume")).by(&colleague()).send().await.problem(403, "conflict-of-interest");
    api.post(&format!("{admin}/resume")).by_owner(&olga()).send().await.expect(200);
    // What concerns another credential is open to them.
    let other = id_of(&asked(&api, &ada(), &["maps-api"], "Tides").await);
    decide(&api, &colleague(), &other, "approve", json!({})).await.expect(200);
}

// Covers P15.
#[tokio::test]
async fn nobody_resumes_a_credential_of_their_own_or_sees_one_that_they_resumed() {
    let api = Api::new().await;
    let (_, credential, path) = credential_of_others(&api).await;
    let admin = format!("/v1/admin/credentials/{credential}");
    api.post(&format!("{admin}/suspend")).by_owner(&olga()).send().await.expect(200);
    let owner_of_app = person("ada", &["api-owners"]);
    let refused = api.post(&format!("{admin}/resume")).by(&owner_of_app).send().await;
    refused.problem(403, "conflict-of-interest");
    api.post(&format!("{admin}/resume")).by(&colleague()).send().await.expect(200);
    reveal(&api, &path, &colleague()).await.problem(403, "conflict-of-interest");
    reveal(&api, &path, &ada()).await.expect(200);
}

/// A decision counts from the moment at which it is made, before the credential is changed by it.
#[tokio::test]
async fn whoever_approved_an_extension_does_not_reveal_the_key_before_it_is_carried_out() {
    let api = Api::new().await;
    let (app, credential, path) = credential_of_others(&api).await;
    let extension = extension(&api, &app, &credential).await;
    decide(&api, &colleague(), &extension, "approve", json!({})).await.expect(200);
    reveal(&api, &path, &colleague()).await.problem(403, "conflict-of-interest");
    // Nor after the product is gone from the credential again.
    api.provision(&extension).await;
    api.delete(&format!("{path}/products/fleet-api")).by(&ada()).send().await.expect(200);
    reveal(&api, &path, &colleague()).await.problem(403, "conflict-of-interest");
}

/// Of a decision and a look at the key at the same moment, one is refused, wherever the other pauses.
#[tokio::test]
async fn nobody_decides_and_reveals_at_the_same_moment() {
    for first in ["approve", "reveal"] {
        let api = Api::new().await;
        let (app, credential, path) = credential_of_others(&api).await;
        let extension = extension(&api, &app, &credential).await;
        let held = api.world.table.faults.hold("TransactWriteItems", 0);
        let colleague = colleague();
        let approve = decide(&api, &colleague, &extension, "approve", json!({}));
        let reveal = reveal(&api, &path, &colleague);
        let (overtaken, other) = if first == "approve" {
            tokio::join!(approve, async {
                held.arrived().await;
                let other = reveal.await;
                held.release();
                other
            })
        } else {
            tokio::join!(reveal, async {
                held.arrived().await;
                let other = approve.await;
                held.release();
                other
            })
        };
        other.expect(200);
        overtaken.problem(403, "conflict-of-interest");
    }
}

// Covers P15.
#[tokio::test]
async fn whoever_took_products_from_a_request_does_not_reveal_its_key() {
    let api = Api::new().await;
    let colleague = Person { organisation: Some("harbour".into()), ..person("owen", &["api-owners"]) };
    let (id, app) = shared_with(&api, &colleague).await;
    let some = json!({ "reason": "not that", "product_ids": ["maps-api"] });
    decide(&api, &colleague, &id, "reject", some).await.expect(200);
    let credential = decide(&api, olga().person(), &id, "approve", json!({})).await.expect(200).text("/credential_id");
    api.provision(&id).await;
    let reveal = api.post(&format!("/v1/apps/{app}/credentials/{credential}/reveal")).by(&colleague);
    reveal.send().await.problem(403, "conflict-of-interest");
}

// Covers P15.
#[tokio::test]
async fn a_former_owner_does_not_complete_a_grant() {
    let api = Api::new().await;
    api.world.offer(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let app = api.app(owen().person(), "Once mine").await;
    reassign(&api, &olga(), &app, "ada").await.expect(200);
    api.advance(jiff::SignedDuration::from_hours(24 * 30));
    let id = id_of(&grant(&api, &owner("otto"), &app, "weather-api").await.expect(201).body);
    decide(&api, owen().person(), &id, "approve", json!({})).await.problem(403, "conflict-of-interest");
    decide(&api, owner("oda").person(), &id, "approve", json!({})).await.expect(200);
}

/// Moving an app into one's own organisation makes it one that one sees; its keys stay hidden from whoever did that.
#[tokio::test]
async fn nobody_moves_an_app_to_where_they_see_its_keys() {
    let api = Api::new().await;
    let ada = Person { organisation: Some("harbour".into()), ..ada() };
    let body = json!({ "name": "Harbour", "visibility": "organisation" });
    let app = api.post("/v1/apps").by(&ada).json(body).send().await.expect(201).text("/id");
    let body =
        json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": app });
    let id = id_of(&api.post("/v1/access-requests").by(&ada).json(body).send().await.expect(201).body);
    let credential = decide(&api, olga().person(), &id, "approve", json!({})).await.expect(200).text("/credential_id");
    api.provision(&id).await;
    let mover = Person { organisation: Some("island".into()), ..person("owen", &["api-owners"]) };
    let move_it = api.post(&format!("/v1/admin/apps/{app}/owner")).by(&mover);
    move_it.json(json!({ "owner": "ada", "organisation": "island" })).send().await.expect(200);
    let reveal = api.post(&format!("/v1/apps/{app}/credentials/{credential}/reveal")).by(&mover);
    reveal.send().await.problem(403, "conflict-of-interest");
    grant(&api, &owen(), &app, "maps-api").await.problem(403, "conflict-of-interest");
}

#[tokio::test]
async fn an_administrator_who_trusts_themselves_waits_for_somebody_else() {
    let api = Api::new().await;
    let trusting: Plan = serde_json::from_value(json!({
        "id": "free", "name": "Free", "auto_approve": true, "auto_approve_when": { "users": ["owen"] },
    }))
    .unwrap();
    api.world.offer(trusting).await;
    let request = api.request(owen().person(), "weather-api", "free", "Mine").await;
    assert_eq!(
        (&request["policy"]["review"], &request["policy"]["rule"]),
        (&json!("manual"), &json!("requester_is_administrator"))
    );
    let plan = &api.get("/v1/products/weather-api").by_owner(&owen()).send().await.expect(200).body["plans"][0];
    assert_eq!((&plan["id"], &plan["approval"]["review"]), (&json!("free"), &json!("manual")), "he is told so before");
    decide(&api, owen().person(), &id_of(&request), "approve", json!({})).await.problem(403, "conflict-of-interest");
}

#[tokio::test]
async fn a_plan_that_is_lowered_meanwhile_still_needs_two_people() {
    let api = Api::new().await;
    api.world.offer(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let id = id_of(&asked(&api, &ada(), &["weather-api"], "Storm warnings").await);
    api.world.offer(demo::plan("gold", "Gold")).await;
    let after = decide(&api, owen().person(), &id, "approve", json!({})).await.expect(200).body;
    assert_eq!((&after["status"], &after["approvals_required"]), (&json!("pending"), &json!(2)));
    decide(&api, owen().person(), &id, "approve", json!({})).await.problem(409, "already-decided");
    let after = decide(&api, olga().person(), &id, "approve", json!({})).await.expect(200).body;
    assert_eq!(after["status"], "approved");
}

// Covers P13.
#[tokio::test]
async fn mine_lists_what_the_caller_may_still_decide_page_by_page() {
    let api = Api::new().await;
    let owen = Person { groups: vec!["api-owners".into(), "builders".into()], ..colleague() };
    let (app, credential, path) = credential_of_others(&api).await;
    reveal(&api, &path, &owen).await.expect(200);
    let extension = extension(&api, &app, &credential).await;

    api.world.offer(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let approved = id_of(&asked(&api, &ada(), &["weather-api"], "Approved").await);
    decide(&api, &owen, &approved, "approve", json!({})).await.expect(200);
    let own = id_of(&asked(&api, &owen, &["weather-api"], "Own").await);
    let moved = asked(&api, &ada(), &["weather-api"], "Moved").await;
    let call = api.post(&format!("/v1/admin/apps/{}/owner", id_of(&moved["app"]))).by(&owen);
    call.json(json!({ "owner": "grace" })).send().await.expect(200);
    let body = json!({ "name": "Team", "visibility": "team", "team": "builders" });
    let team = api.post("/v1/apps").by(&ada()).json(body).send().await.expect(201).text("/id");
    let body =
        json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold", "app_id": team });
    let team = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    let open = id_of(&asked(&api, &ada(), &["weather-api"], "Open").await);

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/admin/access-requests?mine=true&limit=1{cursor}");
        let page = api.get(&path).by(&owen).send().await.expect(200);
        seen.extend(page.items().iter().map(id_of));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, std::slice::from_ref(&open));
    let mut all = listed(&api, olga().person(), "mine=true").await;
    all.sort();
    let mut expected = vec![extension, approved, own, id_of(&moved), team, open];
    expected.sort();
    assert_eq!(all, expected, "somebody without an interest is asked for all of them");
}

/// Mails and the request itself stay with the person who asked. Whoever owns the app now sees to it, too.
#[tokio::test]
async fn a_request_is_its_requesters_and_its_app_owners() {
    let api = Api::new().await;
    let request = asked(&api, &ada(), &["weather-api"], "Storm warnings").await;
    let (id, app) = (id_of(&request), id_of(&request["app"]));
    let path = format!("/v1/access-requests/{id}");
    let listed = async |who: &Person| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/v1/access-requests?limit=1{cursor}")).by(who).send().await.expect(200);
            seen.extend(page.items().iter().map(id_of));
            let Some(next) = page.body["next_cursor"].as_str() else { return seen };
            cursor = format!("&cursor={next}");
        }
    };
    let [grace, bob] = ["grace", "bob"].map(|name| person(name, &[]));
    api.get(&path).by(&grace).send().await.problem(404, "not-found");
    reassign(&api, &olga(), &app, "grace").await.expect(200);
    assert_eq!(api.get(&path).by(&ada()).send().await.expect(200).body["requester"]["email"], "ada@example.com");
    api.get(&path).by(&grace).send().await.expect(200);
    api.advance(jiff::SignedDuration::from_secs(1));
    let own = id_of(&asked(&api, &grace, &["maps-api"], "Own").await);
    assert_eq!(listed(&grace).await, [own.clone(), id.clone()]);
    api.post(&format!("{path}/remind")).by(&grace).send().await.expect(200);
    api.post(&format!("{path}/remind")).by(&ada()).send().await.problem(429, "reminded-lately");

    // It goes on with the app, and never twice.
    reassign(&api, &owen(), &app, "bob").await.expect(200);
    assert_eq!((listed(&grace).await, listed(&bob).await), (vec![own], vec![id.clone()]));
    for action in ["remind", "withdraw"] {
        api.post(&format!("{path}/{action}")).by(&grace).send().await.problem(404, "not-found");
    }
    reassign(&api, &olga(), &app, "ada").await.expect(200);
    assert_eq!(listed(&ada()).await, [id]);
    reassign(&api, &owen(), &app, "bob").await.expect(200);
    assert_eq!(api.post(&format!("{path}/withdraw")).by(&bob).send().await.expect(200).text("/status"), "withdrawn");
}

/// Approvers are held to the same.
#[tokio::test]
async fn an_approver_leaves_their_own_request_to_others() {
    let api = Api::new().await;
    approved_by(&api, "maps-api", &["maps-team"]).await;
    let petra = person("petra", &["maps-team"]);
    let id = id_of(&asked(&api, &petra, &["maps-api"], "Mine").await);
    decide(&api, &petra, &id, "approve", json!({})).await.problem(403, "conflict-of-interest");
    let mine = api.get("/v1/admin/access-requests?mine=true").by(&petra).send().await.expect(200);
    assert!(mine.items().is_empty());
    decide(&api, &petra, NOBODYS, "approve", json!({})).await.problem(404, "not-found");
}
