//! The place of a stack's data.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use dynoxide::Database;

use crate::journal::Journal;
use crate::options::Data;
use crate::start_error::StartError;

/// The files of a stack that keeps its data; without a directory there are none.
pub(crate) struct Files(Option<PathBuf>);

impl Files {
    /// Makes the directory, if there is to be one.
    pub(crate) fn prepare(data: &Data) -> Result<Self, StartError> {
        let Data::Directory(directory) = data else { return Ok(Self(None)) };
        // Mails and sealed keys are nobody else's business.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|cause| StartError::Data { path: directory.clone(), cause })?;
        Ok(Self(Some(directory.clone())))
    }

    /// The path of the file `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.as_ref().map(|directory| directory.join(name)).unwrap_or_default()
    }

    /// The journal.
    pub(crate) fn journal(&self) -> Result<Journal, StartError> {
        let path = self.path("journal.sqlite");
        let opened = if self.0.is_some() { Journal::open(&path) } else { Journal::in_memory() };
        opened.map_err(|cause| StartError::Journal { path, cause })
    }

    /// The result of `open` on the file `name`, or on none.
    pub(crate) fn open<T>(
        &self,
        name: &str,
        open: impl FnOnce(Option<&Path>) -> io::Result<T>,
    ) -> Result<T, StartError> {
        let path = self.path(name);
        let opened = open(self.0.as_ref().map(|_| path.as_path()));
        opened.map_err(|cause| StartError::Data { path, cause })
    }

    /// The embedded DynamoDB.
    pub(crate) fn database(&self) -> Result<Database, StartError> {
        let path = self.path("dynamodb.sqlite");
        let database = match (&self.0, path.to_str()) {
            (None, _) => Database::memory(),
            (Some(_), Some(path)) => Database::new(path),
            (Some(_), None) => {
                let cause = io::Error::new(io::ErrorKind::InvalidInput, "the path must be valid UTF-8");
                return Err(StartError::Data { path, cause });
            }
        };
        database.map_err(|error| StartError::Database(error.to_string()))
    }
}
