//! Configuration: environment variables, read once at cold start.

use std::collections::BTreeMap;

/// The environment that a function is configured by.
#[derive(Debug, Clone)]
pub struct Vars(BTreeMap<String, String>);

/// A variable that a function cannot start with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The variable is needed and not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The variable is set to something that cannot be used.
    #[error("{name} cannot be `{value}`: {why}")]
    Unusable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// The fault in it.
        why: String,
    },
}

impl Vars {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// The value of `name`; set but empty counts.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<&str, ConfigError> {
        self.0.get(name).map(String::as_str).ok_or(ConfigError::Missing(name))
    }

    /// The value of `name`, or `None` when it is set to nothing, which switches something off.
    ///
    /// # Errors
    /// [`ConfigError::Missing`]: off must be said, not forgotten.
    pub fn optional(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        self.required(name).map(|value| Some(value).filter(|value| !value.is_empty()))
    }
}

impl FromIterator<(String, String)> for Vars {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
