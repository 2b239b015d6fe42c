//! The list of requirements and the tests that cover them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::repository::{root, text};

const LIST: &str = "docs/requirements.md";
/// The most tests that a row of the list names.
const NAMED: usize = 3;
/// Folders with tests, in the order in which the list names them.
const FOLDERS: [&str; 5] = ["tests/tests", "portal/tests", "functions", "local/tests", "shared"];

/// A requirement's number, or the first and the last of several: `R7`, `R37–R40`.
static NUMBERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b([RP])([0-9]{1,2})\b(?:(?:–| to )[RP]?([0-9]{1,2})\b)?").unwrap());
/// The head of a function in Rust.
static FUNCTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:pub(?:\([a-z]+\))? )?(?:async )?fn (\w+)").unwrap());
/// The title of a test in TypeScript.
static TITLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"^\s*test\(\s*['"`]([^'"`]+)"#).unwrap());

/// A test by the place of its folder, its file and its name.
type Test = (usize, String, String);

/// The numbers in a text: `R7`, `P12`, and all of `R37–R40`.
fn numbers(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for captures in NUMBERS.captures_iter(text) {
        let first: u8 = captures[2].parse().unwrap();
        let last = captures.get(3).map_or(first, |last| last.as_str().parse().unwrap());
        found.extend((first..=last).map(|number| format!("{}{number}", &captures[1])));
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["node_modules", "target", "dist"].contains(&name) {
            sources(&path, found);
        } else if [".rs", ".test.ts"].iter().any(|end| name.ends_with(end)) && path.iter().any(|part| part == "tests") {
            found.push(path);
        }
    }
}

/// The tests of a Rust file that name requirements: in the comment above them.
fn rust_tests(source: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut tests = Vec::new();
    let mut above = String::new();
    for line in source.lines() {
        let line = line.trim_start();
        if line.starts_with("//!") {
            continue;
        } else if line.starts_with("//") {
            above.push_str(line);
            above.push(' ');
        } else if let Some(captures) = FUNCTION.captures(line) {
            tests.push((captures[1].to_owned(), numbers(&above)));
            above.clear();
        } else if !line.starts_with("#[") {
            above.clear();
        }
    }
    tests.retain(|(_, numbers)| !numbers.is_empty());
    tests
}

/// The tests of a TypeScript file that name requirements: in their title, within, or in the comment above.
fn typescript_tests(source: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut tests: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut above = BTreeSet::new();
    for line in source.lines() {
        if let Some(captures) = TITLE.captures(line) {
            let name = captures[1].split(" (").next().unwrap_or_default().to_owned();
            tests.push((name, numbers(line).into_iter().chain(std::mem::take(&mut above)).collect()));
        } else if line.starts_with("//") || line.starts_with("/*") || line.starts_with(" *") {
            above.extend(numbers(line));
        } else if let Some((_, numbers_of)) = tests.last_mut() {
            numbers_of.extend(numbers(line));
        }
    }
    tests.retain(|(_, numbers)| !numbers.is_empty());
    tests
}

/// Every number that a test names, with the tests that name it.
fn covered() -> BTreeMap<String, BTreeSet<Test>> {
    let mut covered: BTreeMap<String, BTreeSet<Test>> = BTreeMap::new();
    for (order, folder) in FOLDERS.iter().enumerate() {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        for file in files {
            let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            if path.ends_with("contracts/requirements.rs") {
                continue;
            }
            let source = std::fs::read_to_string(&file).unwrap();
            let tests = if path.ends_with(".rs") { rust_tests(&source) } else { typescript_tests(&source) };
            for (name, numbers) in tests {
                for number in numbers {
                    covered.entry(number).or_default().insert((order, path.clone(), name.clone()));
                }
            }
        }
    }
    covered
}

/// The cell of a row: its first tests.
fn cell(tests: Option<&BTreeSet<Test>>) -> String {
    let Some(tests) = tests else { return "not yet".into() };
    let named: Vec<_> = tests.iter().take(NAMED).map(|(_, path, name)| format!("`{name}` ({path})")).collect();
    named.join(", ")
}

/// The list with its last column as the tests have it, and the numbers of its rows.
fn written(list: &str, covered: &BTreeMap<String, BTreeSet<Test>>) -> (String, Vec<String>) {
    let row = Regex::new(r"^\| ([RP][0-9]+) \| ([^|]+) \|").unwrap();
    let mut rows = Vec::new();
    let mut lines = String::new();
    for line in list.lines() {
        match row.captures(line) {
            Some(captures) => {
                let tests = cell(covered.get(&captures[1]));
                lines.push_str(&format!("| {} | {} | {tests} |\n", &captures[1], &captures[2]));
                rows.push(captures[1].to_owned());
            }
            None => lines.push_str(&format!("{line}\n")),
        }
    }
    (lines, rows)
}

#[test]
fn the_list_of_requirements_names_the_tests_that_cover_them() {
    let (list, covered) = (text(LIST), covered());
    let (written, rows) = written(&list, &covered);
    let known: BTreeSet<_> = rows.iter().cloned().collect();
    assert_eq!(known.len(), rows.len(), "a number stands in the list once");
    let unknown: Vec<_> = covered.iter().filter(|(number, _)| !known.contains(*number)).collect();
    assert!(unknown.is_empty(), "tests name numbers that {LIST} does not have: {unknown:?}");
    let bare: Vec<_> = rows.iter().filter(|row| row.starts_with('R') && !covered.contains_key(*row)).collect();
    assert!(bare.is_empty(), "no test covers {bare:?}: write the number above the test that does");
    if std::env::var_os("GATEPASS_UPDATE").is_some() {
        std::fs::write(root().join(LIST), written).unwrap();
        return;
    }
    assert!(written == list, "{LIST} does not name the tests that there are: run this test with GATEPASS_UPDATE=1");
}

#[test]
fn test_names_are_sentences_without_numbers_of_requirements() {
    let numbered = Regex::new(r"\bfn ([rp][0-9]+_\w+)").unwrap();
    let mut found = Vec::new();
    for folder in FOLDERS {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        for file in files {
            let source = std::fs::read_to_string(&file).unwrap();
            found.extend(numbered.captures_iter(&source).map(|captures| captures[1].to_owned()));
        }
    }
    assert!(found.is_empty(), "write the number into the comment above the test instead: {found:?}");
}
