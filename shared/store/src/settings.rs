//! The settings, and the key that signs cursors.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use gatepass_domain::event::Chain;
use gatepass_domain::{Event, Settings, Versioned};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Item, encode};
use crate::keys;
use crate::stored::Stored;
use crate::stored::settings::SettingsForm;
use crate::transaction::Transaction;

pub(crate) type StoredSettings = Stored<SettingsForm>;

#[derive(Debug, Serialize, Deserialize)]
struct CursorKey {
    key: String,
}

impl Transaction {
    /// Writes the settings with the event that led there; `chain` ends with that event.
    pub fn settings(self, settings: &Versioned<Settings>, event: &Event, chain: Chain) -> Self {
        let item = Item::new(keys::settings(), StoredSettings::new(settings, chain));
        let written = match settings.version {
            1 => self.create(Guard::Settings, &item),
            version => self.replace(Guard::Settings, &item, version - 1),
        };
        written.event(event)
    }
}

impl Store {
    /// The settings with the end of their hash chain; `None` as long as nobody changed them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settings(&self) -> Result<Option<(Versioned<Settings>, Chain)>, StoreError> {
        let stored: Option<Item<StoredSettings>> = self.get(&keys::settings()).await?;
        Ok(stored.map(|item| item.content.into_entity()))
    }

    /// The settings; the built-in ones as long as nobody changed them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settings_in_force(&self) -> Result<Settings, StoreError> {
        Ok(self.settings().await?.map(|(settings, _)| settings.content).unwrap_or_default())
    }

    /// The key that signs cursors; `None` until [`Store::put_cursor_key`] has been called once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cursor_key(&self) -> Result<Option<String>, StoreError> {
        let stored = self.get::<Item<CursorKey>>(&keys::cursor_key()).await?;
        Ok(stored.map(|item| item.content.key))
    }

    /// Makes `proposed` the key that signs cursors, unless there is one: it never changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_cursor_key(&self, proposed: String) -> Result<(), StoreError> {
        let item = encode(&Item::new(keys::cursor_key(), CursorKey { key: proposed }))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(PK)").send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk("PutItem", &error)),
        }
    }
}
