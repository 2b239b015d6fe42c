//! Keys that the stack makes once and keeps for itself: files that only their owner can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The content of the file at `path`; the first time, what `make` gives is written there.
///
/// # Errors
/// The file system's, or that of `make`.
pub(crate) fn load_or_make(path: &Path, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = make()?;
            // Under another name first, so that a process that dies halfway leaves no half of a key.
            let unfinished = path.with_extension("new");
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(&secret)?;
            file.sync_all()?;
            fs::rename(&unfinished, path)?;
            Ok(secret)
        }
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        assert_eq!(load_or_make(&path, || Ok(vec![1, 2])).unwrap(), [1, 2]);
        assert_eq!(load_or_make(&path, || Ok(vec![3])).unwrap(), [1, 2]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
