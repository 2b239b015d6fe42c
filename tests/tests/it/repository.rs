//! Files of this repository.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a directory of the repository")
}

/// The text of a file, by its path from the root.
pub(crate) fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The JSON of a file, by its path from the root.
pub(crate) fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a directory, by its path from the root.
pub(crate) fn files(path: &str) -> Vec<PathBuf> {
    let directory = root().join(path);
    let entries = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a directory can be read").path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}
