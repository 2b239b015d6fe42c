//! Ids: UUIDv7 newtypes for what people and the system create, slugs for what owners name.

use std::fmt;
use std::str::FromStr;

use newtype_uuid::{TypedUuid, TypedUuidKind, TypedUuidTag};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! uuid_kinds {
    ($($(#[$doc:meta])* $kind:ident => $alias:ident, $tag:literal;)*) => {$(
        #[doc = concat!("Marks the UUIDs of [`", stringify!($alias), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {}

        impl TypedUuidKind for $kind {
            fn tag() -> TypedUuidTag {
                const TAG: TypedUuidTag = TypedUuidTag::new($tag);
                TAG
            }
        }

        $(#[$doc])*
        pub type $alias = TypedUuid<$kind>;
    )*};
}

uuid_kinds! {
    /// Names an access request.
    RequestKind => RequestId, "request";
    /// Names a developer app.
    AppKind => AppId, "app";
    /// Names a credential. Stable through rotation: the keys change, the credential stays.
    CredentialKind => CredentialId, "credential";
    /// Names an event, on record and on the bus.
    EventKind => EventId, "event";
}

/// Why a slug was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a slug: 1 to 64 lower-case letters, digits and inner hyphens, for example `weather-api`")]
pub struct NotASlug(String);

fn check_slug(text: &str) -> Result<(), NotASlug> {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let bytes = text.as_bytes();
    let well_formed = (1..=64).contains(&bytes.len())
        && bytes.iter().copied().all(inner)
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-');
    if well_formed { Ok(()) } else { Err(NotASlug(text.chars().take(80).collect())) }
}

macro_rules! slugs {
    ($($(#[$doc:meta])* $name:ident, $example:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// A slug: 1 to 64 lower-case letters, digits and inner hyphens.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, example = $example, pattern = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
        pub struct $name(String);

        impl $name {
            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotASlug;
            fn from_str(text: &str) -> Result<Self, NotASlug> {
                check_slug(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotASlug;
            fn try_from(text: String) -> Result<Self, NotASlug> {
                check_slug(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(slug: $name) -> String {
                slug.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

slugs! {
    /// Names a catalogue.
    CatalogueId, "public-apis";
    /// Names an API product.
    ProductId, "weather-api";
    /// Names a subscription plan.
    PlanId, "gold";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_lower_case_with_inner_hyphens() {
        for good in ["a", "weather-api", "v2", &"a".repeat(64)] {
            assert!(good.parse::<ProductId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "Weather", "a b", "a#b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<ProductId>().is_err(), "{bad}");
        }
    }
}
