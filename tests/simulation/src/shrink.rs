//! From a history that breaks a promise to the shortest one found that still does.

use crate::history::{Outcome, Plan, run};

/// Leaves out people, and then things that they do, as long as a promise is still broken.
pub fn shrink(plan: Plan) -> (Plan, Outcome) {
    let broken = |plan: &Plan| {
        let outcome = run(plan, true);
        (!outcome.violations.is_empty()).then_some(outcome)
    };
    let (plan, outcome) = shortest(plan, broken);
    (plan.clone(), outcome.unwrap_or_else(|| run(&plan, true)))
}

/// The shortest plan found of which `look` still gives something, with the last that it gave.
pub fn shortest<T>(plan: Plan, look: impl Fn(&Plan) -> Option<T>) -> (Plan, Option<T>) {
    let mut plan = plan;
    let mut seen = None;
    loop {
        let smaller = candidates(&plan).into_iter().find_map(|candidate| {
            let found = look(&candidate)?;
            Some((candidate, found))
        });
        match smaller {
            Some((candidate, found)) => (plan, seen) = (candidate, Some(found)),
            None => return (plan, seen),
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
