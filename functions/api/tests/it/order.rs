//! The order of checks: token, role, body, existence, own request, rule, state.

use gatepass_testkit::{ada, grace, olga, owen};
use serde_json::json;

use crate::harness::{Api, NOBODYS, id_of};

#[tokio::test]
async fn the_token_comes_before_everything() {
    let api = Api::new().await;
    api.post("/v1/admin/access-requests/1/reject").text("{").send().await.expect(401);
    api.post("/v1/access-requests").text(&" ".repeat(300_000)).send().await.expect(401);
}

#[tokio::test]
async fn the_role_comes_before_the_body() {
    let api = Api::new().await;
    for action in ["approve", "reject", "retry", "revoke"] {
        let path = format!("/v1/admin/access-requests/{NOBODYS}/{action}");
        api.post(&path).by(&ada()).text("{").send().await.problem(403, "forbidden");
        api.post(&path).by(&ada()).text(&" ".repeat(300_000)).send().await.problem(403, "forbidden");
    }
    api.get("/v1/admin/access-requests?limit=0").by(&ada()).send().await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_body_comes_before_existence() {
    let api = Api::new().await;
    let long = "x".repeat(2001);
    for id in [NOBODYS, "malformed"] {
        let admin = format!("/v1/admin/access-requests/{id}");
        for (path, body, pointer) in [
            (format!("{admin}/approve"), json!({ "note": long }), "/note"),
            (format!("{admin}/approve"), json!({ "note": 1 }), "/note"),
            (format!("{admin}/reject"), json!({ "reason": "" }), "/reason"),
            (format!("{admin}/reject"), json!({ "reason": long }), "/reason"),
            (format!("{admin}/retry"), json!({ "x": 1 }), "/x"),
            (format!("{admin}/revoke"), json!({ "reason": " " }), "/reason"),
        ] {
            let answer = api.post(&path).by_owner(&owen()).json(body).send().await.problem(400, "invalid-body");
            assert_eq!(answer.pointers(), [pointer], "{path}");
        }
        for path in [format!("/v1/access-requests/{id}/withdraw"), format!("/v1/apps/{id}/credentials/{id}/reveal")] {
            let answer = api.post(&path).by(&ada()).json(json!({ "x": 1 })).send().await.problem(400, "invalid-body");
            assert_eq!(answer.pointers(), ["/x"], "{path}");
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_whatever_its_id_looks_like() {
    let api = Api::new().await;
    for id in [NOBODYS, "malformed", "%20", "00000000-0000-0000-0000-000000000000", "..", "%2e%2e", "%ff"] {
        let admin = format!("/v1/admin/access-requests/{id}");
        api.get(&admin).by_owner(&owen()).send().await.problem(404, "not-found");
        for action in ["approve", "retry"] {
            api.post(&format!("{admin}/{action}")).by_owner(&owen()).send().await.problem(404, "not-found");
        }
        let reject = api.post(&format!("{admin}/reject")).by_owner(&owen()).json(json!({ "reason": "no" }));
        reject.send().await.problem(404, "not-found");
        for path in ["access-requests/{id}", "apps/{id}", "apps/{id}/credentials", "catalogues/{id}", "products/{id}"] {
            let path = format!("/v1/{}", path.replace("{id}", id));
            api.get(&path).by(&ada()).send().await.problem(404, "not-found");
        }
        api.get(&format!("/v1/public/catalogues/{id}")).send().await.problem(404, "not-found");
        api.post(&format!("/v1/access-requests/{id}/withdraw")).by(&ada()).send().await.problem(404, "not-found");
        api.post(&format!("/v1/apps/{id}/credentials/{id}/reveal")).by(&ada()).send().await.problem(404, "not-found");
    }
}

/// R34
#[tokio::test]
async fn existence_comes_before_the_own_request_and_that_before_the_state() {
    let api = Api::new().await;
    let own = id_of(&api.request(owen().person(), "weather-api", "gold", "Mine").await);
    for action in ["approve", "reject"] {
        let call = || {
            let call = api.post(&format!("/v1/admin/access-requests/{own}/{action}"));
            if action == "reject" { call.json(json!({ "reason": "no" })) } else { call }
        };
        call().by_owner(&owen()).send().await.problem(403, "conflict-of-interest");
    }
    // Settled by somebody else, it is still his own.
    api.post(&format!("/v1/admin/access-requests/{own}/approve")).by_owner(&olga()).send().await.expect(200);
    let again = api.post(&format!("/v1/admin/access-requests/{own}/approve"));
    let answer = again.by_owner(&owen()).send().await.problem(403, "conflict-of-interest");
    answer.is("problem_conflict_of_interest");
    let again = api.post(&format!("/v1/admin/access-requests/{own}/approve"));
    again.by_owner(&olga()).send().await.problem(409, "already-decided");
}

/// The rules of a submit are checked in one order, whatever else is wrong.
#[tokio::test]
async fn rules_have_an_order() {
    let api = Api::new().await;
    let nobodys = json!(NOBODYS);
    let submit = |catalogue: &str, products: &[&str], plan: &str, credential: bool| {
        let mut body = json!({
            "catalogue_id": catalogue, "product_ids": products, "plan_id": plan, "app_id": nobodys,
        });
        if credential {
            body["extends_credential_id"] = nobodys.clone();
        }
        api.post("/v1/access-requests").by(&ada()).json(body).send()
    };
    let answer = submit("partner-apis", &["fleet-api"], "platinum", true).await;
    answer.problem(422, "product-not-offered").is("problem_product_not_offered");
    submit("nowhere", &["weather-api"], "gold", false).await.problem(422, "product-not-offered");
    let answer = submit("public-apis", &["weather-api", "payments-api"], "platinum", true).await;
    answer.problem(422, "plan-not-offered").is("problem_plan_not_offered");
    let answer = submit("public-apis", &["weather-api", "payments-api"], "gold", true).await;
    answer.problem(422, "mixed-authentication-methods").is("problem_mixed_authentication_methods");
    let answer = submit("public-apis", &["weather-api"], "gold", true).await;
    answer.problem(422, "credential-not-compatible").is("problem_credential_not_compatible");
    let answer = submit("public-apis", &["weather-api"], "gold", false).await;
    answer.problem(422, "app-not-usable").is("problem_app_not_usable");
    // The partner's own call goes further than ada's.
    let body = json!({
        "catalogue_id": "partner-apis", "product_ids": ["fleet-api"], "plan_id": "platinum", "app_id": NOBODYS,
    });
    api.post("/v1/access-requests").by(&grace()).json(body).send().await.problem(422, "plan-not-offered");
}
