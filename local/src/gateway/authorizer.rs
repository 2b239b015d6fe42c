//! The JWT authorizer.
//!
//! See "Controlling and managing access to HTTP APIs with JWT authorizers in API Gateway".

use serde_json::{Map, Value};

use super::call::Call;
use crate::oidc::{Issuer, Rejected, Wanted};
use crate::template::JwtAuthorizer;

/// Why a call was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    NoToken,
    Token(Rejected),
    /// It carries none of the scopes that the authorizer asks for, as ID tokens do not.
    Scope,
}

impl Refused {
    /// The text of `WWW-Authenticate` (RFC 6750, section 3).
    pub(super) fn challenge(self) -> String {
        match self {
            Self::NoToken => "Bearer".to_owned(),
            Self::Scope => "Bearer error=\"insufficient_scope\"".to_owned(),
            Self::Token(why) => format!("Bearer scope=\"\" error=\"invalid_token\" error_description=\"{why}\""),
        }
    }
}

/// The claims of the call's token, as functions are told them.
pub(super) fn admit(authorizer: &JwtAuthorizer, issuer: &Issuer, call: &Call) -> Result<Map<String, Value>, Refused> {
    let header = call.header("authorization").ok_or(Refused::NoToken)?;
    // "The token may have the prefix `Bearer`": it need not.
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return Err(Refused::NoToken),
        None => header.as_str(),
    };
    let wanted = Wanted { issuer: &authorizer.issuer, audience: &authorizer.audience };
    let claims = issuer.tokens.verify(token, &wanted, issuer.clock.now()).map_err(Refused::Token)?;
    if !authorizer.scopes.is_empty() && !authorizer.scopes.iter().any(|scope| carries(&claims, scope)) {
        return Err(Refused::Scope);
    }
    Ok(claims.into_iter().map(|(name, value)| (name, Value::String(flattened(&value)))).collect())
}

/// Looks for `scope` where API Gateway does: in `scope`, a list with spaces between (RFC 8693, section 4.2), or in `scp`.
fn carries(claims: &Map<String, Value>, scope: &str) -> bool {
    ["scope", "scp"].into_iter().filter_map(|name| claims.get(name)).any(|claim| match claim {
        Value::String(text) => text.split(' ').any(|one| one == scope),
        Value::Array(several) => several.iter().any(|one| one.as_str() == Some(scope)),
        _ => false,
    })
}

/// A claim as the HTTP API writes it: all are texts, and a list becomes `[a b]`.
fn flattened(claim: &Value) -> String {
    match claim {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(flattened).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scopes_are_found_in_either_claim() {
        let carries = |claims: Value, scope: &str| super::carries(claims.as_object().unwrap(), scope);
        assert!(carries(json!({ "scope": "email openid" }), "openid"));
        assert!(carries(json!({ "scp": ["email", "openid"] }), "openid"));
        for claims in [json!({}), json!({ "scope": "openid2" }), json!({ "scp": [] }), json!({ "scope": null })] {
            assert!(!carries(claims.clone(), "openid"), "{claims}");
        }
    }

    #[test]
    fn claims_become_texts() {
        for (claim, text) in [
            (json!("ada"), "ada"),
            (json!(1_700_000_000), "1700000000"),
            (json!(true), "true"),
            (json!(["a", "b c"]), "[a b c]"),
            (json!([]), "[]"),
        ] {
            assert_eq!(flattened(&claim), text);
        }
    }
}
