//! The request of a client that sends somebody to sign in.

use serde::Deserialize;

use super::grants::Grant;
use super::{CLIENT_ID, Issuer};
use crate::people::Person;

/// An authentication request (OpenID Connect Core, section 3.1.2.1, with PKCE).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) response_type: String,
    pub(super) scope: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: String,
    pub(super) code_challenge_method: String,
}

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It does not say reliably where to go back to: told to the person.
    Page(&'static str),
    /// Told to the client, by an error code of RFC 6749, section 4.1.2.1.
    Back(&'static str, &'static str),
}

impl Request {
    /// Checks all that does not depend on who signs in.
    pub(super) fn check(&self, issuer: &Issuer) -> Result<(), Refusal> {
        if self.client_id != CLIENT_ID {
            return Err(Refusal::Page("There is no such client here: client_id must be gatepass-portal."));
        }
        if !issuer.may_return_to(&self.redirect_uri) {
            return Err(Refusal::Page("redirect_uri must be a page of this local stack."));
        }
        if self.response_type != "code" {
            return Err(Refusal::Back("unsupported_response_type", "response_type must be code"));
        }
        if !self.scope.split(' ').any(|scope| scope == "openid") {
            return Err(Refusal::Back("invalid_scope", "scope must include openid"));
        }
        if self.code_challenge_method != "S256" || self.code_challenge.len() != 43 {
            return Err(Refusal::Back("invalid_request", "PKCE is required, with code_challenge_method S256"));
        }
        Ok(())
    }

    /// The access granted to `person`.
    pub(super) fn grant(self, person: Person) -> Grant {
        Grant { person, redirect_uri: self.redirect_uri, challenge: self.code_challenge, nonce: self.nonce }
    }

    /// The way back to the client, with `answer` and the state that it gave.
    pub(super) fn way_back(&self, answer: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.redirect_uri, query.finish())
    }
}
