//! The memory of the stack itself: published events, deliveries that are still owed, mails,
//! what was given up, how far streams were read, and small facts.
//!
//! One SQLite file. A write is on record before its caller is answered, so that it survives the
//! death of the process. Invariant: one process at a time has the file open.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// The journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has it open.
    #[error("another stack is using it; stop that one, or set GATEPASS_DATA_DIR to another directory")]
    InUse,
    /// SQLite failed.
    #[error("the journal failed")]
    Sqlite(#[source] rusqlite::Error),
    /// A row is not what was written.
    #[error("the journal holds something that is not JSON")]
    NotJson(#[from] serde_json::Error),
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            _ => Self::Sqlite(error),
        }
    }
}

/// The lists that only grow.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Log {
    Events,
    Mails,
    DeadLetters,
}

impl Log {
    fn table(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Mails => "mails",
            Self::DeadLetters => "dead_letters",
        }
    }
}

/// An event that a function is to be invoked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) event: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

/// The events that were given up.
#[derive(Debug, Serialize)]
pub(crate) struct DeadLetter<'a> {
    /// The function that failed.
    pub(crate) function: &'a str,
    /// How it failed last.
    pub(crate) error: &'a str,
    /// The input of the invocation.
    pub(crate) event: Value,
    /// When it was given up, by the stack's clock.
    pub(crate) at: Timestamp,
}

/// How long a stack that is just ending is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The journal.
#[derive(Debug)]
pub(crate) struct Journal {
    connection: Mutex<Connection>,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, entry TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS mails (id INTEGER PRIMARY KEY, entry TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS dead_letters (id INTEGER PRIMARY KEY, entry TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        function TEXT NOT NULL,
        event TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (function, due_at, id);
    CREATE TABLE IF NOT EXISTS positions (shard TEXT PRIMARY KEY, position TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
";

impl Journal {
    /// The journal in the file at `path`, made when there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A process that is killed loses nothing in this mode; a machine that loses power may lose
        // the last transactions, which for a development stack is well worth the speed.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Self::prepare(connection)
    }

    /// A journal that ends with the process.
    pub(crate) fn in_memory() -> Result<Self, JournalError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(connection: Connection) -> Result<Self, JournalError> {
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // SQLite rolls back what a panicking thread left open: the connection stays usable.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends `entry` to `log`.
    pub(crate) fn append(&self, log: Log, entry: &impl Serialize) -> Result<(), JournalError> {
        insert(&self.connection(), log, entry)
    }

    /// Everything in `log`, oldest first.
    pub(crate) fn entries(&self, log: Log) -> Result<Vec<Box<RawValue>>, JournalError> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!("SELECT entry FROM {} ORDER BY id", log.table()))?;
        let rows = select.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|row| Ok(RawValue::from_string(row?)?)).collect()
    }

    /// Puts an event on record together with the deliveries that it is owed, all or nothing.
    pub(crate) fn publish(&self, event: &Value, to: &[&str], now: Timestamp) -> Result<(), JournalError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        insert(&transaction, Log::Events, event)?;
        for function in to {
            enqueue(&transaction, function, &event.to_string(), now)?;
        }
        Ok(transaction.commit()?)
    }

    /// Owes `function` one event; gives the delivery's id.
    pub(crate) fn enqueue(&self, function: &str, event: &str, now: Timestamp) -> Result<i64, JournalError> {
        enqueue(&self.connection(), function, event, now)
    }

