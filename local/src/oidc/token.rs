//! Tokens: made as Cognito makes them, verified as API Gateway verifies them.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde_json::{Map, Value, json};

use super::{CLIENT_ID, SigningKey};
use crate::fresh::fresh_id;
use crate::people::Person;

/// Makes and verifies tokens.
pub(crate) struct Tokens {
    pub(super) key: SigningKey,
    pub(super) issuer: String,
}

/// How long a token lives unless somebody asks otherwise: an hour.
pub(crate) const LIFETIME: i64 = 3600;

/// Which tokens somebody takes.
pub(crate) struct Wanted<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a [String],
}

/// Why a token is not taken: words that are fit for `error_description` (RFC 6750, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejected {
    #[error("the token is malformed or not signed by the issuer")]
    Forged,
    #[error("the token has a different issuer")]
    Issuer,
    #[error("the token has a different audience")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
}

impl Tokens {
    /// An access token for `person`, which lives `lifetime` seconds from `now`.
    pub(crate) fn access(&self, person: &Person, now: Timestamp, lifetime: i64) -> Option<String> {
        let mut claims = self.claims(person, now, lifetime);
        claims.insert("client_id".into(), json!(CLIENT_ID));
        claims.insert("token_use".into(), json!("access"));
        claims.insert("scope".into(), json!("openid"));
        self.sign(&claims)
    }

    /// An ID token for `person` (OpenID Connect Core, section 2), which lives `lifetime` seconds from `now`.
    pub(crate) fn id(&self, person: &Person, now: Timestamp, lifetime: i64, nonce: Option<&str>) -> Option<String> {
        let mut claims = self.claims(person, now, lifetime);
        claims.insert("aud".into(), json!(CLIENT_ID));
        claims.insert("token_use".into(), json!("id"));
        claims.insert("auth_time".into(), json!(now.as_second()));
        if let Some(nonce) = nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        self.sign(&claims)
    }

    fn claims(&self, person: &Person, now: Timestamp, lifetime: i64) -> Map<String, Value> {
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!(self.issuer)),
            ("sub".to_owned(), json!(person.user)),
            ("iat".to_owned(), json!(now.as_second())),
            ("exp".to_owned(), json!(now.as_second().saturating_add(lifetime))),
            ("jti".to_owned(), json!(fresh_id())),
            ("name".to_owned(), json!(person.name)),
            ("email".to_owned(), json!(person.email)),
            ("email_verified".to_owned(), json!(person.email_is_verified)),
        ]);
        if !person.groups.is_empty() {
            claims.insert("cognito:groups".into(), json!(person.groups));
        }
        if let Some(organisation) = &person.organisation {
            claims.insert("organisation".into(), json!(organisation));
        }
        claims
    }

    /// `None` when aws-lc cannot sign, which with a key that was read it can.
    fn sign(&self, claims: &Map<String, Value>) -> Option<String> {
        let header = Header { kid: Some(self.key.id.clone()), ..Header::new(Algorithm::RS256) };
        encode(&header, claims, &self.key.private).ok()
    }

    /// The claims of `token`, if API Gateway's JWT authorizer would let it through at `now` ("Controlling
    /// and managing access to HTTP APIs with JWT authorizers", API Gateway developer guide).
    pub(crate) fn verify(
        &self,
        token: &str,
        wanted: &Wanted<'_>,
        now: Timestamp,
    ) -> Result<Map<String, Value>, Rejected> {
        let header = decode_header(token).map_err(|_| Rejected::Forged)?;
        if header.kid.as_ref() != Some(&self.key.id) {
            return Err(Rejected::Forged);
        }
        // Time and audience are looked at below: by another clock, and by API Gateway's rules.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = decode::<Map<String, Value>>(token, &self.key.public, &validation);
        let claims = decoded.map_err(|_| Rejected::Forged)?.claims;
        check(&claims, wanted, now)?;
        Ok(claims)
    }
}

