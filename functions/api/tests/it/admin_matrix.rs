//! The permissions of every route of API Owners, for everyone who could call it. The stage is that of the
//! consumers' matrix; a look-alike is in groups that are almost called `api-owners`.

use std::collections::BTreeSet;

use gatepass_api::endpoints;
use gatepass_testkit::person;
use serde_json::json;

use crate::harness::route;
use crate::matrix::{Stage, parts, rows};

const ACCESS_REQUESTS: &str = r#"
                                                                                              | api owner              | look-alike    | consumer      | nobody
GET /v1/admin/access-requests                                                                 | 200 of 6               | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests?status=pending                                                  | 200 of 3               | 403 forbidden | 403 forbidden | 401
GET /v1/admin/access-requests/{team request}                                                  | 200                    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/revoke {"reason": "Over"}                       | 409 not-approved       | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/approve                                         | 200                    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/retry                                           | 409 not-failed         | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{team request}/revoke {"reason": "Over"}                       | 200                    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{organisation request}/reject {"reason": "No"}                 | 200                    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/decide {"decision": "approve", "ids": ["{personal request}"]}  | 200                    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/access-requests/{personal request}/approve                                     | 409 already-decided    | 403 forbidden | 403 forbidden | 401
"#;

const APPS: &str = r#"
                                                                                      | api owner                    | look-alike    | consumer      | nobody
GET /v1/admin/apps                                                                    | 200 of 3                     | 403 forbidden | 403 forbidden | 401
GET /v1/admin/apps?owner=ada                                                          | 200 of 3                     | 403 forbidden | 403 forbidden | 401
GET /v1/admin/apps/{personal app}                                                     | 200                          | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/grants {"product_ids": ["fleet-api"], "plan_id": "gold"} | 201                    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/grants {"product_ids": ["fleet-api"], "plan_id": "gold"} | 409 duplicate-access   | 403 forbidden | 403 forbidden | 401
POST /v1/admin/apps/{personal app}/owner {"owner": "grace"}                           | 200                          | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/suspend                                  | 200                          | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/suspend                                  | 409 credential-not-active    | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/resume                                   | 200                          | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/resume                                   | 409 credential-not-suspended | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/revoke                                   | 200                          | 403 forbidden | 403 forbidden | 401
POST /v1/admin/credentials/{team credential}/revoke                                   | 409 already-revoked          | 403 forbidden | 403 forbidden | 401
"#;

const OFFERINGS: &str = r#"
                                                                         | api owner      | look-alike    | consumer      | nobody
GET /v1/admin/catalogues                                                 | 200 of 4       | 403 forbidden | 403 forbidden | 401
POST /v1/admin/catalogues {new catalogue}                                | 201            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/catalogues/harbour                                     | 200            | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/catalogues/harbour {new catalogue}                     | 200            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/catalogues/harbour/usage                               | 200 of 0       | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/catalogues/harbour                                  | 204            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products                                                   | 200 of 4       | 403 forbidden | 403 forbidden | 401
POST /v1/admin/products {new product}                                    | 201            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products/tides-api                                         | 200            | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/products/tides-api {new product}                           | 200            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/products/weather-api/usage                                 | 200 of 3       | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/products/weather-api                                    | 409 in-use     | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/products/tides-api                                      | 204            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/plans                                                      | 200 of 2       | 403 forbidden | 403 forbidden | 401
POST /v1/admin/plans {new plan}                                          | 201            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/plans/silver                                               | 200            | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/plans/silver {new plan}                                    | 200            | 403 forbidden | 403 forbidden | 401
GET /v1/admin/plans/gold/usage                                           | 200 of 6       | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/plans/gold?force=true                                   | 204            | 403 forbidden | 403 forbidden | 401
DELETE /v1/admin/plans/silver                                            | 204            | 403 forbidden | 403 forbidden | 401
"#;

const HOUSE: &str = r#"
                                     | api owner     | look-alike    | consumer      | nobody
GET /v1/admin/settings               | 200           | 403 forbidden | 403 forbidden | 401
PUT /v1/admin/settings {"access_flow": "direct"} | 200 | 403 forbidden | 403 forbidden | 401
GET /v1/admin/statistics             | 200           | 403 forbidden | 403 forbidden | 401
POST /v1/admin/policy/evaluate {"requester": {"id": "ada"}, "product_ids": ["weather-api"], "plan_id": "free"} | 200 | 403 forbidden | 403 forbidden | 401
POST /v1/admin/policy/evaluate {"requester": {"id": "ada"}, "product_ids": ["weather-api"], "plan_id": "lead"} | 404 not-found | 403 forbidden | 403 forbidden | 401
"#;

/// The stage of consumers, and the people who could take themselves for owners.
async fn stage() -> Stage {
    let mut stage = Stage::new().await;
    let consumer = stage.people["owner"].clone();
    stage.people.extend([
        ("api owner", person("owen", &["api-owners"])),
        ("look-alike", person("eve", &["api-owner", "owners", "API-OWNERS", "api-owners ", "xapi-owners"])),
        ("consumer", consumer),
    ]);
    let bodies = [
        ("new catalogue", json!({ "id": "harbour", "name": "Harbour", "audience": { "kind": "everyone" } })),
        (
            "new product",
            json!({
                "id": "tides-api", "name": "Tides", "auth_method": "api_key", "gateway": { "kind": "builtin" }, "owners": [],
            }),
        ),
        ("new plan", json!({ "id": "silver", "name": "Silver" })),
    ];
    stage.things.extend(bodies.map(|(name, body)| (name.to_owned(), body)));
    stage
}

#[tokio::test]
async fn access_requests_are_decided_on_by_owners_alone() {
    stage().await.holds(ACCESS_REQUESTS).await;
}

#[tokio::test]
async fn apps_and_credentials_are_managed_by_owners_alone() {
    stage().await.holds(APPS).await;
}

#[tokio::test]
async fn offerings_are_managed_by_owners_alone() {
    stage().await.holds(OFFERINGS).await;
}

#[tokio::test]
async fn settings_statistics_and_policy_are_for_owners_alone() {
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
