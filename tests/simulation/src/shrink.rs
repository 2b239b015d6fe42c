//! From a history that breaks a promise to the shortest one found that still does.

use crate::history::{Outcome, Plan, run};

/// Leaves out people, and then things that they do, as long as a promise is still broken.
pub fn shrink(plan: Plan) -> (Plan, Outcome) {
    let mut plan = plan;
    let mut outcome = run(&plan, true);
    loop {
        let smaller = candidates(&plan).into_iter().find_map(|candidate| {
            let outcome = run(&candidate, true);
            (!outcome.violations.is_empty()).then_some((candidate, outcome))
        });
        match smaller {
            Some((candidate, found)) => (plan, outcome) = (candidate, found),
            None => return (plan, outcome),
        }
    }
}

/// Plans with less in them, the smallest first.
fn candidates(plan: &Plan) -> Vec<Plan> {
    let mut candidates = Vec::new();
    if plan.faults_per_thousand > 0 {
        candidates.push(Plan { faults_per_thousand: 0, ..plan.clone() });
    }
    for person in 0..plan.people.len() {
        let mut fewer = plan.clone();
        fewer.people.remove(person);
        candidates.push(fewer);
    }
    for (person, ops) in plan.people.iter().enumerate() {
        for op in 0..ops.len() {
            let mut fewer = plan.clone();
            fewer.people[person].remove(op);
            candidates.push(fewer);
        }
    }
    candidates
}
