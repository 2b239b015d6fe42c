//! `simulate`: runs histories, and shows the shortest one that breaks a promise.
//!
//! ```text
//! simulate --histories 2000            that many, from seed 0
//! simulate --from 5000 --histories 10  from another seed on
//! simulate --first --histories 2000    no further than the first that breaks a promise
//! simulate --seed 42                   one history, with its trace
//! ```

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use gatepass_simulation::shrink::shrink;
use gatepass_simulation::{Plan, run};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)?.parse::<u64>().ok()
    };
    if let Some(seed) = number("--seed") {
        return one(seed);
    }
    let Some(histories) = number("--histories") else {
        println!("usage: simulate --histories N [--from SEED] [--first] | --seed SEED");
        return ExitCode::from(2);
    };
    let from = number("--from").unwrap_or(0);
    if arguments.iter().any(|argument| argument == "--first") { first(from, histories) } else { many(from, histories) }
}

/// Runs one history and tells everything about it.
fn one(seed: u64) -> ExitCode {
    let outcome = run(&Plan::of(seed), true);
    println!("{}", outcome.trace);
    report(&outcome.violations)
}

/// Runs histories one after another, up to the first that breaks a promise.
fn first(from: u64, histories: u64) -> ExitCode {
    for seed in from..from + histories {
        let outcome = run(&Plan::of(seed), false);
        if !outcome.violations.is_empty() {
            println!("seed {seed}");
            return report(&outcome.violations);
        }
    }
    ExitCode::SUCCESS
}

/// Runs histories on every core, and shortens the first that breaks a promise.
fn many(from: u64, histories: u64) -> ExitCode {
    let begun = Instant::now();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let workers: Vec<_> = (0..cores)
        .map(|core| {
            std::thread::spawn(move || {
                let mut total = Total::default();
                for seed in (from + core..from + histories).step_by(usize::try_from(cores).unwrap_or(1)) {
                    let outcome = run(&Plan::of(seed), false);
                    total.add(&outcome);
                    if !outcome.violations.is_empty() {
                        total.broken.push(seed);
                    }
                }
                total
            })
        })
        .collect();
    let mut total = Total::default();
    for worker in workers {
        match worker.join() {
            Ok(part) => total.merge(part),
            Err(_) => return ExitCode::FAILURE,
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("histories        {histories}");
    println!("requests         {}", total.requests);
    println!("calls of AWS     {} ({:.0} a second)", total.calls, total.calls as f64 / seconds);
    println!("injected faults  {}", total.faults.values().sum::<u64>());
    for (fault, times) in &total.faults {
        println!("  {fault:<28} {times}");
    }
    println!("broken promises  {}", total.broken.len());
    total.broken.sort_unstable();
    let Some(seed) = total.broken.first() else { return ExitCode::SUCCESS };
    println!("seeds            {:?}", total.broken);
    println!("the shortest history found from seed {seed}:");
    let (plan, outcome) = shrink(Plan::of(*seed));
    println!("{}\n{plan:#?}", outcome.trace);
    report(&outcome.violations)
}

#[derive(Default)]
struct Total {
    requests: usize,
    calls: u64,
    faults: BTreeMap<&'static str, u64>,
    broken: Vec<u64>,
}

impl Total {
    fn add(&mut self, outcome: &gatepass_simulation::Outcome) {
        self.requests += outcome.requests;
        self.calls += outcome.calls;
        for (fault, times) in &outcome.faults {
            *self.faults.entry(fault).or_default() += times;
        }
    }

    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.calls += other.calls;
        self.broken.extend(other.broken);
        for (fault, times) in other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
    }
}

fn report(violations: &[String]) -> ExitCode {
    for violation in violations {
        println!("BROKEN: {violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
