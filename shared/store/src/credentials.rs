//! Credentials, and the keys that the authorizer looks up.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::credential::{CredentialStatus, KeyRecord};
use gatepass_domain::event::Chain;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::key::KeyDigest;
use gatepass_domain::{AccessRequest, Credential, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode, set_aside};
use crate::keys;
use crate::read::{Index, Query, Span};
use crate::stored::Stored;
use crate::stored::credential::{CredentialForm, KeyForm};
use crate::transaction::Transaction;
use crate::work;

/// A credential with what is not shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// The credential.
    pub credential: Versioned<Credential>,
    /// The digests of its keys, newest first: where their records stand.
    pub digests: Vec<KeyDigest>,
    /// The end of its hash chain.
    pub chain: Chain,
}

/// The item of a credential.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CredentialItem {
    #[serde(flatten)]
    credential: Stored<CredentialForm>,
    digests: Vec<KeyDigest>,
}

impl From<CredentialItem> for StoredCredential {
    fn from(item: CredentialItem) -> Self {
        let (credential, chain) = item.credential.into_entity();
        Self { credential, digests: item.digests, chain }
    }
}

fn item(stored: &StoredCredential) -> Item<CredentialItem> {
    let StoredCredential { credential, digests, chain } = stored;
    let content = CredentialItem { credential: Stored::new(credential, chain.clone()), digests: digests.clone() };
    Item::new(keys::credential(credential.app_id, credential.id), content)
        .gsi1(keys::credential_by_id(credential.id))
        .work(work::of_credential(credential))
}

pub(crate) fn parse(attributes: Attributes) -> Result<StoredCredential, StoreError> {
    decode::<Item<CredentialItem>>(attributes).map(|item| item.content.into())
}

fn key_item(record: &KeyRecord) -> Item<KeyForm> {
    Item::new(keys::api_key(&record.digest), KeyForm::from(record))
}

impl Transaction {
    /// Writes a credential; it must still be in the version that this one came from.
    pub fn credential(self, stored: &StoredCredential) -> Self {
        let item = item(stored);
        match stored.credential.version {
            1 => self.create(Guard::Credential, &item),
            version => self.replace(Guard::Credential, &item, version - 1),
        }
    }

    /// Writes a credential in its new state, and with it each of its keys with its end: what the authorizer reads changes
    /// in the same moment.
    pub fn credential_with_keys(self, stored: &StoredCredential, keys: Vec<KeyRecord>) -> Self {
        keys.into_iter().fold(self.credential(stored), |transaction, mut record| {
            record.follow(&stored.credential);
            let position = stored.digests.iter().position(|digest| *digest == record.digest);
            if let Some(key) = position.and_then(|position| stored.credential.keys.get(position)) {
                record.not_after = key.not_after;
            }
            transaction.api_key(&record)
        })
    }

    /// Requires that a credential is still in this version.
    pub fn require_unchanged_credential(self, credential: &Versioned<Credential>) -> Self {
        let version = AttributeValue::N(credential.version.to_string());
        let key = keys::credential(credential.app_id, credential.id);
        self.require_value(Guard::Credential, &key, "version = :expected", version)
    }

    /// Requires that a credential was written down with this status. Its time is not looked at.
    pub fn require_credential_status(self, app_id: AppId, id: CredentialId, status: CredentialStatus) -> Self {
        self.require_text(Guard::Credential, &keys::credential(app_id, id), "status", status.as_str())
    }

    /// Requires that a credential has not been revoked.
    pub fn require_standing_credential(self, app_id: AppId, id: CredentialId) -> Self {
        let revoked = CredentialStatus::Revoked.as_str();
        self.require_other_text(Guard::Credential, &keys::credential(app_id, id), "status", revoked)
    }

    /// Writes a key that must be new.
    pub fn new_api_key(self, record: &KeyRecord) -> Self {
        self.create(Guard::ApiKey, &key_item(record))
    }

    /// Deletes the record of a key that no longer works.
    pub fn without_api_key(self, digest: &KeyDigest) -> Self {
        self.delete_if(Guard::ApiKey, &keys::api_key(digest), "attribute_exists(PK)", None)
    }

