//! Every variable that the template sets is one that the function reads, and the other way round.

use std::collections::BTreeSet;

use gatepass_lambda::{ConfigError, Vars};

use crate::template::{self, Function};

/// The answer of `function` to its environment.
fn configured(function: &Function, vars: &Vars) -> Result<(), ConfigError> {
    match function.binary.as_str() {
        "api" => gatepass_api::Config::from_vars(vars).map(drop),
        "authorizer" => gatepass_authorizer::Config::from_vars(vars).map(drop),
        "auto-approve" => gatepass_auto_approve::Config::from_vars(vars).map(drop),
        "expire" => gatepass_expire::Config::from_vars(vars).map(drop),
        "notify" => gatepass_notify::Config::from_vars(vars).map(drop),
        "pre-token" => Ok(()),
        "provision" => gatepass_provision::Config::from_vars(vars).map(drop),
        "relay" => gatepass_relay::Config::from_vars(vars).map(drop),
        other => panic!("{} runs `{other}`, which is no program of this workspace", function.id),
    }
}

#[test]
fn every_function_gets_what_it_reads() {
    for function in template::functions() {
        let vars: Vars = function.environment().into_iter().collect();
        configured(&function, &vars).unwrap_or_else(|error| panic!("{}: {error}", function.id));
    }
}

#[test]
fn every_function_misses_what_is_taken_away_and_gets_nothing_else() {
    for function in template::functions() {
        let environment = function.environment();
        if function.binary == "pre-token" {
            assert!(environment.is_empty(), "{} reads no variable", function.id);
        }
        for name in environment.keys() {
            let vars: Vars = environment.clone().into_iter().filter(|(other, _)| other != name).collect();
            let error = configured(&function, &vars).expect_err(&format!("{} does not read {name}", function.id));
            assert!(error.to_string().contains(name), "{} without {name} says: {error}", function.id);
        }
    }
}

#[test]
fn no_variable_is_set_for_functions_that_do_not_read_it() {
    let globals = &template::read()["Globals"]["Function"];
    assert!(globals.get("Environment").is_none(), "variables are set where they are read");
}

#[test]
fn every_program_runs() {
    let programs: BTreeSet<_> = template::functions().into_iter().map(|function| function.binary).collect();
    let all = ["api", "authorizer", "auto-approve", "expire", "notify", "pre-token", "provision", "relay"];
    assert_eq!(programs.into_iter().collect::<Vec<_>>(), all);
}
