//! Apps that were reassigned: requests for them are also their owner's, who did not ask.

use gatepass_domain::id::AppId;
use gatepass_domain::{App, PersonId, Versioned};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::Item;
use crate::keys;
use crate::read::{Index, Query, Span};
use crate::transaction::Transaction;

#[derive(Debug, Serialize, Deserialize)]
struct ReassignedTo {
    owner: PersonId,
}

impl Transaction {
    /// Lists `app`, which was just reassigned, among those of its owner. Another part of the transaction guards it.
    pub fn reassigned_app(self, app: &Versioned<App>) -> Self {
        let item = Item::new(keys::reassigned_app(app.id), ReassignedTo { owner: app.owner.clone() })
            .gsi1(keys::app_reassigned_to(&app.owner, app.updated_at, app.id));
        self.overwrite(Guard::App, &item)
    }
}

impl Store {
    /// The person to whom an app was reassigned last, read consistently; also of an app that has been deleted since. `None` of an
    /// app that never was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reassigned_to(&self, id: AppId) -> Result<Option<PersonId>, StoreError> {
        let item: Option<Item<ReassignedTo>> = self.get(&keys::reassigned_app(id)).await?;
        Ok(item.map(|item| item.content.owner))
    }

    /// The apps that were reassigned to `person` and to nobody since: the last `most`, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apps_reassigned_to(&self, person: &PersonId, most: i32) -> Result<Vec<AppId>, StoreError> {
        let span = Span::Prefix(keys::APPS_REASSIGNED_TO_PERSON.into());
        let query = Query::new(Index::Gsi1, keys::person(person), span).newest_first().limit(most);
        let (rows, _) = self.query_page(&query, None).await?;
        let id = |row: &crate::item::Attributes| row.get("PK")?.as_s().ok()?.strip_prefix("A#")?.parse().ok();
        Ok(rows.iter().filter_map(id).collect())
    }
}
