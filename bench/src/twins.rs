//! The twins of our handlers in other languages, and the loop that does nothing. `make bench` builds them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Outcome;
use crate::function::Program;
use crate::measure::{Row, Sizes, Subject};
use crate::progress::print;
use crate::report::megabytes;

/// The language of a twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Node.js with version 3 of AWS's SDK, bundled into one file.
    Node,
    /// Python with boto3, which Lambda's runtime brings.
    Python,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::Node, Self::Python];

    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node => "Node.js",
            Self::Python => "Python",
        }
    }

    /// The twin of `of`, which is called `handler` there.
    pub(crate) fn twin(self, handler: &str, of: &str, mut environment: BTreeMap<String, String>) -> Outcome<Subject> {
        environment.insert("TWIN_HANDLER".into(), handler.into());
        // What Lambda unpacks cannot be written to: bytecode is not kept.
        environment.insert("PYTHONDONTWRITEBYTECODE".into(), "1".into());
        let (command, files) = match self {
            Self::Node => (vec!["node", "target/twins/main.mjs"], vec!["target/twins/main.mjs".into()]),
            Self::Python => (vec![".tools/twins-python/bin/python", "bench/twins/python/main.py"], python_sources()?),
        };
        let command = command.into_iter().map(str::to_owned).collect();
        Ok(Subject { name: self.row_name(of), program: Program { command, environment }, sizes: Sizes::of(&files)? })
    }

    fn row_name(self, of: &str) -> String {
        format!("{}: {of}", self.name())
    }
}

const EMPTY_LOOP: &str = "(empty loop)";

/// The Rust runtime around nothing.
pub(crate) fn empty_loop() -> Outcome<Subject> {
    let path = PathBuf::from("target/empty/release/empty");
    let program = Program { command: vec![path.display().to_string()], environment: BTreeMap::new() };
    Ok(Subject { name: EMPTY_LOOP.into(), program, sizes: Sizes::of(&[path])? })
}

fn python_sources() -> Outcome<Vec<PathBuf>> {
    let entries = std::fs::read_dir("bench/twins/python")?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Outcome<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "py")).collect())
}

/// Prints how many times as much the twins take, and how many times as much as the empty loop ours take.
pub(crate) fn print_ratios(rows: &[Row]) {
    let row = |name: &str| rows.iter().find(|row| row.name == name);
    print(&format!(
        "\n{:<44}{:>8}{:>11}{:>10}{:>10}{:>8}",
        "times ours", "start", "start CPU", "warm CPU", "warm p50", "idle"
    ));
    for language in Language::ALL {
        let name = |of: &Row| language.row_name(&of.name);
        for (ours, twin) in rows.iter().filter_map(|ours| Some((ours, row(&name(ours))?))) {
            print(&format!(
                "{:<44}{:>8.1}{:>11.1}{:>10.1}{:>10.1}{:>8.1}",
                twin.name,
                twin.start_ms / ours.start_ms,
                twin.start_cpu_ms / ours.start_cpu_ms,
                twin.warm_cpu_ms / ours.warm_cpu_ms,
                twin.warm_p50_ms / ours.warm_p50_ms,
                megabytes(twin.idle_bytes) / megabytes(ours.idle_bytes),
            ));
        }
    }
    let Some(empty) = row(EMPTY_LOOP) else { return };
    print(&format!("\n{:<44}{:>8}{:>11}", "times the empty loop", "start", "start CPU"));
    let is_ours =
        |row: &&Row| row.name != EMPTY_LOOP && Language::ALL.iter().all(|one| !row.name.starts_with(one.name()));
    for ours in rows.iter().filter(is_ours) {
        let (start, cpu) = (ours.start_ms / empty.start_ms, ours.start_cpu_ms / empty.start_cpu_ms);
        print(&format!("{:<44}{start:>8.1}{cpu:>11.1}", ours.name));
    }
}
