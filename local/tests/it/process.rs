//! The stack as a process: bad configuration, and death at the worst moment.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::world::{AT_MOST, Client, DYNAMODB_ENDPOINT, changed_template, is_provisioned, template};

const SIGKILL: i32 = 9;
/// Four products, two plans, two catalogues.
const DEMO_EVENTS: usize = 8;

fn command(vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepass-local"));
    command.env_clear().env("GATEPASS_TEMPLATE", template()).env("GATEPASS_PORT", "0").env("GATEPASS_EPHEMERAL", "1");
    if let Ok(endpoint) = std::env::var(DYNAMODB_ENDPOINT) {
        command.env(DYNAMODB_ENDPOINT, endpoint);
    }
    command.envs(vars.iter().copied());
    command
}

fn run(vars: &[(&str, &str)]) -> Output {
    command(vars).output().unwrap()
}

#[test]
fn bad_configuration_is_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let bad = changed_template(dir.path(), "rate(1 minute)", "cron(* * * * ? *)");
    let bad = bad.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (vars, said) in [
        ([("GATEPASS_PORT", "http")], "GATEPASS_PORT"),
        ([("GATEPASS_PORT", port.as_str())], "set GATEPASS_PORT"),
        ([("GATEPASS_TEMPLATE", "gone.yaml")], "gone.yaml"),
        ([("GATEPASS_TEMPLATE", bad)], "Expire"),
    ] {
        let output = run(&vars);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

/// A stack in a process of its own.
struct Process {
    child: std::process::Child,
    client: Client,
}

impl Process {
    /// Starts it, on a port that it chooses itself: another test could take one that was found free before.
    fn start(data: &Path, vars: &[(&str, &str)]) -> Self {
        let mut command = command(vars);
        command.env("GATEPASS_EPHEMERAL", "0").env("GATEPASS_DATA_DIR", data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // It prints where it is once it is ready. What it prints after that fits into the pipe.
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let port = lines.map(Result::unwrap).find_map(|line| {
            let (_, port) = line.split_once("http://127.0.0.1:")?;
            port.split('/').next()?.parse().ok()
        });
        let client = Client::new(port.expect("the stack becomes ready"));
        Self { child, client }
    }

    /// Has it finish what it is doing, as Ctrl-C does.
    fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// The signal that the process dies of.
    async fn death(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.signal();
            }
            assert!(began.elapsed() < AT_MOST, "the process lives on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_request_survives_the_death_of_the_process() {
    // The submission, the approval, the provisioning; what each of them publishes; the mail.
    for point in ["commit:1", "commit:2", "commit:3", "put-events:2", "put-events:3", "mail:1"] {
        let dir = tempfile::tempdir().unwrap();
        // What the demo data publish, in one batch or in several, is not to be counted.
        let process = Process::start(dir.path(), &[]);
        process.client.items_once("/_local/events", DEMO_EVENTS).await;
        process.stop();

        let mut process = Process::start(dir.path(), &[("GATEPASS_CRASH_AFTER", point)]);
        let ada = process.client.token("user=ada").await;
        let app = json!({ "name": "App" });
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free", "new_app": app,
        });
        // Whether an answer comes back is another matter than whether the request was taken.
        let submit = process.client.request(Method::POST, "/v1/access-requests").bearer_auth(&ada).json(&body);
        let _ = submit.send().await;
        assert_eq!(process.death().await, Some(SIGKILL), "{point}");

        let process = Process::start(dir.path(), &[]);
        let ada = process.client.token("user=ada").await;
        let requests: Value = process.client.read(&ada, "/v1/access-requests").await;
        let requests = requests["items"].as_array().unwrap().clone();
        assert_eq!(requests.len(), 1, "{point}");
        let request = process.client.request_once(&ada, requests[0]["id"].as_str().unwrap(), is_provisioned).await;
        let path = format!("/v1/apps/{}/credentials", request["app"]["id"].as_str().unwrap());
        let credentials: Value = process.client.read(&ada, &path).await;
        assert_eq!(credentials["items"].as_array().unwrap().len(), 1, "{point}");
        let mails = process.client.items_once("/_local/mail", 1).await;
        assert_eq!(mails.len(), 1, "{point}");
    }
}
