//! The cost of requests and of a month, from measured calls and units and a table of prices.

use std::path::Path;

use serde::Deserialize;

use crate::Outcome;
use crate::measure::{Row, count};
use crate::progress::print;
use crate::report::Report;

/// The memory of a function in GB, as the template has it.
const GIGABYTES: f64 = 0.25;
/// Runs of the schedule in a month of 30 days.
const MINUTES: f64 = 43_200.0;
const MILLION: f64 = 1_000_000.0;
/// The goal for a million lifecycles, and for a month in which nobody asks.
const GOALS: [f64; 2] = [30.0, 2.0];

/// The price of something in dollars.
#[derive(Debug, Clone, Deserialize)]
struct Price {
    dollars: f64,
    per: f64,
    source: String,
}

impl Price {
    fn of(&self, number: f64) -> f64 {
        self.dollars * number / self.per
    }
}

/// `bench/prices.json`.
#[derive(Debug, Clone, Deserialize)]
struct Prices {
    region: String,
    known_as_of: String,
    note: String,
    dynamodb_read_unit: Price,
    dynamodb_write_unit: Price,
    lambda_invocation: Price,
    lambda_gigabyte_second: Price,
    http_api_call: Price,
    bus_event: Price,
    kms_call: Price,
    kms_key_month: Price,
    alarm_month: Price,
}

/// The parts of a lifecycle: a request that an owner approves, its key shown once, and the four events of that on the bus. One event a
/// batch of the stream is the dearest case.
const LIFECYCLE: [(&str, f64); 5] = [
    ("POST /v1/access-requests", 1.0),
    ("POST /v1/admin/access-requests/{id}/approve", 1.0),
    ("provision", 1.0),
    ("POST /v1/apps/{id}/credentials/{cid}/reveal", 1.0),
    ("relay", 4.0),
];

/// The sum of one invocation of each part.
#[derive(Debug, Clone, Default, PartialEq)]
struct Sums {
    reads: f64,
    writes: f64,
    invocations: f64,
    gigabyte_seconds: f64,
    http_calls: f64,
    bus_events: f64,
    kms_calls: f64,
}

impl Sums {
    fn add(&mut self, row: &Row, times: f64) {
        let calls = |names: &[&str]| count(row.aws_calls.iter().filter(|call| names.contains(&call.as_str())).count());
        self.reads += times * row.read_units;
        self.writes += times * row.write_units;
        self.invocations += times;
        self.gigabyte_seconds += times * row.warm_p50_ms / 1_000.0 * GIGABYTES;
        self.http_calls += times * f64::from(u8::from(row.name.contains(" /v1/")));
        self.bus_events += times * calls(&["PutEvents"]);
        self.kms_calls += times * calls(&["Encrypt", "Decrypt"]);
    }

    /// The dollars of `times` of it, by what is paid for.
    fn priced(&self, prices: &Prices, times: f64) -> Vec<(&'static str, f64)> {
        vec![
            ("reads", prices.dynamodb_read_unit.of(times * self.reads)),
            ("writes", prices.dynamodb_write_unit.of(times * self.writes)),
            ("invocations", prices.lambda_invocation.of(times * self.invocations)),
            ("compute", prices.lambda_gigabyte_second.of(times * self.gigabyte_seconds)),
            ("HTTP API", prices.http_api_call.of(times * self.http_calls)),
            ("bus", prices.bus_event.of(times * self.bus_events)),
            ("KMS", prices.kms_call.of(times * self.kms_calls)),
        ]
    }
}

/// Prints the cost of a million lifecycles and of months of several sizes.
pub(crate) fn print_costs(results: &Path) -> Outcome<()> {
    let report: Report = serde_json::from_slice(&std::fs::read(results)?)?;
    let prices: Prices = serde_json::from_slice(&std::fs::read("bench/prices.json")?)?;
    let alarms = std::fs::read_to_string("infra/observability.yaml")?.matches("Type: AWS::CloudWatch::Alarm").count();
    let row = |name: &str| {
        report.rows.iter().find(|row| row.name == name).ok_or_else(|| format!("{name} is not among the results"))
    };
    let mut lifecycle = Sums::default();
    for (name, times) in LIFECYCLE {
        lifecycle.add(row(name)?, times);
    }
    let mut minute = Sums::default();
    minute.add(row("expire")?, 1.0);

    print(&format!("{}, prices of {}; units and times of {}", prices.region, prices.known_as_of, report.measured_on));
    print(&format!("{}\n", prices.note));
    let million = lifecycle.priced(&prices, MILLION);
    print(&format!(
        "a million lifecycles without mail ({} read units, {} write units each):",
        lifecycle.reads, lifecycle.writes
    ));
    print_sum(&million, GOALS.first().copied());
    let standing = vec![("the key", prices.kms_key_month.of(1.0)), ("alarms", prices.alarm_month.of(count(alarms)))];
    let idle = [minute.priced(&prices, MINUTES), standing].concat();
    print("\na month in which nobody asks:");
    print_sum(&idle, GOALS.get(1).copied());
    for requests in [1_000.0, MILLION] {
        print(&format!("\na month with {requests} requests:"));
        print_sum(&[idle.clone(), lifecycle.priced(&prices, requests)].concat(), None);
    }
    print("\nLeft out: mail, storage, logs, calls of protected APIs, the portal, starts of functions.");
    print("Sources:");
    for source in sources(&prices) {
        print(&format!("  {source}"));
    }
    Ok(())
}

fn print_sum(parts: &[(&str, f64)], goal: Option<f64>) {
    for (name, dollars) in parts.iter().filter(|(_, dollars)| *dollars >= 0.005) {
        print(&format!("  {name:<12}{dollars:>9.2}"));
    }
    let sum: f64 = parts.iter().map(|(_, dollars)| dollars).sum();
    let goal =
        goal.map_or(String::new(), |goal| format!("   goal {goal:.2}{}", if sum > goal { ": missed" } else { "" }));
    print(&format!("  {:<12}{sum:>9.2} dollars{goal}", "together"));
}

fn sources(prices: &Prices) -> Vec<&str> {
    let all = [
        &prices.dynamodb_write_unit,
        &prices.lambda_gigabyte_second,
        &prices.http_api_call,
        &prices.bus_event,
        &prices.kms_call,
        &prices.alarm_month,
    ];
    all.map(|price| price.source.as_str()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_counts_as_often_as_it_happens() {
        let text = r#"{ "name": "provision", "start_ms": 1, "start_cpu_ms": 1, "first_call_ms": 1, "warm_p50_ms": 4,
            "warm_p99_ms": 1, "warm_cpu_ms": 1, "overhead_p50_ms": 1, "idle_bytes": 1, "peak_bytes": 1, "raw_bytes": 1,
            "zipped_bytes": 1, "aws_calls": ["GetItem", "Encrypt", "PutEvents"], "read_units": 8, "write_units": 16,
            "reported_units": 24 }"#;
        let row: Row = serde_json::from_str(text).unwrap();
        let mut sums = Sums::default();
        sums.add(&row, 2.0);
        let expected = Sums {
            reads: 16.0,
            writes: 32.0,
            invocations: 2.0,
            gigabyte_seconds: 0.002,
            http_calls: 0.0,
            bus_events: 2.0,
            kms_calls: 2.0,
        };
        assert_eq!(sums, expected);
    }
}
