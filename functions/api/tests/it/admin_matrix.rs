//! The permissions of every route of API Owners, for everyone who could call it. The stage is that of the
//! consumers' matrix. An approver decides on `maps-api`, another one on `fleet-api`; a look-alike is in groups that are
//! almost called as theirs or as the administrators'.

use std::collections::BTreeSet;

use gatepass_api::endpoints;
use gatepass_testkit::person;
use serde_json::json;

use crate::harness::route;
use crate::matrix::{Stage, parts, rows};

const ACCESS_REQUESTS: &str = r#"
                                                                              | administrator       | approver              | other approver | look-alike    | consumer      | nobody
GET /v1/admin/access-requests                                                 | 200 of 6            | 200 of 3              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?status=pending                                  | 200 of 3            | 200 of 3              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?status=approved                                 | 200 of 3            | 200 of 0              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?mine=true                                       | 200 of 0            | 200 of 3              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?requester=ada                                   | 200 of 6            | 200 of 3              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?app_id={team app}                               | 200 of 2            | 200 of 1              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?product_id=weather-api                          | 200 of 3            | 200 of 0              | 200 of 0       | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests/{team request}                                  | 200                 | 200                   | 404 not-found  | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests/{team access}                                   | 200                 | 404 not-found         | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/revoke {"reason": "Over"}       | 409 not-approved    | 409 not-approved      | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/approve                         | 409 already-decided | 200                   | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team access}/approve                          | 409 already-decided | 404 not-found         | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/retry                           | 409 not-failed      | 409 not-failed        | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team access}/revoke {"reason": "Over"}        | 200                 | 404 not-found         | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/revoke {"reason": "Over"}       | 409 already-revoked | 200                   | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{organisation request}/reject {"reason": "No"} | 409 already-decided | 200                   | 404 not-found  | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/decide {approve the personal request}          | 200                 | 200                   | 200            | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{personal request}/approve                     | 409 already-decided | 409 already-decided   | 404 not-found  | 403 forbidden | 403 forbidden | 401
"#;

const APPS: &str = r#"
                                                                                      | administrator                    | approver      | look-alike    | consumer      | nobody
GET /v1/admin/apps                                                                    | 200 of 3                     | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/apps?owner=ada                                                          | 200 of 3                     | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/apps/{personal app}                                                     | 200                          | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/grants {"product_ids": ["fleet-api"], "plan_id": "gold"} | 201                    | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/grants {"product_ids": ["fleet-api"], "plan_id": "gold"} | 409 duplicate-access   | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/credentials {"product_ids": ["weather-api"], "plan_id": "gold", "key": "s3cr3t-Key/of.the:old+gateway"} | 409 duplicate-access | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/owner {"owner": "grace"}                           | 200                          | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/suspend                                  | 200                          | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/suspend                                  | 409 credential-not-active    | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/resume                                   | 200                          | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/resume                                   | 409 credential-not-suspended | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/revoke                                   | 200                          | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/revoke                                   | 409 already-revoked          | 403 forbidden | 403 forbidden | 403 forbidden | 401
"#;

const OFFERINGS: &str = r#"
                                                                         | administrator      | approver      | look-alike    | consumer      | nobody
GET /v1/admin/catalogues                                                 | 200 of 4       | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/catalogues {new catalogue}                                | 201            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/catalogues/harbour                                     | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/catalogues/harbour {new catalogue}                     | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/catalogues/harbour/usage                               | 200 of 0       | 403 forbidden | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/catalogues/harbour                                  | 204            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/gateways                                                   | 200 of 5       | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products                                                   | 200 of 4       | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/products {new product}                                    | 201            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products/tides-api                                         | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/products/tides-api {new product}                           | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products/tides-api/openapi                                 | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/products/tides-api/openapi {"openapi": "3.1.0", "info": {"title": "Tides", "version": "1"}, "paths": {}} | 200 | 403 forbidden | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/products/tides-api/openapi                              | 204            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products/weather-api/usage                                 | 200 of 3       | 403 forbidden | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/products/weather-api                                    | 409 in-use     | 403 forbidden | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/products/tides-api                                      | 204            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/plans                                                      | 200 of 2       | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/plans {new plan}                                          | 201            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/plans/silver                                               | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/plans/silver {new plan}                                    | 200            | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/plans/gold/usage                                           | 200 of 6       | 403 forbidden | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/plans/gold?force=true                                   | 204            | 403 forbidden | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/plans/silver                                            | 204            | 403 forbidden | 403 forbidden | 403 forbidden | 401
"#;

