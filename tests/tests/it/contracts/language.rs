//! The language of doc comments.

use std::path::Path;

use crate::repository::root;

/// Folders with sources in Rust.
const FOLDERS: [&str; 4] = ["functions", "local", "shared", "tests"];
/// The most doc lines in the whole repository that may open with a question word.
const MOST: usize = 100;
const QUESTIONS: [&str; 6] = ["What", "Who", "Whom", "Whose", "Whether", "Where"];

/// The doc lines below `folder` that open with a question word, each with its file.
fn questions(folder: &Path, found: &mut Vec<String>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                questions(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let docs = source.lines().map(str::trim_start).filter_map(|line| {
                let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?.trim_start();
                let first = text.split(|letter: char| !letter.is_alphabetic()).next()?;
                QUESTIONS.contains(&first).then_some(text)
            });
            found.extend(docs.map(|text| format!("{}: {text}", path.display())));
        }
    }
}

#[test]
fn doc_comments_name_their_subject_first() {
    let mut found = Vec::new();
    for folder in FOLDERS {
        questions(&root().join(folder), &mut found);
    }
    let count = found.len();
    assert!(count <= MOST, "{count} doc lines open with a question word, {MOST} may:\n{}", found.join("\n"));
}
