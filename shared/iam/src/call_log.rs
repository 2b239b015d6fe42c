//! A file of what was called, for the grants report.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;

use crate::needs::Need;

/// Writes down who needed what, each once: `caller TAB action TAB resource`. Several processes may share the file.
#[derive(Debug)]
pub struct CallLog {
    path: PathBuf,
    written: Mutex<BTreeSet<String>>,
}

impl CallLog {
    /// A log in the file at `path`, which is made when it is not there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), written: Mutex::default() }
    }

    /// The log that the environment variable `GATEPASS_CALL_LOG` names.
    pub fn from_env() -> Option<Self> {
        std::env::var_os("GATEPASS_CALL_LOG").filter(|path| !path.is_empty()).map(Self::new)
    }

    /// Writes down that `caller` needed `need`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, caller: &str, need: &Need) -> io::Result<()> {
        let line = format!("{caller}\t{}\t{}\n", need.action, need.resource);
        let mut written = self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if written.contains(&line) {
            return Ok(());
        }
        // One short write to a file that is open for appending is never torn.
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(line.as_bytes())?;
        written.insert(line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needs::needs;

    #[test]
    fn each_need_is_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("calls");
        let log = CallLog::new(&path);
        let found = needs("DynamoDB_20120810.GetItem", "/", br#"{"TableName": "T"}"#);
        for who in ["a", "b", "a"] {
            log.add(who, &found[0]).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), "a\tdynamodb:GetItem\ttable\nb\tdynamodb:GetItem\ttable\n");
    }
}
