//! Output for people: results on standard output, progress on standard error.

use std::io::{self, Write};

/// Writes a line of progress.
pub(crate) fn say(line: &str) {
    // Nobody reads it when the other end is closed; the measurement goes on.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a line of results.
pub(crate) fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
