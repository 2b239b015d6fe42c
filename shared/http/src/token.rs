//! Claims of the bearer token.
//!
//! API Gateway has verified the token, but hands its claims over flattened to strings, so that a list of groups becomes
//! ambiguous. Therefore the payload of the same token is decoded here: its subject, its time and its id must be those
//! that API Gateway verified.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepass_domain::mail_address::is_mail_address;
use gatepass_domain::visible::cleaned;
use gatepass_domain::{Person, PersonId};
use serde_json::{Map, Value};

/// The longest display name, in characters; the rest is cut off.
const LONGEST_NAME: usize = 100;

/// How claims of the installation's issuer are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// The name of the claim that lists groups; `cognito:groups` at Amazon Cognito.
    pub groups_claim: String,
    /// The mail addresses that count.
    pub mail_addresses: MailAddresses,
}

/// The mail addresses of tokens that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailAddresses {
    /// Those with `email_verified`.
    Verified,
    /// All: the issuer lets nobody enter an address without verifying it.
    All,
}

/// The person that `token` was issued to. `verified` holds the claims that API Gateway vouches for.
///
/// `None` for a token that is malformed, is not the one that was verified, or is no access token.
pub(crate) fn person(token: &str, verified: &HashMap<String, String>, rules: &TokenRules) -> Option<Person> {
    // Nothing may follow the signature: of two tokens in one header, API Gateway may have verified the other.
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { return None };
    if !signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return None;
    }
    let (header, claims) = (decoded(header)?, decoded(claims)?);
    if !is_access_token(&header, &claims) || !is_the_verified_one(&claims, verified) {
        return None;
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = text("sub")?;
    let name = [text("name"), Some(id)].into_iter().flatten();
    let name = name.map(|name| cleaned(name, LONGEST_NAME)).find(|name| !name.is_empty());
    let counts = rules.mail_addresses == MailAddresses::All || is_true(claims.get("email_verified"));
    let groups = claims.get(&rules.groups_claim).and_then(Value::as_array).into_iter().flatten();
    Some(Person {
        id: PersonId(id.to_owned()),
        name: name.unwrap_or_else(|| "(no name)".to_owned()),
        email: text("email").filter(|email| counts && is_mail_address(email)).map(str::to_owned),
        groups: groups.filter_map(|group| group.as_str().map(str::to_owned)).collect(),
        organisation: text("organisation").map(str::to_owned),
    })
}

/// ID tokens say who signed in, to the portal alone; whoever gets hold of one must not call the API with it. Cognito
/// marks tokens by `token_use`, Keycloak by the claim `typ`, and RFC 9068 by the header `typ`.
fn is_access_token(header: &Map<String, Value>, claims: &Map<String, Value>) -> bool {
    let is_one_of = |value: Option<&Value>, allowed: &[&str]| match value {
        None => true,
        Some(value) => value.as_str().is_some_and(|value| allowed.iter().any(|one| one.eq_ignore_ascii_case(value))),
    };
    is_one_of(claims.get("token_use"), &["access"])
        && is_one_of(claims.get("typ"), &["Bearer", "JWT", "at+jwt"])
        && is_one_of(header.get("typ"), &["JWT", "at+jwt", "application/at+jwt"])
        // A hash of an access token, which ID tokens alone carry (OpenID Connect Core, section 3.1.3.6).
        && !claims.contains_key("at_hash")
}

/// The claims that set this token apart from every other are those that API Gateway verified.
fn is_the_verified_one(claims: &Map<String, Value>, verified: &HashMap<String, String>) -> bool {
    ["sub", "iat", "jti"].into_iter().all(|name| match (claims.get(name), verified.get(name)) {
        (Some(Value::String(own)), Some(verified)) => own == verified,
        // API Gateway may write a number in another notation.
        (Some(Value::Number(own)), Some(verified)) => own.as_f64().zip(verified.parse().ok()).is_some_and(is_same),
        (None, None) => true,
        _ => false,
    })
}

fn is_same((one, other): (f64, f64)) -> bool {
    one.total_cmp(&other).is_eq()
}

