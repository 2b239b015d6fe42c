//! The demo people.

use gatepass_domain::{ApiOwner, Person, PersonId};

/// A person in `groups`, with an address at example.com.
pub fn person(id: &str, groups: &[&str]) -> Person {
    let mut name = id.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Person {
        id: PersonId(id.into()),
        name,
        email: Some(format!("{id}@example.com")),
        groups: groups.iter().map(ToString::to_string).collect(),
        organisation: None,
    }
}

/// A developer in the group `builders`.
pub fn ada() -> Person {
    person("ada", &["builders"])
}

/// A developer of a partner.
pub fn grace() -> Person {
    person("grace", &["partners"])
}

/// An API Owner.
pub fn owen() -> ApiOwner {
    owner("owen")
}

/// Another API Owner.
pub fn olga() -> ApiOwner {
    owner("olga")
}

/// The API Owner `id`.
pub fn owner(id: &str) -> ApiOwner {
    person(id, &["api-owners"]).into_api_owner().expect("members of api-owners are API Owners")
}