    /// Writes a key's record over the one that is there.
    pub fn api_key(self, record: &KeyRecord) -> Self {
        self.put(Guard::ApiKey, &key_item(record), "attribute_exists(PK)", None)
    }
}

impl Store {
    /// Adds a credential in its new state to a transaction, and with it each of its keys: what the authorizer
    /// reads changes in the same moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn with_credential(
        &self,
        transaction: Transaction,
        stored: &StoredCredential,
    ) -> Result<Transaction, StoreError> {
        Ok(transaction.credential_with_keys(stored, self.keys_of(stored).await?))
    }

    /// The records of a credential's keys, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys_of(&self, stored: &StoredCredential) -> Result<Vec<KeyRecord>, StoreError> {
        let keys: Vec<_> = stored.digests.iter().map(keys::api_key).collect();
        let rows = self.batch_get(&keys).await?.into_values();
        rows.map(|row| decode::<Item<KeyForm>>(row).map(|item| item.content.into())).collect()
    }

    /// A credential by its id alone, read consistently once the index knows it.
    ///
    /// # Errors
    /// [`StoreError`]; a credential that does not exist is `None`.
    pub async fn credential_by_id(&self, id: CredentialId) -> Result<Option<StoredCredential>, StoreError> {
        let found = self.query_all(Query::new(Index::Gsi1, keys::credential_by_id(id).pk, Span::All)).await?;
        let Some(row) = found.into_iter().next() else { return Ok(None) };
        self.credential(parse(row)?.credential.app_id, id).await
    }

    /// A credential of an app, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; a credential that does not exist is `None`.
    pub async fn credential(&self, app_id: AppId, id: CredentialId) -> Result<Option<StoredCredential>, StoreError> {
        let stored: Option<Item<CredentialItem>> = self.get(&keys::credential(app_id, id)).await?;
        Ok(stored.map(|item| item.content.into()))
    }

    /// Those of `requests` whose access has not ended at `now`, by one batch of consistent reads. That an access has
    /// expired is written down a little later.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn not_ended_at(
        &self,
        now: Timestamp,
        requests: Vec<AccessRequest>,
    ) -> Result<Vec<AccessRequest>, StoreError> {
        let credential_of = |request: &AccessRequest| match request {
            AccessRequest::Provisioned(provisioned) => {
                let approved = provisioned.approved();
                Some(keys::credential(approved.facts().submission.app.id, approved.credential_id()))
            }
            _ => None,
        };
        let wanted: HashSet<_> = requests.iter().filter_map(credential_of).collect();
        let read = self.batch_get(&wanted.into_iter().collect::<Vec<_>>()).await?.into_iter();
        let credentials: HashMap<_, _> = read
            .filter_map(|(key, row)| set_aside(parse(row)).map(|stored| (key, stored.credential.content)))
            .collect();
        let stands = |request: &AccessRequest| {
            let credential = credential_of(request).and_then(|key| credentials.get(&key));
            credential.is_none_or(|credential| credential.is_open_by(request.facts().id, now))
        };
        Ok(requests.into_iter().filter(stands).collect())
    }

    /// The credentials of an app, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn credentials(&self, app_id: AppId) -> Result<Vec<StoredCredential>, StoreError> {
        self.each_credential(app_id).await?.into_iter().collect()
    }

    /// The credentials of an app, newest first, and the errors of those that cannot be read; by consistent reads.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn each_credential(
        &self,
        app_id: AppId,
    ) -> Result<Vec<Result<StoredCredential, StoreError>>, StoreError> {
        let span = Span::Prefix(keys::CREDENTIALS.into());
        let rows = self.query_all(Query::new(Index::Table, keys::app(app_id).pk, span).newest_first()).await?;
        Ok(rows.into_iter().map(parse).collect())
    }

    /// The record of a key: one consistent read, so that what was taken back is closed at once.
    ///
    /// # Errors
    /// [`StoreError`]; a key that was never issued is `None`.
    pub async fn api_key(&self, digest: &KeyDigest) -> Result<Option<KeyRecord>, StoreError> {
        let stored: Option<Item<KeyForm>> = self.get(&keys::api_key(digest)).await?;
        Ok(stored.map(|item| item.content.into()))
    }
}
