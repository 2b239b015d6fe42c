//! Which function answers which path.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value};

use crate::function::Function;
use crate::template;

/// A route with the function behind it.
pub(super) struct Route {
    /// As the template writes it: `GET /v1/apps/{id}`.
    pub(super) key: String,
    /// The authorizer, by name.
    pub(super) authorizer: Option<String>,
    pub(super) function: Arc<Function>,
    method: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Parameter(String),
    Literal(String),
}

/// All routes, the most specific first.
pub(super) struct RouteTable(Vec<Route>);

impl RouteTable {
    pub(super) fn new(wirings: &[template::Function], functions: &BTreeMap<String, Arc<Function>>) -> Self {
        let mut routes = Vec::new();
        for wiring in wirings {
            let Some(function) = functions.get(&wiring.logical_id) else { continue };
            routes.extend(wiring.routes.iter().map(|route| Route {
                key: format!("{} {}", route.method, route.path),
                authorizer: route.authorizer.clone(),
                function: Arc::clone(function),
                method: route.method.clone(),
                segments: route.path.split('/').map(segment).collect(),
            }));
        }
        // A literal segment is more specific than a parameter, and the earlier segment decides.
        routes.sort_by_key(|route| Reverse(route.segments.iter().map(is_literal).collect::<Vec<_>>()));
        Self(routes)
    }

    /// The route for a call, and its path parameters.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<(&Route, Map<String, Value>)> {
        let of_method = self.0.iter().filter(|route| route.method == method.as_str());
        of_method.filter_map(|route| Some((route, parameters(&route.segments, path)?))).next()
    }
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        Some(name) => Segment::Parameter(name.to_owned()),
        None => Segment::Literal(text.to_owned()),
    }
}

fn is_literal(segment: &Segment) -> bool {
    matches!(segment, Segment::Literal(_))
}

fn parameters(segments: &[Segment], path: &str) -> Option<Map<String, Value>> {
    let mut parameters = Map::new();
    let mut given = path.split('/');
    for segment in segments {
        let given = given.next()?;
        match segment {
            Segment::Literal(literal) if literal == given => {}
            Segment::Parameter(name) if !given.is_empty() => {
                parameters.insert(name.clone(), Value::String(given.to_owned()));
            }
            Segment::Literal(_) | Segment::Parameter(_) => return None,
        }
    }
    given.next().is_none().then_some(parameters)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    /// A function `F` with a `GET` route for each of `paths`.
    pub(in crate::gateway) fn wiring(paths: &[&str]) -> template::Function {
        let route = |path: &&str| template::Route { method: "GET".into(), path: (*path).into(), authorizer: None };
        template::Function {
            logical_id: "F".into(),
            binary: "api".into(),
            environment: BTreeMap::new(),
            grants: Vec::new(),
            timeout: Duration::from_secs(1),
            retries: 0,
            routes: paths.iter().map(route).collect(),
            rules: Vec::new(),
            streams: Vec::new(),
            schedules: Vec::new(),
        }
    }

    fn table(paths: &[&str]) -> RouteTable {
        let wiring = wiring(paths);
        let function = Function::new("F".into(), &wiring, Box::new(|event| Box::pin(async { Ok(event) })));
        RouteTable::new(&[wiring], &BTreeMap::from([("F".into(), Arc::new(function))]))
    }

    #[test]
    fn the_most_specific_route_wins() {
        let table = table(&["/v1/{a}/{b}", "/v1/apps/{id}", "/v1/apps/mine", "/v1/{a}/list"]);
        let found = |path| {
            table
                .find(&Method::GET, path)
                .map(|(route, parameters)| (route.key.as_str(), Value::Object(parameters).to_string()))
        };
        assert_eq!(found("/v1/apps/mine"), Some(("GET /v1/apps/mine", "{}".into())));
        assert_eq!(found("/v1/apps/list"), Some(("GET /v1/apps/{id}", r#"{"id":"list"}"#.into())));
        assert_eq!(found("/v1/x/list"), Some(("GET /v1/{a}/list", r#"{"a":"x"}"#.into())));
        assert_eq!(found("/v1/x/y"), Some(("GET /v1/{a}/{b}", r#"{"a":"x","b":"y"}"#.into())));
        for nowhere in ["/v1/apps", "/v1/apps/", "/v1/apps/a/b", "/v1/apps/mine/", "//v1/apps/mine", "/"] {
            assert_eq!(found(nowhere), None, "{nowhere}");
        }
        assert!(table.find(&Method::POST, "/v1/apps/mine").is_none());
    }
}
