//! Instructions of starts and calls, counted by valgrind's callgrind: they do not depend on what else the machine does.
//!
//! They do depend on the compiler and on the machine's own C library, so the committed counts are those of one toolchain.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Outcome;
use crate::function::{Function, Program};
use crate::measure::{Sizes, Subject, checked};
use crate::progress::{print, say};
use crate::story::Story;

/// Calls that fill caches and open connections; they are not counted.
const WARMING: usize = 10;
/// Calls that are counted.
const COUNTED: usize = 100;
/// More than this part of what was committed fails.
const TOLERANCE: f64 = 0.03;

/// The committed counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) rows: Vec<Count>,
}

/// The counts of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) name: String,
    /// From the start of the process to its first poll.
    pub(crate) start_instructions: u64,
    /// Of a warm call, mean.
    pub(crate) call_instructions: u64,
    pub(crate) zipped_bytes: u64,
}

impl Counts {
    /// Counts starts and calls of the hot handlers.
    pub(crate) async fn take(story: &Story<'_>) -> Outcome<Self> {
        let rows = std::cell::RefCell::new(Vec::new());
        let visit = |subject: Subject, events: Vec<String>| async {
            let (row, answers) = count(subject, events).await?;
            rows.borrow_mut().push(row);
            Ok(answers)
        };
        story.hot(2 * WARMING + COUNTED, visit).await?;
        Ok(Self { rows: rows.into_inner() })
    }

    /// The counts at `path`.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Writes them to `path`.
    pub(crate) fn write(&self, path: &Path) -> Outcome<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?;
        Ok(())
    }

    /// Prints the counts beside `committed` ones; gives the figures that have grown too much, in words.
    pub(crate) fn compare(&self, committed: Option<&Self>) -> Vec<String> {
        print(&format!("{:<44}{:>14}{:>12}{:>12}", "", "start", "call", "zipped"));
        let mut grown = Vec::new();
        for row in &self.rows {
            let old = committed.and_then(|counts| counts.rows.iter().find(|old| old.name == row.name));
            let figures = |row: &Count| [row.start_instructions, row.call_instructions, row.zipped_bytes];
            let [start, call, zipped] = figures(row);
            print(&format!("{:<44}{start:>14}{call:>12}{zipped:>12}", row.name));
            let Some(old) = old else { continue };
            let names = ["instructions of a start", "instructions of a call", "bytes zipped"];
            for (what, (new, old)) in names.into_iter().zip(figures(row).into_iter().zip(figures(old))) {
                let growth = growth(old, new);
                if growth.abs() > TOLERANCE {
                    print(&format!("    {what}: {old} → {new} ({:+.1} %)", growth * 100.0));
                }
                if growth > TOLERANCE {
                    grown.push(format!("{}: {what} {old} → {new}", row.name));
                }
            }
        }
        grown
    }
}

/// The part by which `new` is more than `old`.
fn growth(old: u64, new: u64) -> f64 {
    let float = |count: u64| u32::try_from(count / 16).map_or(f64::INFINITY, f64::from);
    float(new) / float(old) - 1.0
}

/// Counts one function. The answers are those to all its events.
async fn count(subject: Subject, mut events: Vec<String>) -> Outcome<(Count, Vec<Value>)> {
    let begun = Instant::now();
    let many = events.split_off(WARMING);
    let mut answers = Vec::new();
    let start = run(&subject, Vec::new(), &mut answers).await?;
    let few = run(&subject, events, &mut answers).await?;
    let all = run(&subject, many, &mut answers).await?;
    let calls = u64::try_from(COUNTED)?;
    let Sizes { zipped, .. } = subject.sizes;
    say(&format!("{:<44}{:>6.1} s", subject.name, begun.elapsed().as_secs_f64()));
    let count = Count {
        name: subject.name,
        start_instructions: start,
        call_instructions: all.saturating_sub(few) / calls,
        zipped_bytes: u64::try_from(zipped)?,
    };
    Ok((count, answers))
}

/// Has the function answer `events` under callgrind; gives the instructions of the process.
async fn run(subject: &Subject, events: Vec<String>, answers: &mut Vec<Value>) -> Outcome<u64> {
    let log = PathBuf::from("target/callgrind.log");
    let counter = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"].map(str::to_owned);
    let log_option = format!("--log-file={}", log.display());
    let command = counter.into_iter().chain([log_option]).chain(subject.program.command.iter().cloned()).collect();
    let program = Program { command, environment: subject.program.environment.clone() };
    let mut function = Function::start(&program).await?;
    for event in events {
        let (_, answer) = function.answer(event).await?;
        answers.push(checked(&subject.name, &answer)?);
    }
    function.end()?;
    let text = std::fs::read_to_string(&log)?;
    let count = text.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = count.ok_or_else(|| format!("valgrind has not counted {}:\n{text}", subject.name))?;
    Ok(count.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(call_instructions: u64) -> Counts {
        let row = Count {
            name: "authorizer".into(),
            start_instructions: 1_000_000,
            call_instructions,
            zipped_bytes: 3_000_000,
        };
        Counts { rows: vec![row] }
    }

    #[test]
    fn three_percent_more_is_too_much_and_less_is_not() {
        let committed = counts(100_000);
        assert_eq!(counts(102_900).compare(Some(&committed)), Vec::<String>::new());
        assert_eq!(counts(50_000).compare(Some(&committed)), Vec::<String>::new());
        assert_eq!(counts(103_200).compare(Some(&committed)), ["authorizer: instructions of a call 100000 → 103200"]);
    }
}
