//! Random bytes and ids.

use aws_lc_rs::rand;

/// Random bytes of the operating system.
pub(crate) fn fresh_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // aws-lc aborts the process rather than return without entropy; the error is the API's, not its own.
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// A random UUID (version 4).
pub(crate) fn fresh_id() -> String {
    uuid::Builder::from_random_bytes(fresh_bytes()).into_uuid().to_string()
}
