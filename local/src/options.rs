//! The options of the stack: read from the environment once, and checked.

use std::path::PathBuf;
use std::str::FromStr;

use gatepass_lambda::ConfigError;

use crate::crash::CrashAfter;

/// How a stack is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the HTTP front on 127.0.0.1 (`GATEPASS_PORT`); 0 takes any free one.
    pub port: u16,
    /// The place of the data (`GATEPASS_DATA_DIR`, `GATEPASS_EPHEMERAL`).
    pub data: Data,
    /// Which DynamoDB is used (`GATEPASS_DYNAMODB_ENDPOINT`).
    pub dynamodb: DynamoDb,
    /// The SAM template to run (`GATEPASS_TEMPLATE`).
    pub template: PathBuf,
    /// The sender of mails (`GATEPASS_MAIL_SENDER`); `None` sends no mail.
    pub mail_sender: Option<String>,
    /// The directory of the portal's files, as built (`GATEPASS_PORTAL_DIR`).
    pub portal_dir: PathBuf,
    /// The point at which the process kills itself (`GATEPASS_CRASH_AFTER`), for tests of recovery.
    pub crash_after: Option<CrashAfter>,
}

/// The place of a stack's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Nowhere: all is gone when the process ends.
    Ephemeral,
    /// In this directory, which one stack at a time may use.
    Directory(PathBuf),
}

/// Which DynamoDB a stack uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DynamoDb {
    /// The embedded one.
    Embedded,
    /// The one at this address, for example `http://127.0.0.1:8000`.
    At(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3000,
            data: Data::Directory(".gatepass".into()),
            dynamodb: DynamoDb::Embedded,
            template: "infra/template.yaml".into(),
            mail_sender: Some("no-reply@gatepass.local".into()),
            portal_dir: "portal/dist".into(),
            crash_after: None,
        }
    }
}

impl Options {
    /// Reads the options from environment variables. What is not set has its default; so has what is
    /// set to nothing, except for the mail sender, which that switches off.
    ///
    /// # Errors
    /// The first variable that cannot be used, and why.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut options = Self::default();
        let mut ephemeral = false;
        for (name, value) in vars {
            if value.is_empty() && name != MAIL_SENDER {
                continue;
            }
            match name.as_str() {
                PORT => options.port = parse(PORT, &value, "it must be a port number from 0 to 65535")?,
                EPHEMERAL => ephemeral = flag(&value)?,
                DATA_DIR => options.data = Data::Directory(value.into()),
                DYNAMODB_ENDPOINT => options.dynamodb = DynamoDb::At(endpoint(value)?),
                TEMPLATE => options.template = value.into(),
                MAIL_SENDER => options.mail_sender = sender(value)?,
                PORTAL_DIR => options.portal_dir = value.into(),
                CRASH_AFTER => options.crash_after = Some(parse(CRASH_AFTER, &value, CrashAfter::FORM)?),
                _ => {}
            }
        }
        if ephemeral {
            options.data = Data::Ephemeral;
        }
        Ok(options)
    }
}

const PORT: &str = "GATEPASS_PORT";
const EPHEMERAL: &str = "GATEPASS_EPHEMERAL";
const DATA_DIR: &str = "GATEPASS_DATA_DIR";
const DYNAMODB_ENDPOINT: &str = "GATEPASS_DYNAMODB_ENDPOINT";
const TEMPLATE: &str = "GATEPASS_TEMPLATE";
const MAIL_SENDER: &str = "GATEPASS_MAIL_SENDER";
const PORTAL_DIR: &str = "GATEPASS_PORTAL_DIR";
const CRASH_AFTER: &str = "GATEPASS_CRASH_AFTER";

fn unusable(name: &'static str, value: &str, why: &str) -> ConfigError {
    ConfigError::Unusable { name, value: value.to_owned(), why: why.to_owned() }
}

fn parse<T: FromStr>(name: &'static str, value: &str, why: &str) -> Result<T, ConfigError> {
    value.parse().map_err(|_| unusable(name, value, why))
}

fn flag(value: &str) -> Result<bool, ConfigError> {
    match value {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(unusable(EPHEMERAL, value, "it must be 1 (keep nothing on disk) or 0")),
    }
}

fn endpoint(value: String) -> Result<String, ConfigError> {
    let trimmed = value.trim_end_matches('/');
    let authority = trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://"));
    let usable = authority.is_some_and(|authority| !authority.is_empty() && !authority.contains(['/', '?', '#', ' ']));
    if usable {
        Ok(trimmed.to_owned())
    } else {
        Err(unusable(DYNAMODB_ENDPOINT, &value, "it must be an address such as http://127.0.0.1:8000"))
    }
}

fn sender(value: String) -> Result<Option<String>, ConfigError> {
    if value.is_empty() {
        return Ok(None);
    }
    if value.contains('@') && !value.contains(char::is_control) {
        Ok(Some(value))
    } else {
        Err(unusable(MAIL_SENDER, &value, "it must be a mail address, or empty to send no mail"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Options, ConfigError> {
        Options::from_vars(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let options = read(&[("HOME", "/root"), (PORT, "")]).unwrap();
        assert_eq!(options.port, 3000);
        assert_eq!(options.data, Data::Directory(".gatepass".into()));
        assert_eq!(options.mail_sender.as_deref(), Some("no-reply@gatepass.local"));
    }

    #[test]
    fn an_empty_sender_switches_mail_off() {
        assert_eq!(read(&[(MAIL_SENDER, "")]).unwrap().mail_sender, None);
    }

    #[test]
    fn ephemeral_wins_over_a_directory_in_either_order() {
        assert_eq!(read(&[(EPHEMERAL, "1"), (DATA_DIR, "x")]).unwrap().data, Data::Ephemeral);
        assert_eq!(read(&[(DATA_DIR, "x"), (EPHEMERAL, "1")]).unwrap().data, Data::Ephemeral);
    }

    #[test]
    fn the_endpoint_loses_its_trailing_slash() {
        let options = read(&[(DYNAMODB_ENDPOINT, "http://127.0.0.1:8000/")]).unwrap();
        assert_eq!(options.dynamodb, DynamoDb::At("http://127.0.0.1:8000".into()));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (name, value) in [
            (PORT, "http"),
            (PORT, "65536"),
            (EPHEMERAL, "yes"),
            (DYNAMODB_ENDPOINT, "localhost:8000"),
            (DYNAMODB_ENDPOINT, "http://localhost/path"),
            (MAIL_SENDER, "nobody"),
            (CRASH_AFTER, "commit"),
            (CRASH_AFTER, "commit:0"),
            (CRASH_AFTER, "lunch:1"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    }
}
