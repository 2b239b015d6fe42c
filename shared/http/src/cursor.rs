//! Cursors: opaque, authenticated, and bound to the caller and the list that they were given for.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepass_domain::PersonId;
use gatepass_store::Position;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use crate::problem::Problem;

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The rows, newest first.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; `null` on the last page.
    pub next_cursor: Option<String>,
}

/// Signs cursors.
#[derive(Clone)]
pub struct CursorKey(Vec<u8>);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(…)")
    }
}

impl CursorKey {
    /// A key as it is stored.
    pub fn new(stored: &str) -> Self {
        Self(stored.as_bytes().to_vec())
    }

    /// The cursor with which `caller` gets the page of `list` that begins after `position`.
    ///
    /// `None` for a key that HMAC does not take; it takes keys of any length.
    pub fn cursor(&self, position: &str, caller: &PersonId, list: &str) -> Option<String> {
        let tag = self.tag(position, caller, list)?;
        Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(position), URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The position that a cursor stands for.
    ///
    /// # Errors
    /// 400 `invalid-cursor` when it was not given to this caller for this list.
    pub fn position(&self, cursor: &str, caller: &PersonId, list: &str) -> Result<Position, Problem> {
        let verified = || {
            let (position, tag) = cursor.split_once('.')?;
            let position = String::from_utf8(URL_SAFE_NO_PAD.decode(position).ok()?).ok()?;
            let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
            let genuine = tag.as_slice().ct_eq(self.tag(&position, caller, list)?.as_slice());
            bool::from(genuine).then_some(position)
        };
        verified().ok_or_else(|| {
            let detail = "The cursor was not given for this list with these filters, or not to you. \
                          Use `next_cursor` of the page before unchanged, with the same parameters.";
            Problem::new(StatusCode::BAD_REQUEST, "invalid-cursor", detail)
        })
    }

    fn tag(&self, position: &str, caller: &PersonId, list: &str) -> Option<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [position, caller.as_str(), list] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac.finalize().into_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_for_its_caller_and_list_alone() {
        let key = CursorKey::new("secret");
        let ada = PersonId("ada".into());
        let cursor = key.cursor("2026-11-23T00:00:00.000Z#id", &ada, "requests?status=pending").unwrap();
        let open = |key: &CursorKey, cursor: &str, who: &str, list: &str| {
            key.position(cursor, &PersonId(who.into()), list).ok()
        };
        assert!(open(&key, &cursor, "ada", "requests?status=pending").is_some());
        assert_eq!(open(&key, &cursor, "eve", "requests?status=pending"), None);
        assert_eq!(open(&key, &cursor, "ada", "requests?status=approved"), None);
        assert_eq!(open(&CursorKey::new("other"), &cursor, "ada", "requests?status=pending"), None);
        assert_eq!(open(&key, "nonsense", "ada", "requests?status=pending"), None);
        assert_eq!(open(&key, &cursor[1..], "ada", "requests?status=pending"), None);
    }
}
