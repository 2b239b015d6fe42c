//! The grants of the template, and the destinations of failures.

use serde_json::{Value, json};

use crate::template::{self, list};

/// The statements by which functions are granted something.
fn statements() -> Vec<(String, Value)> {
    let of_functions = template::functions()
        .into_iter()
        .flat_map(|function| function.statements().into_iter().map(move |statement| (function.id.clone(), statement)));
    of_functions.collect()
}

#[test]
fn grants_name_exact_actions_on_exact_resources() {
    let statements = statements();
    assert!(statements.len() > 20, "the statements were found");
    for (id, statement) in statements {
        assert_eq!(statement["Effect"], "Allow", "{id}");
        assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none(), "{id}: {statement}");
        for action in list(&statement["Action"]) {
            let action = action.as_str().unwrap_or_else(|| panic!("{id}: {statement} has no action"));
            assert!(!action.contains('*'), "{id} is granted {action}");
        }
        for resource in list(&statement["Resource"]) {
            let wild = resource.to_string().contains('*');
            // A list is of all streams of one table: nothing more exact can be named.
            let streams = json!({ "Fn::Sub": "${Data.Outputs.TableArn}/stream/*" });
            let allowed = resource == streams && statement["Action"] == json!(["dynamodb:ListStreams"]);
            assert!(!wild || allowed, "{id} is granted {statement} on {resource}");
            assert!(resource.is_object(), "{id}: {resource} is not of this stack");
        }
    }
}

#[test]
fn only_who_seals_encrypts_and_only_who_reveals_decrypts() {
    let granted = |action: &str| -> Vec<String> {
        let found =
            statements().into_iter().filter(|(_, statement)| list(&statement["Action"]).contains(&json!(action)));
        found.map(|(id, _)| id).collect()
    };
    assert_eq!(granted("kms:Encrypt"), ["Provision", "ReassignApp", "RotateCredential"]);
    assert_eq!(granted("kms:Decrypt"), ["RevealCredential"]);
    assert_eq!(granted("ses:SendEmail"), ["Notify"]);
    assert_eq!(granted("dynamodb:Scan"), Vec::<String>::new());
}

#[test]
fn endpoints_that_only_read_may_not_write() {
    for function in template::functions() {
        let reads = function.events("HttpApi").iter().any(|(_, event)| event["Method"] == "GET");
        let actions = function.statements().iter().flat_map(|statement| list(&statement["Action"])).collect::<Vec<_>>();
        let writes = ["PutItem", "UpdateItem", "DeleteItem"].map(|action| json!(format!("dynamodb:{action}")));
        let writes: Vec<_> = actions.iter().filter(|action| writes.contains(action)).collect();
        assert!(!reads || writes.is_empty(), "{} answers GET and is granted {writes:?}", function.id);
    }
}

#[test]
fn functions_take_no_policy_of_aws() {
    for function in template::functions() {
        for policy in list(&function.properties["Policies"]) {
            let own = policy.get("Statement").is_some() || policy.get("Ref").is_some();
            assert!(own, "{}: {policy}", function.id);
        }
    }
}

#[test]
fn what_fails_on_an_asynchronous_path_is_kept() {
    let queue = |target: &Value| target == &json!({ "Fn::GetAtt": "FailedInvocations.Arn" });
    let mut paths = 0;
    for function in template::functions() {
        let deliveries = [function.events("EventBridgeRule"), function.events("ScheduleV2")].concat();
        for (name, event) in &deliveries {
            let place = format!("{}.{name}", function.id);
            let target = json!({ "Fn::GetAtt": "FailedDeliveries.Arn" });
            assert_eq!(event["DeadLetterConfig"]["Arn"], target, "{place}: deliveries that fail");
            assert!(event["RetryPolicy"]["MaximumRetryAttempts"].is_u64(), "{place}");
            assert!(event["RetryPolicy"]["MaximumEventAgeInSeconds"].is_u64(), "{place}");
        }
        if !deliveries.is_empty() {
            paths += 1;
            let invoked = &function.properties["EventInvokeConfig"];
            let on_failure = &invoked["DestinationConfig"]["OnFailure"]["Destination"];
            assert!(queue(on_failure), "{}: invocations that fail go to {on_failure}", function.id);
            assert!(invoked["MaximumRetryAttempts"].is_u64(), "{}", function.id);
        }
        for (name, stream) in function.events("DynamoDB") {
            paths += 1;
            let on_failure = &stream["DestinationConfig"]["OnFailure"]["Destination"];
            assert!(queue(on_failure), "{}.{name}: batches that fail go to {on_failure}", function.id);
            assert!(stream["MaximumRetryAttempts"].as_i64().is_some_and(|most| most >= 0), "{}.{name}", function.id);
        }
        let known = ["HttpApi", "EventBridgeRule", "ScheduleV2", "DynamoDB"];
        for event in function.properties["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            assert!(known.contains(&event["Type"].as_str().unwrap()), "{}: {event}", function.id);
        }
    }
    assert_eq!(paths, 5, "relay, auto-approve, provision, notify and expire");
}

#[test]
fn queues_and_logs_are_encrypted_and_end() {
    for (id, queue) in template::of_type("AWS::SQS::Queue") {
        assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true, "{id}");
        assert_eq!(queue["Properties"]["MessageRetentionPeriod"], 1_209_600, "{id}: as long as SQS keeps anything");
    }
    for (id, group) in template::of_type("AWS::Logs::LogGroup") {
        assert!(group["Properties"].get("RetentionInDays").is_some(), "{id} is kept for ever");
    }
    for function in template::functions() {
        assert!(function.properties["LoggingConfig"]["LogGroup"].get("Ref").is_some(), "{}", function.id);
    }
    let globals = &template::read()["Globals"]["Function"];
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
}
