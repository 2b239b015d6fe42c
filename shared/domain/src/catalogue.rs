//! Catalogues: which products and plans are shown to whom.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CatalogueId, PlanId, ProductId};
use crate::person::Person;
use crate::text::{FieldError, ValidationErrors};

/// Products and plans shown to an audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Catalogue {
    /// Client-chosen slug.
    pub id: CatalogueId,
    /// Display name, 1 to 100 characters.
    #[schema(example = "Public APIs", min_length = 1, max_length = 100)]
    pub name: String,
    /// Description, at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// The people who see it.
    pub audience: Audience,
    /// Products it shows, at most 200.
    #[serde(default)]
    pub product_ids: Vec<ProductId>,
    /// Plans under which each of its products can be had, at most 200.
    #[serde(default)]
    pub plan_ids: Vec<PlanId>,
    /// The plan of `plan_ids` that is marked as recommended, if there is one.
    #[serde(default)]
    pub recommended_plan_id: Option<PlanId>,
}

/// The people to whom a catalogue is presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Audience {
    /// The kind of audience.
    pub kind: AudienceKind,
    /// The groups that see it; used by `groups` alone.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// The kinds of audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AudienceKind {
    /// Anyone, signed in or not.
    Public,
    /// Everyone who is signed in.
    Everyone,
    /// Members of any of the named groups.
    Groups,
}

impl Audience {
    /// True when the catalogue is presented to `viewer`; `None` is somebody who is not signed in.
    pub fn includes(&self, viewer: Option<&Person>) -> bool {
        match (self.kind, viewer) {
            (AudienceKind::Public, _) | (AudienceKind::Everyone, Some(_)) => true,
            (AudienceKind::Groups, Some(person)) => self.groups.iter().any(|group| person.belongs_to(group)),
            (AudienceKind::Everyone | AudienceKind::Groups, None) => false,
        }
    }
}

impl Catalogue {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = ValidationErrors::default();
        errors.name(&self.name, "/name", 100);
        errors.text(&self.description, "/description", 2000);
        let names_groups = !self.audience.groups.is_empty();
        let wants_groups = self.audience.kind == AudienceKind::Groups;
        errors.require(
            names_groups == wants_groups,
            "/audience/groups",
            "must name at least one group for an audience of kind `groups`, and none for another kind",
        );
        errors.names(&self.audience.groups, "/audience/groups", 255);
        errors.require(self.product_ids.len() <= 200, "/product_ids", "must hold at most 200 products");
        errors.require(self.plan_ids.len() <= 200, "/plan_ids", "must hold at most 200 plans");
        errors.distinct(&self.product_ids, "/product_ids", "must not repeat a product");
        errors.distinct(&self.plan_ids, "/plan_ids", "must not repeat a plan");
        let recommends_its_own = self.recommended_plan_id.as_ref().is_none_or(|id| self.plan_ids.contains(id));
        errors.require(recommends_its_own, "/recommended_plan_id", "must be one of `plan_ids`");
        errors.into_result()
    }
}
