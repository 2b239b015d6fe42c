//! How the function is configured.

use gatepass_lambda::{ConfigError, Vars};
use gatepass_notify::Config;

const ALL: [&str; 3] = ["GATEPASS_TABLE", "GATEPASS_MAIL_SENDER", "GATEPASS_PORTAL_URL"];

fn vars(value: &str, without: &str) -> Vars {
    ALL.into_iter().filter(|name| *name != without).map(|name| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_missing_variable_is_named() {
    for name in ALL {
        assert_eq!(Config::from_vars(&vars("x", name)).unwrap_err(), ConfigError::Missing(name));
    }
}

/// R36: that no mail is sent must be said, not forgotten.
#[test]
fn an_empty_sender_turns_mail_off() {
    assert_eq!(Config::from_vars(&vars("", "")).unwrap().sender, None);
    assert_eq!(Config::from_vars(&vars("gatepass@example.com", "")).unwrap().sender.unwrap(), "gatepass@example.com");
}
