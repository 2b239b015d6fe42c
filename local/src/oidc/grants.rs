//! Grants that were not yet redeemed: authorization codes and refresh tokens, kept in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

use crate::fresh::fresh_bytes;
use crate::people::Person;

/// How long a code can be redeemed.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// How long a refresh token works, as at Cognito by default.
const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The promise of a code to somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) person: Person,
    pub(super) redirect_uri: String,
    /// The S256 challenge.
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
}

#[derive(Default)]
pub(super) struct Grants {
    codes: Mutex<HashMap<String, (Grant, Timestamp)>>,
    refresh_tokens: Mutex<HashMap<String, (Person, Timestamp)>>,
}

impl Grants {
    /// A code for `grant`.
    pub(super) fn code(&self, grant: Grant, now: Timestamp) -> String {
        issue(&self.codes, grant, now, CODE_LIFETIME)
    }

    /// The grant behind `code`. It works once.
    pub(super) fn redeem(&self, code: &str, now: Timestamp) -> Option<Grant> {
        let (grant, until) = lock(&self.codes).remove(code)?;
        (now < until).then_some(grant)
    }

    /// A refresh token for `person`.
    pub(super) fn refresh_token(&self, person: Person, now: Timestamp) -> String {
        issue(&self.refresh_tokens, person, now, REFRESH_LIFETIME)
    }

    /// The subject of `token`.
    pub(super) fn refreshed(&self, token: &str, now: Timestamp) -> Option<Person> {
        let (person, until) = lock(&self.refresh_tokens).get(token)?.clone();
        (now < until).then_some(person)
    }
}

fn issue<T>(
    among: &Mutex<HashMap<String, (T, Timestamp)>>,
    what: T,
    now: Timestamp,
    lifetime: SignedDuration,
) -> String {
    let name = URL_SAFE_NO_PAD.encode(fresh_bytes::<32>());
    let mut among = lock(among);
    among.retain(|_, (_, until)| now < *until);
    among.insert(name.clone(), (what, now.checked_add(lifetime).unwrap_or(now)));
    name
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
