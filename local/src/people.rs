//! The people of the demonstration.

use serde::Serialize;

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Person {
    /// The subject of their tokens.
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) email_is_verified: bool,
    pub(crate) groups: Vec<String>,
    pub(crate) organisation: Option<String>,
}

/// Those who can sign in at the page; `/_local/token` makes others.
const DEMO: [(&str, &str, &str); 5] = [
    ("ada", "Ada", "builders"),
    ("grace", "Grace", "partners"),
    ("owen", "Owen", "api-owners"),
    ("olga", "Olga", "api-owners"),
    ("petra", "Petra", "payments-team"),
];

impl Person {
    /// Everybody in the demonstration.
    pub(crate) fn demo() -> impl Iterator<Item = Self> {
        DEMO.into_iter().map(|(user, name, group)| Self {
            name: name.to_owned(),
            groups: vec![group.to_owned()],
            ..Self::stranger(user)
        })
    }

    /// The person `user`: as in the demonstration, or a stranger in no group.
    pub(crate) fn called(user: &str) -> Self {
        Self::demo().find(|person| person.user == user).unwrap_or_else(|| Self::stranger(user))
    }

    fn stranger(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            name: user.to_owned(),
            email: format!("{user}@example.com"),
            email_is_verified: true,
            groups: Vec::new(),
            organisation: None,
        }
    }
}
