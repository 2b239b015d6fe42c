//! Developer apps: what credentials are issued to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::AppId;
use crate::person::{Person, PersonId};
use crate::text::{FieldError, ValidationErrors};
use crate::visible::is_ignorable;
use crate::web_address::{self, Fragment};

/// A developer's app. Credentials land in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// UUIDv7.
    pub id: AppId,
    /// The part that its owner writes.
    #[serde(flatten)]
    pub profile: Profile,
    /// The person who owns it.
    pub owner: PersonId,
    /// The owner as they were known when it came to them: for mails about it. No part of the record.
    #[serde(skip)]
    pub contact: Option<Contact>,
    /// The owner's organisation when the app was created.
    pub organisation: Option<String>,
    /// The last [`MAX_HANDOVERS`] times that it went to another owner, newest last.
    #[serde(default)]
    pub handovers: Vec<Handover>,
    /// How often it went to another owner. Clocks do not say which of two things came first; this number does.
    #[serde(default)]
    pub handover_count: u32,
}

/// A person to write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Display name.
    pub name: String,
    /// Mail address, if known.
    pub email: Option<String>,
}

impl From<&Person> for Contact {
    fn from(person: &Person) -> Self {
        Self { name: person.name.clone(), email: person.email.clone() }
    }
}

/// An app went from one owner to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The owner until then.
    pub from: PersonId,
    /// The person who reassigned it.
    pub by: PersonId,
    /// Time.
    pub at: Timestamp,
    /// Seconds for which the keys that the owner until then knows still work.
    #[serde(default)]
    pub overlap_seconds: u32,
    /// The owner until then as they were known: they are told. No part of the record.
    #[serde(skip)]
    pub contact: Option<Contact>,
}

/// The most handovers that an app remembers. Somebody who reassigns it so often that earlier ones are forgotten is
/// remembered by these.
pub const MAX_HANDOVERS: usize = 100;

/// The part of an app that its owner writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// Unique among the owner's apps, 1 to 100 characters.
    #[schema(example = "Storm warnings", min_length = 1, max_length = 100)]
    pub name: String,
    /// The purpose of the app, at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// The people who see it.
    #[serde(default)]
    pub visibility: Visibility,
    /// The owner's group that shares it; for visibility `team` alone.
    #[serde(default)]
    pub team: Option<String>,
    /// The addresses to which OAuth 2.0 may send its users back: at most 20 of at most 512 bytes, `https` or, on
    /// loopback, `http`, without a fragment.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

/// The people who see an app and its credentials beside its owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Nobody.
    #[default]
    Personal,
    /// Members of the app's team.
    Team,
    /// Members of the app's organisation.
    Organisation,
}

impl App {
    /// True when `person` sees the app, its requests and its credentials.
    pub fn is_visible_to(&self, person: &Person) -> bool {
        self.owner == person.id
            || match self.profile.visibility {
                Visibility::Personal => false,
                Visibility::Team => self.profile.team.as_deref().is_some_and(|team| person.belongs_to(team)),
                Visibility::Organisation => self.organisation.is_some() && self.organisation == person.organisation,
            }
    }
}

impl App {
    /// The same app as `owner` has it from now on, whom `contact` describes, reassigned by `by`. The keys of the owner until
    /// then work for `overlap_seconds` more.
    #[must_use]
    pub fn handed_to(
        mut self,
        owner: PersonId,
        contact: Contact,
        by: &PersonId,
        at: Timestamp,
        overlap_seconds: u32,
    ) -> Self {
        if owner == self.owner {
            return self;
        }
        let from = std::mem::replace(&mut self.owner, owner);
        let contact = self.contact.replace(contact);
        self.handover_count += 1;
        self.remember(Handover { from, by: by.clone(), at, overlap_seconds, contact });
        self
    }

    /// The handover by which it came to its owner; `None` when it was always theirs.
    pub fn last_handover(&self) -> Option<&Handover> {
        self.handovers.iter().rev().find(|handover| handover.from != self.owner)
    }

