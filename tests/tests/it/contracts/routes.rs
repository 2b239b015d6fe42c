//! Router, OpenAPI document and template name the same endpoints.

use std::collections::BTreeMap;

use crate::template;

/// Whether an endpoint needs a token, by method and path.
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
            let authorizer = event["Auth"].get("Authorizer");
            assert!(authorizer.is_none_or(|name| name == "NONE"), "{} has an authorizer of its own", function.id);
            assert!(routes.insert(route, authorizer.is_none()).is_none(), "{} is doubled", function.id);
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
    let name = api["DefaultAuthorizer"].as_str().expect("there is a default authorizer");
    assert!(api["Authorizers"][name]["JwtConfiguration"].is_object());
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
