//! The grants report: what each function's role allows is what the function was seen to call, no more and no less.
//!
//! All other tests write down what functions call, at the connector of the SDK or where it leads to. `make test`
//! collects that in one file, and then has this look at it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template::{self, Function, list};

/// An action, and what it is done to.
type Grants = BTreeSet<(String, String)>;

/// The use that Lambda makes of a role on its function's behalf: reads the stream, writes logs, keeps what failed.
const LAMBDAS_OWN: [&str; 7] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
];

/// The grants of the template to the function, besides what Lambda needs of it.
fn granted(function: &Function) -> Grants {
    let mut granted = pairs(&function.statements());
    granted.retain(|(action, _)| !LAMBDAS_OWN.contains(&action.as_str()));
    granted
}

/// Each action with each of its resources.
fn pairs(statements: &[Value]) -> Grants {
    let pairs = statements.iter().flat_map(|statement| {
        let resources = list(&statement["Resource"]);
        list(&statement["Action"]).into_iter().flat_map(move |action| {
            let action = action.as_str().expect("an action").to_owned();
            resources.clone().into_iter().map(move |resource| (action.clone(), named(&resource)))
        })
    });
    pairs.collect()
}

/// A resource as the call log names it.
fn named(resource: &Value) -> String {
    let text = resource.to_string();
    let index = text.split_once("/index/").map(|(_, rest)| rest.chars().take_while(char::is_ascii_alphanumeric));
    if let Some(index) = index {
        return format!("index {}", index.collect::<String>());
    }
    let kinds = [("TableArn", "table"), ("SealingKeyArn", "key"), ("Bus.Arn", "bus"), (":identity/", "identity")];
    let kind = kinds.into_iter().find(|(part, _)| text.contains(part));
    kind.map_or(text, |(_, name)| name.to_owned())
}

/// The calls that were made, by function. Tests of endpoints know a function by its route.
fn called(log: &str) -> BTreeMap<String, Grants> {
    let functions = template::functions();
    let by_route: BTreeMap<String, &str> = functions
        .iter()
        .filter_map(|function| Some((function.environment().remove("GATEPASS_ROUTE")?, function.id.as_str())))
        .collect();
    let mut calls: BTreeMap<String, Grants> = BTreeMap::new();
    for line in log.lines() {
        let [caller, action, resource] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("this is not a line of a call log: {line}");
        };
        let function = by_route.get(caller).copied().unwrap_or(caller);
        assert!(functions.iter().any(|known| known.id == function), "{caller} is no function of the template");
        calls.entry(function.to_owned()).or_default().insert((action.to_owned(), resource.to_owned()));
    }
    calls
}

fn said(grants: &Grants) -> String {
    let said: Vec<_> = grants.iter().map(|(action, resource)| format!("{action} on {resource}")).collect();
    said.join(", ")
}

/// SAM's own policy for functions is about every log group there is; within the boundary, about the stack's.
#[test]
fn the_boundary_allows_what_some_function_needs_and_logs_of_this_stack() {
    assert_eq!(template::read()["Globals"]["Function"]["PermissionsBoundary"]["Ref"], "Boundary");
    let boundary = template::resource("Boundary");
    let allowed = pairs(&list(&boundary["Properties"]["PolicyDocument"]["Statement"]));
    let (logs, allowed): (Grants, Grants) = allowed.into_iter().partition(|(action, _)| action.starts_with("logs:"));
    let groups = ["EventLogs", "HttpLogs"].map(|group| format!(r#"{{"Fn::GetAtt":"{group}.Arn"}}"#));
    let actions = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let own = actions.iter().flat_map(|action| groups.iter().map(|group| ((*action).to_owned(), group.clone())));
    assert_eq!(logs, own.collect());
    // SAM grants by itself what `EventInvokeConfig` needs.
    let kept = ("sqs:SendMessage".to_owned(), r#"{"Fn::GetAtt":"FailedInvocations.Arn"}"#.to_owned());
    let needed = template::functions().iter().flat_map(granted).chain([kept]).collect::<Grants>();
    assert_eq!(allowed, needed);
}

#[test]
#[ignore = "it looks at what all other tests wrote down: `make test` runs it after them"]
fn grants_report() {
    let path = std::env::var("GATEPASS_CALL_LOG").expect("GATEPASS_CALL_LOG names the call log; `make test` sets it");
    let log = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    let called = called(&log);
    let mut faults = Vec::new();
    let mut total = 0;
    println!("{:<24} {:>7} {:>6}  what it calls", "function", "granted", "called");
    for function in template::functions() {
        let granted = granted(&function);
        let called = called.get(&function.id).cloned().unwrap_or_default();
        total += granted.len();
        println!("{:<24} {:>7} {:>6}  {}", function.id, granted.len(), called.len(), said(&called));
        for (what, set) in [("is not granted", &called - &granted), ("is granted for nothing", &granted - &called)] {
            if !set.is_empty() {
                faults.push(format!("{} {what} {}", function.id, said(&set)));
            }
        }
    }
    println!("{total} grants on {} functions", template::functions().len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
