//! `make dev`: the local stack, until Ctrl-C.

use std::io::{self, Write};
use std::process::ExitCode;

use gatepass_lambda::causes;
use gatepass_local::{Options, Stack, StartError};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The exit code of a usage error: the configuration cannot be.
const BAD_CONFIGURATION: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    init_logs();
    let options = match Options::from_vars(std::env::vars()) {
        Ok(options) => options,
        Err(error) => return complain(&error.to_string(), BAD_CONFIGURATION),
    };
    let started = async {
        let stop = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        Ok::<_, io::Error>((stop, Stack::start(options).await))
    };
    match started.await {
        Ok((stop, Ok(stack))) => run(stack, stop).await,
        Ok((_, Err(error))) => complain(&causes(&error), exit_code(&error)),
        Err(error) => complain(&causes(&error), 1),
    }
}

async fn run(stack: Stack, [mut interrupt, mut terminate]: [tokio::signal::unix::Signal; 2]) -> ExitCode {
    let text = include_str!("walk-through.txt")
        .replace("{origin}", &format!("http://{}", stack.address()))
        .replace("{aws}", &format!("http://{}", stack.aws_address()))
        .replace("{secret}", stack.aws_secret());
    // Nobody reads it when the other end is closed; the stack runs all the same.
    let _ = io::stdout().write_all(text.as_bytes());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stack.stop().await;
    ExitCode::SUCCESS
}

fn exit_code(error: &StartError) -> u8 {
    if error.is_configuration() { BAD_CONFIGURATION } else { 1 }
}

fn complain(problem: &str, code: u8) -> ExitCode {
    let line = problem.replace('\n', " ");
    let _ = writeln!(io::stderr(), "gatepass-local: {line}");
    ExitCode::from(code)
}

/// Logs for people, on standard error. `GATEPASS_LOG` filters them by the syntax of `Targets`.
fn init_logs() {
    // The embedded DynamoDB warns of every condition that fails, which is what conditions are for.
    let usual = || Targets::new().with_default(LevelFilter::INFO).with_target("dynoxide", LevelFilter::ERROR);
    let filter = std::env::var("GATEPASS_LOG").ok().and_then(|filter| filter.parse().ok()).unwrap_or_else(usual);
    let lines = tracing_subscriber::fmt::layer().compact().with_writer(io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
}
