//! A function that runs: a process that was started as Lambda starts it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;
use crate::runtime_api::RuntimeApi;

/// A program, and how it is started.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The command with its arguments.
    pub(crate) command: Vec<String>,
    /// The environment that the template gives the function.
    pub(crate) environment: BTreeMap<String, String>,
}

/// A process that polls the Runtime API.
pub(crate) struct Function {
    process: Child,
    api: RuntimeApi,
    /// From the start of the process to its first poll.
    pub(crate) to_first_poll: Duration,
    /// The processor's time until then.
    pub(crate) cpu_to_first_poll: Duration,
}

impl Function {
    /// Starts the program, and waits for its first poll.
    pub(crate) async fn start(program: &Program) -> Outcome<Self> {
        let api = RuntimeApi::start().await?;
        let (name, arguments) = program.command.split_first().ok_or("a program has a name")?;
        let mut command = Command::new(name);
        command.args(arguments).env_clear().envs(&program.environment).envs([
            ("AWS_LAMBDA_RUNTIME_API", api.address.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        // Its log goes nowhere: on Lambda somebody else takes it, too.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let process = command.spawn().map_err(|error| format!("{name} cannot be started: {error}"))?;
        let mut function = Self { process, api, to_first_poll: Duration::ZERO, cpu_to_first_poll: Duration::ZERO };
        let polled = function.api.polled().await.map_err(|error| format!("{name}: {error}"))?;
        function.to_first_poll = polled.duration_since(begun);
        function.cpu_to_first_poll = function.cpu()?;
        Ok(function)
    }

    /// Hands it an event; gives the answer, and the time that it took.
    pub(crate) async fn answer(&mut self, event: String) -> Outcome<(Duration, Bytes)> {
        self.api.answer(event).await
    }

    /// The processor's time that its threads have taken.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let mut nanos = 0;
        for thread in fs::read_dir(self.file("task"))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanos += text.split_whitespace().next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Memory in bytes: resident now, and at the most so far.
    pub(crate) fn memory(&self) -> Outcome<[u64; 2]> {
        let status = fs::read_to_string(self.file("status"))?;
        let kilobytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().unwrap_or_default().parse::<u64>()
        };
        Ok([kilobytes("VmRSS:")? * 1024, kilobytes("VmHWM:")? * 1024])
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new("/proc").join(self.process.id().to_string()).join(name)
    }
}

impl Function {
    /// Asks it to end, and waits until it has: valgrind then writes down what it has counted.
    pub(crate) fn end(mut self) -> Outcome<()> {
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).ok_or("a process has an id")?;
        kill_process(id, Signal::TERM)?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
