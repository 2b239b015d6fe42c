//! A function as the stack runs it: JSON text in, JSON text out, a time-out, and failures that stay inside.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;

/// The result of a function for an event.
pub type Handler = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// A function of the template.
pub(crate) struct Function {
    /// The name that people use: its program's name, or its logical id where a program serves several.
    pub(crate) name: String,
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// How often a failed asynchronous invocation is tried again.
    pub(crate) retries: u32,
    timeout: Duration,
    handler: Handler,
    paused: watch::Sender<bool>,
}

/// Why an invocation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvocationError {
    /// The function said so.
    Failed(String),
    /// It took longer than it may.
    TimedOut(Duration),
    /// It panicked.
    Crashed,
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.write_str(error),
            Self::TimedOut(after) => write!(f, "Task timed out after {}.00 seconds", after.as_secs()),
            Self::Crashed => f.write_str("the function crashed"),
        }
    }
}

impl Function {
    pub(crate) fn new(name: String, wiring: &crate::template::Function, handler: Handler) -> Self {
        Self {
            name,
            logical_id: wiring.logical_id.clone(),
            retries: wiring.retries,
            timeout: wiring.timeout,
            handler,
            paused: watch::Sender::new(false),
        }
    }

    /// Runs the function, as a task of its own: what goes wrong in there stays in there.
    pub(crate) async fn invoke(&self, event: String) -> Result<String, InvocationError> {
        let running = (self.handler)(event);
        let task = tokio::spawn(tokio::time::timeout(self.timeout, running));
        match task.await {
            Ok(Ok(answer)) => answer.map_err(InvocationError::Failed),
            Ok(Err(_)) => Err(InvocationError::TimedOut(self.timeout)),
            Err(_) => Err(InvocationError::Crashed),
        }
    }

    /// Holds the function back, or lets it go on.
    pub(crate) fn set_paused(&self, paused: bool) {
        self.paused.send_replace(paused);
    }

    /// True when the function is held back now.
    pub(crate) fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// Tells of the function's being held back and let go.
    pub(crate) fn pauses(&self) -> watch::Receiver<bool> {
        self.paused.subscribe()
    }

    /// True when people mean this function by `name`.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.logical_id == name
    }
}

/// A function that does nothing but call `handle`.
#[cfg(test)]
pub(crate) fn test_function(
    name: &str,
    handle: impl Fn(String) -> Result<String, String> + Send + Sync + 'static,
) -> std::sync::Arc<Function> {
    let handle = std::sync::Arc::new(handle);
    std::sync::Arc::new(Function {
        name: name.to_owned(),
        logical_id: name.to_owned(),
        retries: 2,
        timeout: Duration::from_secs(1),
        handler: Box::new(move |event| {
            let handle = std::sync::Arc::clone(&handle);
            Box::pin(async move { handle(event) })
        }),
        paused: watch::Sender::new(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_stays_inside() {
        let failing = test_function("f", |_| Err("no".into()));
        assert_eq!(failing.invoke(String::new()).await, Err(InvocationError::Failed("no".into())));
        let crashing = test_function("f", |_| panic!("a test of panics"));
        let crashed = crashing.invoke(String::new()).await;
        assert_eq!(crashed, Err(InvocationError::Crashed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_that_takes_too_long_has_failed() {
        let mut function = std::sync::Arc::into_inner(test_function("f", |_| Ok(String::new()))).unwrap();
        function.handler = Box::new(|_| Box::pin(std::future::pending()));
        let error = function.invoke(String::new()).await.unwrap_err();
        assert_eq!(error.to_string(), "Task timed out after 1.00 seconds");
    }
}
