//! Measures the functions as they are deployed: `make bench` and what belongs to it.
//!
//! The release binaries are started as Lambda starts them, against a Runtime API and AWS services on loopback. Run in the
//! root of the repository.

mod cost;
mod emulator;
mod events;
mod function;
mod instructions;
mod measure;
mod progress;
mod report;
mod runtime_api;
mod story;
mod twins;
mod units;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::emulator::Emulator;
use crate::instructions::Counts;
use crate::measure::Amounts;
use crate::progress::{print, say};
use crate::report::{Machine, Report};
use crate::story::{Artifacts, Story};

/// A result, or a reason for people to read.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The place of the committed results.
const RESULTS: &str = "bench/results.json";

/// The place of the committed counts of instructions.
const INSTRUCTIONS: &str = "bench/instructions.json";

const USAGE: &str = "usage: bench measure|count|check|cost [--built FOLDER] [--starts N] [--calls N] [--out FILE]";

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The options of a run.
struct Options {
    /// The folder of the release binaries.
    built: PathBuf,
    amounts: Amounts,
    /// The file that results are written to.
    out: PathBuf,
}

impl Options {
    fn parse(arguments: &[String]) -> Outcome<Self> {
        let mut options =
            Self { built: "target/release".into(), amounts: Amounts { starts: 50, calls: 5_000 }, out: RESULTS.into() };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value; {USAGE}"))?;
            match name.as_str() {
                "--built" => options.built = value.into(),
                "--starts" => options.amounts.starts = value.parse()?,
                "--calls" => options.amounts.calls = value.parse()?,
                "--out" => options.out = value.into(),
                other => return Err(format!("there is no {other}; {USAGE}").into()),
            }
        }
        Ok(options)
    }
}

async fn run(arguments: Vec<String>) -> Outcome<()> {
    let (command, rest) = arguments.split_first().ok_or(USAGE)?;
    let options = Options::parse(rest)?;
    match command.as_str() {
        "measure" => measure(&options).await,
        "cost" => cost::print_costs(&options.out),
        "count" => count(&options).await?.write(Path::new(INSTRUCTIONS)),
        "check" => check(&count(&options).await?),
        other => Err(format!("there is no {other}; {USAGE}").into()),
    }
}

/// Counts the instructions of the hot handlers.
async fn count(options: &Options) -> Outcome<Counts> {
    let artifacts = Artifacts::in_folder(&options.built)?;
    let emulator = Emulator::start().await?;
    let story = Story::begin(&emulator, &artifacts, options.amounts).await;
    Counts::take(&story).await
}

/// Fails when a count has grown too much since it was committed.
fn check(counts: &Counts) -> Outcome<()> {
    let grown = counts.compare(Some(&Counts::read(Path::new(INSTRUCTIONS))?));
    if grown.is_empty() {
        return Ok(());
    }
    let advice = "If it is worth that, commit what `make perf-counts` writes.";
    Err(format!("more than 3 % more:\n  {}\n{advice}", grown.join("\n  ")).into())
}

async fn measure(options: &Options) -> Outcome<()> {
    let artifacts = Artifacts::in_folder(&options.built)?;
    let machine = Machine::here()?;
    let emulator = Emulator::start().await?;
    let story = Story::begin(&emulator, &artifacts, options.amounts).await;
    let measured_on = story.now.strftime("%Y-%m-%d").to_string();
    let rows = story.measure().await?;
    let report = Report { measured_on, machine, amounts: options.amounts, rows };
    report.print();
    twins::print_ratios(&report.rows);
    if let Some(before) = Report::committed(RESULTS)? {
        report.print_changes(&before);
    }
    report.write(&options.out)?;
    print(&format!("\nwritten to {}", options.out.display()));
    Ok(())
}