fn check(claims: &Map<String, Value>, wanted: &Wanted<'_>, now: Timestamp) -> Result<(), Rejected> {
    if claims.get("iss").and_then(Value::as_str) != Some(wanted.issuer) {
        return Err(Rejected::Issuer);
    }
    // `client_id` counts only where there is no `aud`.
    let named = claims.get("aud").or_else(|| claims.get("client_id"));
    let is_wanted = |name: &Value| name.as_str().is_some_and(|name| wanted.audience.iter().any(|one| one == name));
    let for_us = match named {
        Some(Value::Array(several)) => several.iter().any(is_wanted),
        Some(one) => is_wanted(one),
        None => false,
    };
    if !for_us {
        return Err(Rejected::Audience);
    }
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    if seconds("exp").is_none_or(|until| until <= now.as_second()) {
        return Err(Rejected::Expired);
    }
    if ["nbf", "iat"].into_iter().filter_map(seconds).any(|from| from > now.as_second()) {
        return Err(Rejected::Early);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const ISSUER: &str = "http://127.0.0.1:1/_local/oidc";

    fn tokens() -> Tokens {
        Tokens { key: SigningKey::open(None).unwrap(), issuer: ISSUER.into() }
    }

    fn wanted(audience: &[String]) -> Wanted<'_> {
        Wanted { issuer: ISSUER, audience }
    }

    #[test]
    fn an_access_token_looks_like_cognitos() {
        let tokens = tokens();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let token = tokens.access(&Person::called("ada"), now, LIFETIME).unwrap();
        let mut claims = tokens.verify(&token, &wanted(&[CLIENT_ID.into()]), now).unwrap();
        assert!(claims.remove("jti").is_some());
        assert_eq!(
            Value::Object(claims),
            json!({
                "iss": ISSUER, "sub": "ada", "client_id": CLIENT_ID, "token_use": "access", "scope": "openid",
                "iat": 1_700_000_000, "exp": 1_700_003_600, "name": "Ada", "email": "ada@example.com",
                "email_verified": true,
                "cognito:groups": ["builders"],
            })
        );
    }

    #[test]
    fn a_token_is_taken_in_its_time_by_whom_it_is_for() {
        let tokens = tokens();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let token = tokens.access(&Person::called("ada"), now, 60).unwrap();
        let ours = [CLIENT_ID.to_owned()];
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        assert!(tokens.verify(&token, &wanted(&ours), later(59)).is_ok());
        assert_eq!(tokens.verify(&token, &wanted(&ours), later(60)), Err(Rejected::Expired));
        assert_eq!(tokens.verify(&token, &wanted(&ours), later(-1)), Err(Rejected::Early));
        assert_eq!(tokens.verify(&token, &wanted(&["other".into()]), now), Err(Rejected::Audience));
        let elsewhere = Wanted { issuer: "https://example.com", audience: &ours };
        assert_eq!(tokens.verify(&token, &elsewhere, now), Err(Rejected::Issuer));
    }

    #[test]
    fn what_somebody_else_signed_is_not_taken() {
        let (ours, theirs) = (tokens(), tokens());
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let audience = [CLIENT_ID.to_owned()];
        let token = theirs.access(&Person::called("ada"), now, 60).unwrap();
        assert_eq!(ours.verify(&token, &wanted(&audience), now), Err(Rejected::Forged));
        let token = ours.access(&Person::called("ada"), now, 60).unwrap();
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        let (_, payload) = token.split_once('.').unwrap();
        // {"alg":"none"}
        let none = format!("eyJhbGciOiJub25lIn0.{}.", payload.split_once('.').unwrap().0);
        for forged in ["", "a.b.c", &unsigned, &none, &token[1..]] {
            assert_eq!(ours.verify(forged, &wanted(&audience), now), Err(Rejected::Forged), "{forged}");
        }
    }
}
