//! The trace of a history: one line for each call, delivery and answer, in order.

use std::sync::Mutex;

/// Collects lines; cheap to keep, since histories are short.
#[derive(Debug, Default)]
pub struct Trace(Mutex<Vec<String>>);

impl Trace {
    /// Adds a line.
    pub fn line(&self, line: String) {
        self.0.lock().expect("nothing panics while it writes a line").push(line);
    }

    /// The whole trace as text.
    pub fn text(&self) -> String {
        self.0.lock().expect("nothing panics while it writes a line").join("\n")
    }
}
