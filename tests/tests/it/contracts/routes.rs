//! Router, OpenAPI document and template name the same endpoints.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::{self, LOOP, list};

/// True when an endpoint needs a token, by method and path.
type Routes = BTreeMap<String, bool>;

fn of_router() -> Vec<String> {
    let mut routes: Vec<_> = gatepass_api::endpoints().iter().map(|endpoint| endpoint.route.to_string()).collect();
    routes.sort();
    routes
}

fn of_document() -> Routes {
    let document = gatepass_api::document();
    let mut routes = Routes::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let secured = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
            routes.insert(format!("{} {path}", method.to_uppercase()), secured);
        }
    }
    routes
}

fn of_template() -> Routes {
    let mut routes = Routes::new();
    for function in template::functions() {
        for (_, event) in function.events("HttpApi") {
            let route = format!("{} {}", event["Method"].as_str().unwrap(), event["Path"].as_str().unwrap());
            assert_eq!(event["ApiId"]["Ref"], "HttpApi", "{} is on another API", function.id);
            assert_eq!(function.environment()["GATEPASS_ROUTE"], route, "{} mounts something else", function.id);
            let secured = match event["Auth"]["Authorizer"].as_str() {
                Some("AccessToken") => true,
                Some("NONE") => false,
                other => panic!("{} has the authorizer {other:?}", function.id),
            };
            assert!(routes.insert(route, secured).is_none(), "{} is doubled", function.id);
        }
    }
    routes
}

#[test]
fn router_document_and_template_have_the_same_routes() {
    let router = of_router();
    assert_eq!(router, of_document().into_keys().collect::<Vec<_>>(), "router and OpenAPI document");
    assert_eq!(router, of_template().into_keys().collect::<Vec<_>>(), "router and template");
}

#[test]
fn who_needs_no_token_needs_none_anywhere() {
    let (document, template) = (of_document(), of_template());
    assert_eq!(document, template, "OpenAPI document and template");
    let open: Vec<_> = template.iter().filter(|(_, secured)| !**secured).map(|(route, _)| route.as_str()).collect();
    let expected =
        ["GET /v1/health", "GET /v1/openapi.json", "GET /v1/public/catalogues", "GET /v1/public/catalogues/{id}"];
    assert_eq!(open, expected);
}

#[test]
fn the_api_has_the_jwt_authorizer_by_default() {
    let api = &template::of_type("AWS::Serverless::HttpApi")[0].1["Properties"]["Auth"];
    assert_eq!(api["DefaultAuthorizer"], "AccessToken", "a route that is added without a row needs a token, too");
    assert!(api["Authorizers"]["AccessToken"]["JwtConfiguration"].is_object());
}

/// The rows of the mapping, by name.
fn rows() -> &'static serde_json::Map<String, Value> {
    template::as_it_stands()["Mappings"]["Endpoints"].as_object().expect("the template has a mapping Endpoints")
}

#[test]
fn each_row_is_named_by_one_loop() {
    let resources = template::as_it_stands()["Resources"].as_object().unwrap();
    let loops = resources.iter().filter_map(|(key, body)| Some((key.strip_prefix(LOOP)?, &body[1])));
    let mut named = BTreeMap::new();
    for (name, collection) in loops {
        for endpoint in list(collection) {
            let endpoint = endpoint.as_str().expect("a name").to_owned();
            let before = named.insert(endpoint.clone(), name);
            assert_eq!(before, None, "{endpoint} is named twice");
            let row = rows().get(&endpoint).unwrap_or_else(|| panic!("{endpoint} has no row in Mappings.Endpoints"));
            let expected = match (row.get("Key"), row.get("Table")) {
                (Some(_), _) => "KeyEndpoints",
                (None, Some(_)) => "TableEndpoints",
                (None, None) => "IndexEndpoints",
            };
            assert_eq!(name, expected, "the loop of {endpoint}");
        }
    }
    let missing: Vec<_> = rows().keys().filter(|name| !named.contains_key(*name)).collect();
    assert!(missing.is_empty(), "these rows are in no loop: {missing:?}");
}

/// A column that is misspelt would be one that has its default.
#[test]
fn rows_have_the_columns_that_loops_read() {
    const COLUMNS: [&str; 7] = ["Authorizer", "Index", "Key", "Memory", "Method", "Path", "Table"];
    let body = template::as_it_stands()["Resources"].to_string();
    for column in COLUMNS {
        let read = format!(r#"["Endpoints",{{"Ref":"Endpoint"}},"{column}""#);
        assert!(body.contains(&read), "no loop reads {column}");
    }
    for (endpoint, row) in rows() {
        for column in row.as_object().expect("a row").keys() {
            assert!(COLUMNS.contains(&column.as_str()), "{endpoint} has a column {column}, which no loop reads");
        }
    }
}

#[test]
fn each_endpoint_is_a_function_of_its_own() {
    for function in template::functions() {
        let routes = function.events("HttpApi").len();
        assert_eq!(routes, usize::from(function.binary == "api"), "{} has {routes} routes", function.id);
    }
}

#[test]
fn the_template_stays_well_under_the_limit_of_resources() {
    // SAM makes a role, and for each event a permission, out of a function. CloudFormation takes 500.
    let template = template::read();
    let declared = template["Resources"].as_object().unwrap().len();
    let made: usize = template::functions()
        .iter()
        .map(|function| 1 + function.properties["Events"].as_object().map_or(0, |events| 2 * events.len()))
        .sum();
    assert!(declared + made < 450, "{declared} resources, and {made} made by SAM");
}