    /// The same app in `organisation`, moved by `by`: whoever that is has seen to who sees it, as with another owner.
    #[must_use]
    pub fn in_organisation(mut self, organisation: String, by: &PersonId, at: Timestamp) -> Self {
        if self.organisation.as_ref() != Some(&organisation) {
            self.organisation = Some(organisation);
            let from = self.owner.clone();
            self.remember(Handover { from, by: by.clone(), at, overlap_seconds: 0, contact: None });
        }
        self
    }

    fn remember(&mut self, handover: Handover) {
        self.handovers.push(handover);
        let surplus = self.handovers.len().saturating_sub(MAX_HANDOVERS);
        self.handovers.drain(..surplus);
    }

    /// True when the app was `person`'s and is somebody else's now.
    pub fn was_owned_by(&self, person: &PersonId) -> bool {
        self.owner != *person && self.handovers.iter().any(|handover| handover.from == *person)
    }
}

impl Profile {
    /// Checks what a type cannot say; `owner` is the person that the app belongs to.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self, owner: &Person) -> Result<(), Vec<FieldError>> {
        let mut errors = ValidationErrors::default();
        errors.extend(self.check_content().err().unwrap_or_default());
        errors.extend(self.check_sharing(owner).err().unwrap_or_default());
        errors.into_result()
    }

    /// Checks with whom the app is shared. People may share it with a group that they are in now; it stays shared when
    /// they leave the group.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check_sharing(&self, owner: &Person) -> Result<(), Vec<FieldError>> {
        let mut errors = ValidationErrors::default();
        match (self.visibility, &self.team) {
            (Visibility::Team, Some(team)) => {
                errors.require(owner.belongs_to(team), "/team", "must be one of your own groups");
            }
            (Visibility::Team, None) => {
                errors.require(false, "/team", "must name the group that shares the app");
            }
            (Visibility::Personal | Visibility::Organisation, team) => {
                errors.require(team.is_none(), "/team", "goes with the visibility `team` alone");
            }
        }
        errors.require(
            self.visibility != Visibility::Organisation || owner.organisation.is_some(),
            "/visibility",
            "`organisation` needs an organisation: your account has none",
        );
        errors.into_result()
    }

    /// Checks everything but with whom the app is shared.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check_content(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = ValidationErrors::default();
        errors.name(&self.name, "/name", 100);
        // A single character can stand for a whole sentence.
        let written_out = self.comparable_name().len();
        errors.require(written_out <= 800, "/name", "must have fewer characters: these stand for too many others");
        errors.text(&self.description, "/description", 2000);
        errors.require(self.redirect_uris.len() <= 20, "/redirect_uris", "must hold at most 20 addresses");
        for (index, uri) in self.redirect_uris.iter().enumerate() {
            if let Err(detail) = web_address::check(uri, Fragment::Forbidden) {
                errors.require(false, &format!("/redirect_uris/{index}"), &detail);
            }
        }
        errors.into_result()
    }

    /// The form in which names are compared: trimmed, inner white space folded to one space,
    /// Unicode-normalised (NFKC), case-folded and without characters that cannot be seen, so that look-alikes collide.
    pub fn comparable_name(&self) -> String {
        comparable_name(&self.name)
    }
}

/// The form in which names are compared; see [`Profile::comparable_name`].
pub fn comparable_name(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let folded = caseless::default_case_fold_str(&name.nfkc().collect::<String>());
    let normalised = folded.nfkc().filter(|character| !is_ignorable(*character)).collect::<String>();
    normalised.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alike_names_collide() {
        for (one, other) in [
            ("Café", "Cafe\u{301}"),
            ("ＡＢＣ", "abc"),
            ("My  App", " my app "),
            ("Straße", "STRASSE"),
            ("ΝΟΜΟΣ", "νομος"),
            ("ſtorm", "Storm"),
            ("ﬁsh", "FISH"),
            ("My\u{a0}App", "my app"),
            ("I \u{2764}\u{fe0f} tides", "i \u{2764} tides"),
        ] {
            assert_eq!(comparable_name(one), comparable_name(other), "{one} and {other}");
        }
        assert_ne!(comparable_name("one"), comparable_name("two"));
    }
}
