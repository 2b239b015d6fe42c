//! Checks on the texts that people write, and the names that must not collide.

use std::collections::BTreeSet;

use crate::visible::{Lines, first_invisible, shows_something};

/// A text that cannot be taken, with where it was and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the offending member.
    pub pointer: String,
    /// The fault and the remedy.
    pub detail: String,
}

impl FieldError {
    /// An error at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }

    /// The same fault, of something that stands at `parent` in a larger document.
    pub fn below(self, parent: &str) -> Self {
        Self { pointer: format!("{parent}{}", self.pointer), ..self }
    }
}

/// Collects what is wrong with an input, so that people see all of it at once.
#[derive(Debug, Default)]
pub struct ValidationErrors(Vec<FieldError>);

impl ValidationErrors {
    /// Notes `detail` at `pointer` unless `fine`.
    pub fn require(&mut self, fine: bool, pointer: &str, detail: &str) {
        if !fine {
            self.0.push(FieldError::new(pointer, detail));
        }
    }

    /// Requires a single line of 1 to `max` visible characters that are not all white space.
    pub fn name(&mut self, text: &str, pointer: &str, max: usize) {
        self.require(shows_something(text), pointer, "must not be empty");
        self.length(text, pointer, max);
        self.visible(text, pointer, Lines::One);
    }

    /// Requires at most `max` visible characters, on any number of lines.
    pub fn text(&mut self, text: &str, pointer: &str, max: usize) {
        self.length(text, pointer, max);
        self.visible(text, pointer, Lines::Many);
    }

    /// Requires each of `labels` (groups, scopes) to be a name of 1 to `max` characters.
    pub fn names<'a>(&mut self, labels: impl IntoIterator<Item = &'a String>, pointer: &str, max: usize) {
        for (index, label) in labels.into_iter().enumerate() {
            self.name(label, &format!("{pointer}/{index}"), max);
        }
    }

    /// Requires that no item stands twice.
    pub fn distinct<'a, T: Ord + 'a>(&mut self, items: impl IntoIterator<Item = &'a T>, pointer: &str, detail: &str) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.into_iter().enumerate() {
            self.require(seen.insert(item), &format!("{pointer}/{index}"), detail);
        }
    }

    /// Requires that readers see every character of `text`.
    pub fn visible(&mut self, text: &str, pointer: &str, lines: Lines) {
        if let Some(hidden) = first_invisible(text, lines) {
            let detail = match hidden {
                '\n' | '\r' | '\t' => "must not contain a line break or a tab".to_owned(),
                _ => format!(
                    "must not contain U+{:04X}, which readers do not see or which covers other text: remove it",
                    u32::from(hidden)
                ),
            };
            self.0.push(FieldError::new(pointer, detail));
        }
    }

    fn length(&mut self, text: &str, pointer: &str, max: usize) {
        self.require(text.chars().count() <= max, pointer, &format!("must have at most {max} characters"));
    }

    /// Notes what somebody else found.
    pub fn extend(&mut self, found: impl IntoIterator<Item = FieldError>) {
        self.0.extend(found);
    }

    /// `Ok` when nothing was found.
    pub fn into_result(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
