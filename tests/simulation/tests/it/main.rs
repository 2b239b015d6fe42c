//! What must hold of the simulation itself: it repeats, and it leaves nothing out.

use std::collections::BTreeSet;

use gatepass_simulation::population::OPERATIONS;
use gatepass_simulation::shrink::shortest;
use gatepass_simulation::{Plan, run};
use serde_json::Value;

#[test]
fn one_seed_gives_one_history() {
    let plan = Plan::of(7);
    let (one, other) = (run(&plan, true), run(&plan, true));
    assert!(!one.trace.is_empty());
    assert!(one.trace == other.trace, "two runs of one seed differ");
}

/// A slice of `make simulate`, on two threads.
#[test]
fn a_slice_of_histories_keeps_every_promise() {
    const HISTORIES: u64 = 30;
    let half = |first: u64| {
        let seeds = (first..HISTORIES).step_by(2);
        let broken = seeds.flat_map(|seed| {
            let violations = run(&Plan::of(seed), false).violations;
            violations.into_iter().map(move |violation| format!("seed {seed}: {violation}"))
        });
        broken.collect::<Vec<_>>()
    };
    let broken = std::thread::scope(|scope| {
        let halves = [scope.spawn(|| half(0)), scope.spawn(|| half(1))];
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(broken.is_empty(), "{broken:#?}\n`make simulate HISTORIES=1 FROM=<seed>` shows the shortest history");
}

#[test]
fn the_crowd_does_everything_that_changes_something() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/api/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap());
    let changing = operations.filter(|(method, _)| *method != "get");
    let changing: BTreeSet<_> = changing.map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
    let known: BTreeSet<_> = OPERATIONS.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(changing, known);
}

#[test]
fn a_history_is_shortened_as_long_as_it_breaks_a_promise() {
    let plan = Plan::of(3);
    let is_broken = |plan: &Plan| plan.people.iter().flatten().any(|op| op.operation == "submit_access_request");
    let shortest = shortest(plan, |plan| is_broken(plan).then_some(())).0;
    assert_eq!(shortest.faults_per_thousand, 0);
    let ops: Vec<_> = shortest.people.iter().flatten().map(|op| op.operation).collect();
    assert_eq!(ops, ["submit_access_request"]);
}

/// `make simulate-planted` puts them all into one copy of the tree.
#[test]
fn the_planted_bugs_fit_the_code() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/planted")).unwrap();
    let patches: Vec<_> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "patch"))
        .collect();
    assert!(!patches.is_empty());
    let checked =
        std::process::Command::new("git").current_dir(root).args(["apply", "--check"]).args(patches).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
