//! One history, from its plan to the verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::oracle;
use crate::population::{Crowd, OPERATIONS, Op, TIME_PASSES};
use crate::world::World;

/// Runs of the schedule after the faults have stopped: every kind of work is done by then.
const ROUNDS: usize = 16;
/// The time from one of these runs to the next.
const ROUND: Duration = Duration::from_secs(90);

/// What happens in a history: so many people at a time, each one thing after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Decides on faults, latencies and deliveries.
    pub seed: u64,
    /// In so many of a thousand calls something goes wrong.
    pub faults_per_thousand: u32,
    /// What each of the people does.
    pub people: Vec<Vec<Op>>,
}

/// What came of a history.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The promises that were broken, for people to read.
    pub violations: Vec<String>,
    /// Requests that were submitted.
    pub requests: usize,
    /// Calls of AWS.
    pub calls: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Every call, delivery and answer; empty unless asked for.
    pub trace: String,
}

impl Plan {
    /// The plan that follows from `seed`: 4 to 8 people who do 4 to 12 things each.
    pub fn of(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let faults_per_thousand = [0, 100, 200, 300, 400][rng.random_range(0..5)];
        let focus = FOCUSES[rng.random_range(0..FOCUSES.len())];
        let people = (0..rng.random_range(4..=8)).map(|_| {
            let things = rng.random_range(4..=12);
            (0..things).map(|_| Op { operation: some_operation(&mut rng, focus), seed: rng.next_u64() }).collect()
        });
        let people = people.collect();
        Self { seed, faults_per_thousand, people }
    }
}

/// What the people of a history do more than anything else: rare encounters become frequent. In half of the histories it
/// is nothing in particular.
const FOCUSES: [&[&str]; 6] = [
    &[],
    &[],
    &[],
    &["put_cart_item", "clear_cart", "submit_cart"],
    &["submit_access_request", "approve_access_request", "revoke_access_request", TIME_PASSES],
    &["submit_access_request", "delete_app", "suspend_credential", "revoke_credential"],
];

fn some_operation(rng: &mut StdRng, focus: &[&'static str]) -> &'static str {
    if !focus.is_empty() && rng.random_range(0..3) > 0 {
        return focus[rng.random_range(0..focus.len())];
    }
    let total: u32 = OPERATIONS.iter().map(|(_, weight)| weight).sum();
    let mut drawn = rng.random_range(0..total + 6);
    for (operation, weight) in OPERATIONS {
        match drawn.checked_sub(*weight) {
            Some(rest) => drawn = rest,
            None => return operation,
        }
    }
    TIME_PASSES
}

/// Runs a history; with `traced`, what happened is told line by line.
pub fn run(plan: &Plan, traced: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime without a driver starts").block_on(history(plan, traced))
}

async fn history(plan: &Plan, traced: bool) -> Outcome {
    let world = World::new(plan.seed, plan.faults_per_thousand, traced).await;
    let pump = tokio::spawn(Arc::clone(&world).pump());
    let crowd = Crowd::new(Arc::clone(&world));
    world.run_schedules().await;
    crowd.set_up().await;
    world.settle().await;

    world.chaos.set_calm(false);
    let people = plan.people.iter().cloned().map(|ops| {
        let crowd = crowd.clone();
        tokio::spawn(async move {
            for op in ops {
                crowd.carry_out(&op).await;
            }
        })
    });
    let people: Vec<_> = people.collect();
    for person in people {
        if let Err(error) = person.await {
            pump.abort();
            return failed(&world, format!("somebody panicked: {error}"));
        }
    }
    world.settle().await;

    world.chaos.set_calm(true);
    let mut violations = Vec::new();
    for _ in 0..ROUNDS {
        world.jump(ROUND);
        violations.extend(oracle::run_makes_progress(&world).await);
    }
    violations.extend(oracle::violations(&crowd).await);
    pump.abort();
    let requests = crowd.known.lock().expect("nobody is left").requests.len();
    Outcome { requests, violations, ..ended(&world) }
}

fn failed(world: &Arc<World>, violation: String) -> Outcome {
    Outcome { violations: vec![violation], ..ended(world) }
}

fn ended(world: &Arc<World>) -> Outcome {
    Outcome { calls: world.calls(), faults: world.chaos.injected(), trace: world.trace_text(), ..Outcome::default() }
}