/// Cognito writes attributes as texts.
fn is_true(claim: Option<&Value>) -> bool {
    matches!(claim, Some(Value::Bool(true))) || claim.and_then(Value::as_str) == Some("true")
}

fn decoded(segment: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(mail_addresses: MailAddresses) -> TokenRules {
        TokenRules { groups_claim: "groups".into(), mail_addresses }
    }

    fn token(header: &Value, claims: &Value) -> String {
        let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", segment(header), segment(claims))
    }

    fn verified(claims: &[(&str, &str)]) -> HashMap<String, String> {
        claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The person that `claims` make, when API Gateway verified the subject `ada`.
    fn of(header: &Value, claims: Value) -> Option<Person> {
        let mut all = json!({ "sub": "ada" });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        person(&token(header, &all), &verified(&[("sub", "ada")]), &rules(MailAddresses::Verified))
    }

    #[test]
    fn id_tokens_open_nothing() {
        let jwt = json!({ "alg": "RS256", "typ": "JWT" });
        for access in [json!({}), json!({ "token_use": "access" }), json!({ "typ": "Bearer" })] {
            assert!(of(&jwt, access.clone()).is_some(), "{access}");
        }
        for other in [
            json!({ "token_use": "id" }),
            json!({ "token_use": null }),
            json!({ "typ": "ID" }),
            json!({ "typ": "Refresh" }),
            json!({ "at_hash": "x" }),
        ] {
            assert_eq!(of(&jwt, other.clone()), None, "{other}");
        }
        assert!(of(&json!({ "typ": "at+jwt" }), json!({})).is_some());
        assert_eq!(of(&json!({ "typ": "logout+jwt" }), json!({})), None);
    }

    #[test]
    fn the_token_is_the_one_that_was_verified() {
        let token = token(&json!({}), &json!({ "sub": "ada", "iat": 1_700_000_000, "jti": "x" }));
        let reads = |claims: &[(&str, &str)]| person(&token, &verified(claims), &rules(MailAddresses::All)).is_some();
        assert!(reads(&[("sub", "ada"), ("iat", "1700000000"), ("jti", "x")]));
        assert!(reads(&[("sub", "ada"), ("iat", "1.7E9"), ("jti", "x")]));
        for other in [
            &[("sub", "eve"), ("iat", "1700000000"), ("jti", "x")][..],
            &[("sub", "ada"), ("iat", "1700000001"), ("jti", "x")],
            &[("sub", "ada"), ("iat", "1700000000"), ("jti", "y")],
            &[("sub", "ada"), ("iat", "1700000000")],
            &[("sub", "ada"), ("jti", "x")],
            &[],
        ] {
            assert!(!reads(other), "{other:?}");
        }
    }

    #[test]
    fn mail_addresses_count_when_the_issuer_verified_them() {
        let mail = |claims: Value, counting| {
            let mut all = json!({ "sub": "ada" });
            all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
            person(&token(&json!({}), &all), &verified(&[("sub", "ada")]), &rules(counting)).unwrap().email
        };
        let address = "ada@example.com";
        for is_verified in [json!(true), json!("true")] {
            let claims = json!({ "email": address, "email_verified": is_verified });
            assert_eq!(mail(claims, MailAddresses::Verified).as_deref(), Some(address));
        }
        for claims in [json!({ "email": address }), json!({ "email": address, "email_verified": false })] {
            assert_eq!(mail(claims.clone(), MailAddresses::Verified), None);
            assert_eq!(mail(claims, MailAddresses::All).as_deref(), Some(address));
        }
        let two = json!({ "email": "victim@example.com,second@example.com", "email_verified": true });
        assert_eq!(mail(two, MailAddresses::All), None, "one address, not a list");
    }

    #[test]
    fn names_are_cleaned_for_display() {
        let name = |claims: Value| of(&json!({}), claims).unwrap().name;
        assert_eq!(name(json!({ "name": "Ada\u{202e}nayirB\r\nBcc: eve" })), "AdanayirB Bcc: eve");
        assert_eq!(name(json!({ "name": "\u{2800}" })), "ada", "the id, when nothing of the name can be seen");
        assert_eq!(name(json!({ "name": "x".repeat(200) })).len(), 100);
    }
}
