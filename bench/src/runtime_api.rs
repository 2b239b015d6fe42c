//! The Lambda Runtime API on loopback, for one function.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use gatepass_lambda::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::AbortHandle;

use crate::Outcome;

/// A function that takes longer than this has failed. Under valgrind a start takes seconds.
const LONGEST: Duration = Duration::from_secs(120);
/// The time that a function is told it has for an event.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The Runtime API of one function; it ends when it is dropped.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    events: mpsc::UnboundedSender<String>,
    polls: mpsc::UnboundedReceiver<Instant>,
    answers: mpsc::UnboundedReceiver<(Instant, Answer)>,
    server: AbortHandle,
}

/// The answer to an event.
enum Answer {
    Response(Bytes),
    Error(Bytes),
}

struct Shared {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    polls: mpsc::UnboundedSender<Instant>,
    answers: mpsc::UnboundedSender<(Instant, Answer)>,
}

impl RuntimeApi {
    /// Starts one.
    pub(crate) async fn start() -> Outcome<Self> {
        let (events, taken) = mpsc::unbounded_channel();
        let (polled, polls) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let shared = Shared { events: Mutex::new(taken), polls: polled, answers: answered };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(take))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::new(shared));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let without_delay = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = tokio::spawn(async move { axum::serve(without_delay, router).await }).abort_handle();
        Ok(Self { address, events, polls, answers, server })
    }

    /// Waits for the next poll; gives its time.
    pub(crate) async fn polled(&mut self) -> Outcome<Instant> {
        let poll = tokio::time::timeout(LONGEST, self.polls.recv()).await;
        poll.ok().flatten().ok_or_else(|| "the function does not poll".into())
    }

    /// Hands out an event; gives the answer, and the time that it took.
    pub(crate) async fn answer(&mut self, event: String) -> Outcome<(Duration, Bytes)> {
        let begun = Instant::now();
        self.events.send(event)?;
        let answer = tokio::time::timeout(LONGEST, self.answers.recv()).await;
        match answer.ok().flatten() {
            Some((at, Answer::Response(body))) => Ok((at.duration_since(begun), body)),
            Some((_, Answer::Error(body))) => {
                Err(format!("the function failed: {}", String::from_utf8_lossy(&body)).into())
            }
            None => Err("the function does not answer".into()),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    // Nobody waits for polls after the first.
    let _ = shared.polls.send(Instant::now());
    let Some(event) = shared.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = Clock::System.now() + TIMEOUT;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned()),
    ];
    (headers, event).into_response()
}

async fn take(State(shared): State<Arc<Shared>>, Path((_, kind)): Path<(String, String)>, body: Bytes) -> StatusCode {
    let at = Instant::now();
    let answer = if kind == "response" { Answer::Response(body) } else { Answer::Error(body) };
    let _ = shared.answers.send((at, answer));
    StatusCode::ACCEPTED
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.answers.send((Instant::now(), Answer::Error(body)));
    StatusCode::ACCEPTED
}
