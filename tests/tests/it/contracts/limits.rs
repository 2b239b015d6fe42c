//! Time-outs and concurrency of functions: what the template says against what the code may take.

use gatepass_store::ON_ITS_WAY;
use serde_json::{Value, json};

use crate::template;

fn seconds_of(id: &str) -> u64 {
    let own = &template::resource(id)["Properties"]["Timeout"];
    let globals = &template::read()["Globals"]["Function"]["Timeout"];
    own.as_u64().or(globals.as_u64()).expect("a function has a time-out")
}

/// A function that is ended while SES has its mail cannot write down that it was sent. One event makes two mails due at
/// most, beside which the slowest call of the table needs its time.
#[test]
fn notify_outlives_the_mail_service_and_ends_before_its_mails_count_as_lost() {
    let longest = 2 * gatepass_ses::TIMEOUT + gatepass_lambda::OPERATION;
    let seconds = seconds_of("Notify");
    assert!(seconds > longest.as_secs(), "Notify is ended after {seconds} s, and may need {longest:?}");
    assert!(i64::try_from(seconds).unwrap() < ON_ITS_WAY.as_secs(), "another delivery sends the mail again");
}

#[test]
fn expire_ends_before_its_next_run() {
    assert!(seconds_of("Expire") < 60);
}

/// Small accounts have ten concurrent executions in all, and Lambda refuses to reserve the last ones.
#[test]
fn concurrency_is_reserved_only_where_somebody_asks_for_it() {
    let reserved = |id: &str| template::resource(id)["Properties"]["ReservedConcurrentExecutions"].clone();
    let given_by = |condition: &str, parameter: &str| {
        assert_eq!(template::read()["Parameters"][parameter]["Default"], 0, "{parameter}");
        let unset = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]});
        assert_eq!(template::read()["Conditions"][condition], unset);
        json!({"Fn::If": [condition, {"Ref": parameter}, {"Ref": "AWS::NoValue"}]})
    };
    assert_eq!(reserved("Authorizer"), given_by("ReservedAuthorizer", "AuthorizerConcurrency"));
    let limited = given_by("LimitedEvents", "EventConcurrency");
    for id in ["AutoApprove", "Provision", "Notify"] {
        assert_eq!(reserved(id), limited, "{id}");
    }
    let others = template::functions().into_iter().filter(|function| {
        !["Authorizer", "AutoApprove", "Provision", "Notify"].contains(&function.id.as_str())
            && function.properties["ReservedConcurrentExecutions"] != Value::Null
    });
    assert_eq!(others.map(|function| function.id).collect::<Vec<_>>(), Vec::<String>::new());
}