const HOUSE: &str = r#"
                                     | administrator     | approver      | look-alike    | consumer      | nobody
GET /v1/admin/settings               | 200           | 403 forbidden | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/settings {"access_flow": "direct"} | 200 | 403 forbidden | 403 forbidden | 403 forbidden | 401
GET /v1/admin/statistics             | 200           | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/policy/evaluate {"requester": {"id": "ada"}, "product_ids": ["weather-api"], "plan_id": "free"} | 200 | 403 forbidden | 403 forbidden | 403 forbidden | 401
POST /v1/admin/policy/evaluate {"requester": {"id": "ada"}, "product_ids": ["weather-api"], "plan_id": "lead"} | 404 not-found | 403 forbidden | 403 forbidden | 403 forbidden | 401
"#;

/// The stage of consumers, and the people who could take themselves for owners.
async fn stage() -> Stage {
    let mut stage = Stage::new().await;
    for (product, group) in [("maps-api", "maps-team"), ("fleet-api", "fleet-team")] {
        stage.approved_by(product, group).await;
    }
    let consumer = stage.people["owner"].clone();
    stage.people.extend([
        ("administrator", person("owen", &["api-owners"])),
        ("approver", person("petra", &["maps-team"])),
        ("other approver", person("felix", &["fleet-team"])),
        (
            "look-alike",
            person("eve", &["api-owner", "API-OWNERS", "api-owners ", "xapi-owners", "Maps-Team", "maps-team "]),
        ),
        ("consumer", consumer),
    ]);
    let bodies = [
        ("new catalogue", json!({ "id": "harbour", "name": "Harbour", "audience": { "kind": "everyone" } })),
        (
            "new product",
            json!({
                "id": "tides-api", "name": "Tides", "auth_method": "api_key", "gateway": { "kind": "builtin" }, "owners": ["owners@example.com"],
            }),
        ),
        ("approve the personal request", json!({ "decision": "approve", "ids": [stage.things["personal request"]] })),
        ("new plan", json!({ "id": "silver", "name": "Silver" })),
    ];
    stage.things.extend(bodies.map(|(name, body)| (name.to_owned(), body)));
    stage
}

// Covers P13.
#[tokio::test]
async fn access_requests_are_decided_on_by_administrators_and_approvers_of_their_products() {
    stage().await.holds(ACCESS_REQUESTS).await;
}

#[tokio::test]
async fn apps_and_credentials_are_managed_by_administrators_alone() {
    stage().await.holds(APPS).await;
}

#[tokio::test]
async fn offerings_are_managed_by_administrators_alone() {
    stage().await.holds(OFFERINGS).await;
}

#[tokio::test]
async fn settings_statistics_and_policy_are_for_administrators_alone() {
    stage().await.holds(HOUSE).await;
}

#[test]
fn no_route_is_left_out() {
    let tables = [ACCESS_REQUESTS, APPS, OFFERINGS, HOUSE];
    let held = tables.iter().flat_map(|table| rows(table)).map(|row| {
        let (method, path, _) = parts(row.asked);
        route(&method, path.split('?').next().unwrap_or_default()).0.to_string()
    });
    let of_owners = endpoints().iter().map(|endpoint| endpoint.route.to_string());
    let of_owners = of_owners.filter(|route| route.contains(" /v1/admin/"));
    assert_eq!(held.collect::<BTreeSet<_>>(), of_owners.collect());
}

/// Every operation says in the document which role it is for; it lets that role in, administrators, and nobody else.
#[tokio::test]
async fn every_route_is_for_the_role_that_the_document_states() {
    let stage = stage().await;
    let document = gatepass_api::document();
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.route.path.starts_with("/v1/admin/")) {
        let operation = &document["paths"][&endpoint.route.path][endpoint.route.method.to_lowercase()];
        let role =
            operation["security"][0]["bearer"][0].as_str().unwrap_or_else(|| panic!("{endpoint:?} states no role"));
        for (who, person) in &stage.people {
            let is_let_in = match *who {
                "administrator" => true,
                "approver" | "other approver" => role == "approver",
                _ => false,
            };
            let answer = stage.api.call(&endpoint.route).by(person).send().await;
            let is_forbidden = answer.status == 403 && answer.body["type"] == "/problems/forbidden";
            assert_eq!(is_forbidden, !is_let_in, "{who}: {endpoint:?}: {:#}", answer.body);
            assert_ne!(answer.status, 401, "{who}: {endpoint:?}");
        }
        assert_eq!(stage.api.call(&endpoint.route).send().await.status, 401, "{endpoint:?}");
    }
}
