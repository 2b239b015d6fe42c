//! Errors in words.

use std::error::Error;

/// `error` and the whole chain of its causes. (A `Display` of ours never repeats its source.)
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
