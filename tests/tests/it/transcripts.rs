//! The pages of `docs/` that show commands with their output: the commands are run, by bash, against a
//! fresh stack, and the output is compared. `GATEPASS_UPDATE=1` writes down what they print now.

use std::collections::HashMap;

use tempfile::TempDir;
use tokio::process::Command;

use crate::repository;
use crate::stack::Stack;

/// The address that the pages name.
const ADDRESS: &str = "http://127.0.0.1:3000";

/// The pages, each of which begins with a stack of its own.
const PAGES: &[&str] = &["docs/consumer.md", "docs/admin.md"];

#[tokio::test]
async fn what_the_pages_show_is_what_happens() {
    for page in PAGES {
        holds(page).await;
    }
}

/// Runs the commands of a page and compares what they print with what the page says.
async fn holds(path: &str) {
    let stack = Stack::new().await;
    let page = repository::text(path);
    let parts = parts(&page);
    let commands: Vec<_> = parts.iter().filter_map(|part| part.command.as_deref()).collect();
    assert!(commands.len() > 5, "{path} shows commands");
    let printed = run(&commands, &stack.address).await;
    if std::env::var_os("GATEPASS_UPDATE").is_some() {
        std::fs::write(repository::root().join(path), written(&parts, &printed)).expect("the page can be written");
        return;
    }
    let shown = parts.iter().filter(|part| part.command.is_some()).map(|part| part.text.as_str());
    let (mut of_page, mut of_run) = (Names::default(), Names::default());
    for ((command, shown), printed) in commands.iter().zip(shown).zip(&printed) {
        assert_eq!(of_run.named(printed), of_page.named(shown), "{path}: {command}");
    }
}

/// A command with what it prints; or, without one, a piece of the page around it.
struct Part {
    command: Option<String>,
    text: String,
}

/// In blocks of `console`, lines that begin with `$ ` are commands, as long as they end with a backslash.
fn parts(page: &str) -> Vec<Part> {
    let mut parts = vec![Part { command: None, text: String::new() }];
    let mut lines = page.lines();
    let mut in_console = false;
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            in_console = line == "```console";
            parts.push(Part { command: None, text: String::new() });
        }
        match line.strip_prefix("$ ").filter(|_| in_console) {
            Some(command) => {
                let mut command = command.to_owned();
                while command.ends_with('\\') {
                    command = format!("{command}\n{}", lines.next().expect("a command ends"));
                }
                parts.push(Part { command: Some(command), text: String::new() });
            }
            None => {
                let part = parts.last_mut().expect("there is a first part");
                part.text = format!("{}{line}\n", part.text);
            }
        }
    }
    parts
}

/// The page with `printed` as what its commands print.
fn written(parts: &[Part], printed: &[String]) -> String {
    let mut printed = printed.iter();
    let text = |part: &Part| match &part.command {
        Some(command) => format!("$ {command}\n{}", printed.next().expect("each command was run")),
        None => part.text.clone(),
    };
    parts.iter().map(text).collect()
}

/// The output of each command, in one shell.
async fn run(commands: &[&str], address: &str) -> Vec<String> {
    /// Stands between what one command prints and what the next does.
    const BORDER: &str = "\u{1}";
    let script: String = commands.iter().map(|command| format!("{command}\nprintf '{BORDER}'\n")).collect();
    let scratch = TempDir::new().expect("there is room for temporary files");
    let tools = Command::new("bash").args(["-c", "command -v curl && command -v jq"]).output().await;
    let there = tools.is_ok_and(|found| found.status.success());
    assert!(there, "the pages use bash, curl and jq, and not all of them are installed: `make test` does that");
    let shell = Command::new("bash")
        .args(["-c", &script.replace(ADDRESS, address)])
        .current_dir(scratch.path())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(300), shell).await;
    let output = output.expect("the page's commands end").expect("bash can be started");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("commands print text");
    let mut printed: Vec<_> = printed.split(BORDER).map(|text| text.replace(address, ADDRESS)).collect();
    printed.pop();
    assert_eq!(printed.len(), commands.len(), "each command was run");
    printed
}

/// Names for what differs from run to run: equal ids have equal names.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn named(&mut self, text: &str) -> String {
        let within = |c: char| c.is_ascii_alphanumeric() || "-:.".contains(c);
        let words = text.split_inclusive(|c| !within(c));
        words.map(|word| self.word(word)).collect()
    }

    fn word(&mut self, whole: &str) -> String {
        let word = whole.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let rest = &whole[word.len()..];
        if word.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
            let next = self.0.len() + 1;
            format!("[id {}]{rest}", self.0.entry(word.to_owned()).or_insert(next))
        } else if word.parse::<jiff::Timestamp>().is_ok() {
            format!("[time]{rest}")
        } else {
            whole.to_owned()
        }
    }
}
