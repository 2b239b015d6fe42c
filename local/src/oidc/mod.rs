//! A local OpenID Connect issuer, in place of Amazon Cognito: discovery, keys, authorization code with
//! PKCE, refresh tokens, user info, logout.
//!
//! Its tokens look like Cognito's, with what the `pre-token` trigger adds to them. Its sign-in page asks for
//! no password: this is for localhost.
//!
//! Sources: OpenID Connect Core and Discovery 1.0, RFC 6749 (OAuth 2.0), RFC 7636 (PKCE), RFC 9700 (best practice).

mod authorize;
mod grants;
mod keys;
mod page;
mod routes;
mod token;

use crate::clock::StackClock;

pub(crate) use keys::SigningKey;
pub(crate) use routes::router;
pub(crate) use token::{LIFETIME, Rejected, Tokens, Wanted};

use grants::Grants;

/// The path of the issuer, below the front's address.
pub(crate) const PATH: &str = "/_local/oidc";
/// The one client: the portal.
pub(crate) const CLIENT_ID: &str = "gatepass-portal";

/// The issuer.
pub(crate) struct Issuer {
    pub(crate) tokens: Tokens,
    pub(crate) clock: StackClock,
    grants: Grants,
    /// The port of the front: addresses to return to must be on it.
    port: u16,
}

impl Issuer {
    /// An issuer at the front on `port`.
    pub(crate) fn new(key: SigningKey, clock: StackClock, port: u16) -> Self {
        let tokens = Tokens { key, issuer: issuer_url(port) };
        Self { tokens, clock, grants: Grants::default(), port }
    }

    /// True when people may be sent back to `uri`: to a page of this stack, and nowhere else.
    fn may_return_to(&self, uri: &str) -> bool {
        let own = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("http://{host}:{}", self.port));
        let rest = own.iter().find_map(|origin| uri.strip_prefix(origin.as_str()));
        let plain = |c: char| c.is_ascii_graphic() && c != '#';
        rest.is_some_and(|rest| (rest.is_empty() || rest.starts_with('/')) && rest.chars().all(plain))
    }
}

/// The issuer's identifier, by which tokens name it.
pub(crate) fn issuer_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}{PATH}")
}
