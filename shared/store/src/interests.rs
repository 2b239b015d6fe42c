//! The facts that tell where a person has an interest of their own.

use std::collections::{BTreeSet, HashMap};

use gatepass_domain::conflict::Involvement;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::{AccessRequest, App, PersonId};

use crate::Store;
use crate::apps;
use crate::error::StoreError;
use crate::involvement::take_involvement;
use crate::item::set_aside;
use crate::keys;
use crate::read::Reads;

/// The apps of some requests, and a person's parts in the credentials that they are about.
#[derive(Debug, Default)]
pub struct Interests {
    apps: HashMap<AppId, App>,
    involvements: HashMap<CredentialId, Involvement>,
}

impl Interests {
    /// The app of `request`; `None` when it has been deleted, or cannot be read.
    pub fn app_of(&self, request: &AccessRequest) -> Option<&App> {
        self.apps.get(&request.facts().submission.app.id)
    }

    /// The person's part in the credential that `request` is about.
    pub fn involvement_in(&self, request: &AccessRequest) -> Option<Involvement> {
        self.involvements.get(&request.credential_concerned()?).copied()
    }
}

impl Store {
    /// The interests of `person` in `requests`, for a list: in as few reads as can be, which may miss the changes of the last second.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn interests(
        &self,
        requests: impl IntoIterator<Item = &AccessRequest>,
        person: &PersonId,
    ) -> Result<Interests, StoreError> {
        let (mut app_ids, mut credential_ids) = (BTreeSet::new(), BTreeSet::new());
        for request in requests {
            app_ids.insert(request.facts().submission.app.id);
            credential_ids.extend(request.credential_concerned());
        }
        let involvement = |id: &CredentialId| keys::involvement(*id, person);
        let all: Vec<_> =
            app_ids.iter().copied().map(keys::app).chain(credential_ids.iter().map(involvement)).collect();
        let mut found = self.batch_get_as(&all, Reads::Eventual).await?;
        let mut interests = Interests::default();
        for id in credential_ids {
            let part = set_aside(take_involvement(&mut found, Some(&involvement(&id)))).flatten();
            interests.involvements.extend(part.map(|part| (id, part)));
        }
        for row in found.into_values() {
            let app = set_aside(apps::parse(row)).flatten();
            interests.apps.extend(app.map(|app| (app.id, app.content)));
        }
        Ok(interests)
    }
}
