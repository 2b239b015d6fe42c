//! People, as the identity provider knows them, and who did what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::product::Product;

/// A person's subject identifier (`sub`) at the identity provider: opaque, at most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "ada")]
pub struct PersonId(pub String);

impl PersonId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The group whose members are the API Owners.
pub const API_OWNERS: &str = "api-owners";

/// A signed-in person, as their access token described them at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Subject identifier at the identity provider.
    pub id: PersonId,
    /// Display name; the id when the token carries none.
    #[schema(example = "Ada")]
    pub name: String,
    /// Mail address, when the token carries one. Without it there is nobody to write to.
    #[schema(example = "ada@example.com")]
    pub email: Option<String>,
    /// Groups (teams) that the person belongs to.
    #[schema(example = json!(["builders"]))]
    pub groups: Vec<String>,
    /// Organisation that the person belongs to.
    pub organisation: Option<String>,
}

impl Person {
    /// The person as one who may decide and manage: a member of [`API_OWNERS`], to the letter.
    ///
    /// # Errors
    /// The person unchanged, when they are not.
    pub fn into_api_owner(self) -> Result<ApiOwner, Self> {
        if self.belongs_to(API_OWNERS) { Ok(ApiOwner(self)) } else { Err(self) }
    }

    /// True when the person is in `group`.
    pub fn belongs_to(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}

/// A person who may decide and manage. Holding one is the permission: there is no other way to get
/// it than [`Person::into_api_owner`], and what only owners may do asks for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiOwner(Person);

impl ApiOwner {
    /// The person.
    pub fn person(&self) -> &Person {
        &self.0
    }
}

/// A person who decides on access requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reviewer {
    /// Decides on every request.
    Administrator(ApiOwner),
    /// Decides on requests for the products whose `approver_groups` they are in.
    Approver(Person),
}

impl From<ApiOwner> for Reviewer {
    fn from(administrator: ApiOwner) -> Self {
        Self::Administrator(administrator)
    }
}

impl Reviewer {
    /// The person.
    pub fn person(&self) -> &Person {
        match self {
            Self::Administrator(administrator) => administrator.person(),
            Self::Approver(person) => person,
        }
    }

    /// True when the person may decide on requests for `product`.
    pub fn decides_on(&self, product: &Product) -> bool {
        match self {
            Self::Administrator(_) => true,
            Self::Approver(person) => product.has_approver(person),
        }
    }
}

/// The kinds of actor that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person, through the HTTP API.
    Person,
    /// The automatic-approval policy.
    Policy,
    /// Gatepass itself: provisioning, schedules.
    System,
}

/// The actor who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The person's id, or the name of the part of Gatepass that acted.
    #[schema(example = "owen")]
    pub id: String,
    /// The person's name at that time; `null` once erased, and for what is not a person.
    #[schema(example = "Owen")]
    pub name: Option<String>,
}

impl Actor {
    /// The automatic-approval policy.
    pub fn policy() -> Self {
        Self { kind: ActorKind::Policy, id: "auto-approve".into(), name: None }
    }

    /// A part of Gatepass, by the name of its function.
    pub fn system(function: &str) -> Self {
        Self { kind: ActorKind::System, id: function.into(), name: None }
    }

    /// True when this is the person `id`.
    pub fn is_person(&self, id: &PersonId) -> bool {
        self.kind == ActorKind::Person && self.id == id.0
    }
}

impl From<&Person> for Actor {
    fn from(person: &Person) -> Self {
        Self { kind: ActorKind::Person, id: person.id.0.clone(), name: Some(person.name.clone()) }
    }
}
