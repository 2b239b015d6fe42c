//! Starting the stack, and ending it.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{repository, template};

/// How long a stack may take to become ready on a machine that does much else.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// The options of a stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    variables: Vec<(&'static str, OsString)>,
    directory: Option<PathBuf>,
    template: Option<String>,
}

impl Setup {
    /// With a variable of its environment.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Keeping its data in `directory`; otherwise it keeps none.
    pub(crate) fn keeping(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Running this template, not the repository's.
    pub(crate) fn template(mut self, text: &str) -> Self {
        self.template = Some(text.to_owned());
        self
    }

    /// Starts a stack and waits until it is ready.
    pub(crate) async fn start(&self) -> Stack {
        let scratch = TempDir::new().expect("there is room for temporary files");
        let child = self.command(scratch.path()).spawn();
        let child = child.unwrap_or_else(|error| panic!("gatepass-local does not start: {error}"));
        let client = reqwest::Client::new();
        let mut stack = Stack { child, address: String::new(), client, scratch };
        stack.become_ready().await;
        stack
    }

    fn command(&self, scratch: &Path) -> Command {
        let mut command = Command::new(program());
        let output = |name| File::create(scratch.join(name)).expect("a temporary file can be made");
        // What the developer's own shell says to a stack is not meant for this one.
        let own = |name: &str| name.starts_with("GATEPASS_") && name != "GATEPASS_CALL_LOG";
        for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
            command.env_remove(name);
        }
        command.current_dir(repository::root()).env("GATEPASS_PORT", "0");
        command.stdin(Stdio::null()).stdout(output("stdout")).stderr(output("stderr"));
        match &self.directory {
            Some(directory) => command.env("GATEPASS_DATA_DIR", directory),
            None => command.env("GATEPASS_EPHEMERAL", "1"),
        };
        // Each stack then makes a table of its own there.
        if let Ok(endpoint) = std::env::var("GATEPASS_DYNAMODB_ENDPOINT") {
            command.env("GATEPASS_DYNAMODB_ENDPOINT", endpoint);
        }
        if let Some(text) = &self.template {
            // With those nested in it, which are read from beside it.
            for file in template::nested().keys() {
                std::fs::copy(repository::root().join("infra").join(file), scratch.join(file)).expect("a copy");
            }
            let path = scratch.join("template.yaml");
            std::fs::write(&path, text).expect("a temporary file can be written");
            command.env("GATEPASS_TEMPLATE", path);
        }
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

/// The program beside the test's own.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a process knows its program");
    let directory = test.parent().and_then(Path::parent).expect("tests lie in a directory of the target's");
    let program = directory.join(format!("gatepass-local{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is not there: run `cargo build -p gatepass-local` first", program.display());
    program
}

/// Starts a stack that is to refuse its start; gives its exit code and what it says on stderr.
pub(crate) async fn refused(setup: &Setup) -> (Option<i32>, String) {
    let scratch = TempDir::new().expect("there is room for temporary files");
    let mut child = setup.command(scratch.path()).spawn().expect("gatepass-local starts");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        if begun.elapsed() > READY_WITHIN {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the stack does not refuse its start");
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    };
    let stderr = std::fs::read_to_string(scratch.path().join("stderr")).expect("stderr is text");
    (status.code(), stderr)
}

/// A running stack. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Stack {
    child: Child,
    /// `http://127.0.0.1:…`
    pub(crate) address: String,
    pub(crate) client: reqwest::Client,
    scratch: TempDir,
}

impl Stack {
    /// A stack that keeps nothing.
    pub(crate) async fn new() -> Self {
        Setup::default().start().await
    }

    async fn become_ready(&mut self) {
        let begun = Instant::now();
        loop {
            let printed = std::fs::read_to_string(self.scratch.path().join("stdout")).unwrap_or_default();
            if let Some(address) = address_in(&printed) {
                self.address = address;
                let health = self.client.get(format!("{}/v1/health", self.address)).send().await;
                if health.is_ok_and(|answer| answer.status() == 200) {
                    return;
                }
            }
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "the stack ended before it was ready: {ended:?}\n{}", self.output());
            assert!(begun.elapsed() < READY_WITHIN, "the stack does not become ready\n{}", self.output());
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// True when the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_some()
    }

    /// True when the process has ended by SIGKILL.
    pub(crate) fn was_killed(&mut self) -> bool {
        use std::os::unix::process::ExitStatusExt;
        let status = self.child.try_wait().expect("a child can be waited for");
        status.is_some_and(|status| status.signal() == Some(9))
    }

    /// Has the process finish what it is doing, as Ctrl-C does.
    pub(crate) async fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("a child can be told to stop");
        let status =
            super::until("the stack stops", async || self.child.try_wait().expect("it can be waited for")).await;
        assert!(status.success(), "the stack stopped with {status}\n{}", self.output());
    }

    /// The output and the log of the process so far.
    pub(crate) fn output(&self) -> String {
        let read = |name| std::fs::read(self.scratch.path().join(name)).unwrap_or_default();
        let texts = ["stdout", "stderr"].map(|name| String::from_utf8_lossy(&read(name)).into_owned());
        texts.join("\n")
    }
}

/// The first address that a stack prints is its own.
fn address_in(printed: &str) -> Option<String> {
    const BEGIN: &str = "http://127.0.0.1:";
    let (_, rest) = printed.split_once(BEGIN)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    (end > 0).then(|| format!("{BEGIN}{}", &rest[..end]))
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let output = self.output();
            // Most of what it has answered are the test's own looks.
            let lines: Vec<_> = output.lines().filter(|line| !line.contains("answered status=200")).collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n");
            #[allow(clippy::print_stderr, reason = "whoever reads of the failure wants to see what the stack said")]
            {
                eprintln!("the stack's last lines:\n{last}");
            }
        }
    }
}