    /// Up to `limit` deliveries to `function` that are due by `now`, oldest first.
    pub(crate) fn due(&self, function: &str, now: Timestamp, limit: usize) -> Result<Vec<Delivery>, JournalError> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(
            "SELECT id, event, attempts FROM deliveries WHERE function = ?1 AND due_at <= ?2 ORDER BY id LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = select.query_map(params![function, now.as_millisecond(), limit], |row| {
            Ok(Delivery { id: row.get(0)?, event: row.get(1)?, attempts: row.get(2)? })
        })?;
        rows.map(|row| Ok(row?)).collect()
    }

    /// When the next delivery to `function` falls due that is not due by `now`.
    pub(crate) fn next_due(&self, function: &str, now: Timestamp) -> Result<Option<Timestamp>, JournalError> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached("SELECT min(due_at) FROM deliveries WHERE function = ?1 AND due_at > ?2")?;
        let millis: Option<i64> = select.query_row(params![function, now.as_millisecond()], |row| row.get(0))?;
        Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
    }

    /// The delivery `id` was made.
    pub(crate) fn delivered(&self, id: i64) -> Result<(), JournalError> {
        self.connection().execute("DELETE FROM deliveries WHERE id = ?1", [id])?;
        Ok(())
    }

    /// The delivery `id` failed, and is to be tried again at `due`.
    pub(crate) fn postpone(&self, id: i64, attempts: u32, due: Timestamp) -> Result<(), JournalError> {
        self.connection().execute(
            "UPDATE deliveries SET attempts = ?2, due_at = ?3 WHERE id = ?1",
            params![id, attempts, due.as_millisecond()],
        )?;
        Ok(())
    }

    /// The delivery `id` failed for the last time: it becomes a dead letter.
    pub(crate) fn give_up(&self, id: i64, letter: &DeadLetter<'_>) -> Result<(), JournalError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM deliveries WHERE id = ?1", [id])?;
        insert(&transaction, Log::DeadLetters, letter)?;
        Ok(transaction.commit()?)
    }

    /// How far the shard `shard` was read; `None` when it was not.
    pub(crate) fn position(&self, shard: &str) -> Result<Option<String>, JournalError> {
        self.text("SELECT position FROM positions WHERE shard = ?1", shard)
    }

    /// The shard `shard` was read up to `position`.
    pub(crate) fn set_position(&self, shard: &str, position: &str) -> Result<(), JournalError> {
        self.connection().execute("INSERT OR REPLACE INTO positions VALUES (?1, ?2)", [shard, position])?;
        Ok(())
    }

    /// The fact `name`.
    pub(crate) fn fact(&self, name: &str) -> Result<Option<String>, JournalError> {
        self.text("SELECT value FROM facts WHERE name = ?1", name)
    }

    /// Keeps the fact `name`.
    pub(crate) fn set_fact(&self, name: &str, value: &str) -> Result<(), JournalError> {
        self.connection().execute("INSERT OR REPLACE INTO facts VALUES (?1, ?2)", [name, value])?;
        Ok(())
    }

    fn text(&self, select: &str, name: &str) -> Result<Option<String>, JournalError> {
        Ok(self.connection().prepare_cached(select)?.query_row([name], |row| row.get(0)).optional()?)
    }
}

fn insert(connection: &Connection, log: Log, entry: &impl Serialize) -> Result<(), JournalError> {
    let entry = serde_json::to_string(entry)?;
    connection.execute(&format!("INSERT INTO {} (entry) VALUES (?1)", log.table()), [entry])?;
    Ok(())
}

fn enqueue(connection: &Connection, function: &str, event: &str, now: Timestamp) -> Result<i64, JournalError> {
    connection.execute(
        "INSERT INTO deliveries (function, event, due_at) VALUES (?1, ?2, ?3)",
        params![function, event, now.as_millisecond()],
    )?;
    Ok(connection.last_insert_rowid())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn what_is_owed_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.sqlite");
        let journal = Journal::open(&path).unwrap();
        journal.publish(&json!({"id": 1}), &["notify", "provision"], NOW).unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.entries(Log::Events).unwrap().len(), 1);
        let due = journal.due("notify", NOW, 9).unwrap();
        assert_eq!(due, [Delivery { id: 1, event: r#"{"id":1}"#.into(), attempts: 0 }]);
    }

    #[test]
    fn a_second_process_is_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.sqlite");
        let _first = Journal::open(&path).unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::InUse)));
    }

    #[test]
    fn what_is_postponed_falls_due_later() {
        let journal = Journal::in_memory().unwrap();
        let id = journal.enqueue("notify", "{}", NOW).unwrap();
        let later = NOW + SignedDuration::from_secs(1);
        journal.postpone(id, 1, later).unwrap();
        assert_eq!(journal.due("notify", NOW, 9).unwrap(), []);
        assert_eq!(journal.next_due("notify", NOW).unwrap(), Some(later));
        assert_eq!(journal.due("notify", later, 9).unwrap()[0].attempts, 1);
        let letter = DeadLetter { function: "notify", error: "no", event: json!({}), at: later };
        journal.give_up(id, &letter).unwrap();
        assert_eq!(journal.due("notify", later, 9).unwrap(), []);
        assert_eq!(journal.entries(Log::DeadLetters).unwrap().len(), 1);
    }
}
