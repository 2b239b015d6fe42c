//! An item of the table: its keys, and what it holds.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::keys::{IndexKey, Key};

/// The attributes of an item, as the SDK has them.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// An item of the table: its keys, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item<T> {
    #[serde(rename = "PK")]
    pub(crate) pk: String,
    #[serde(rename = "SK")]
    pub(crate) sk: String,
    #[serde(rename = "GSI1PK", default, skip_serializing_if = "Option::is_none")]
    gsi1_pk: Option<String>,
    #[serde(rename = "GSI1SK", default, skip_serializing_if = "Option::is_none")]
    gsi1_sk: Option<String>,
    #[serde(rename = "GSI2PK", default, skip_serializing_if = "Option::is_none")]
    gsi2_pk: Option<String>,
    #[serde(rename = "GSI2SK", default, skip_serializing_if = "Option::is_none")]
    gsi2_sk: Option<String>,
    #[serde(rename = "WORKPK", default, skip_serializing_if = "Option::is_none")]
    work_pk: Option<String>,
    #[serde(rename = "WORKSK", default, skip_serializing_if = "Option::is_none")]
    work_sk: Option<String>,
    /// When DynamoDB may delete it, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
    /// The content of the item.
    #[serde(flatten)]
    pub content: T,
}

impl<T> Item<T> {
    pub(crate) fn new(key: Key, content: T) -> Self {
        Self {
            pk: key.pk,
            sk: key.sk,
            gsi1_pk: None,
            gsi1_sk: None,
            gsi2_pk: None,
            gsi2_sk: None,
            work_pk: None,
            work_sk: None,
            ttl: None,
            content,
        }
    }

    pub(crate) fn gsi1(self, key: IndexKey) -> Self {
        Self { gsi1_pk: Some(key.pk), gsi1_sk: Some(key.sk), ..self }
    }

    pub(crate) fn gsi2(self, key: Option<IndexKey>) -> Self {
        let (pk, sk) = key.map(|key| (key.pk, key.sk)).unzip();
        Self { gsi2_pk: pk, gsi2_sk: sk, ..self }
    }

    /// Lists the item in the index `WORK`; `None` when there is nothing to do about it.
    pub(crate) fn work(self, key: Option<IndexKey>) -> Self {
        let (pk, sk) = key.map(|key| (key.pk, key.sk)).unzip();
        Self { work_pk: pk, work_sk: sk, ..self }
    }

    pub(crate) fn expiring(self, at: jiff::Timestamp) -> Self {
        Self { ttl: Some(at.as_second()), ..self }
    }
}

pub(crate) fn encode<T: Serialize>(item: &T) -> Result<Attributes, StoreError> {
    serde_dynamo::to_item(item).map_err(|cause| StoreError::Unwritable(cause.to_string()))
}

pub(crate) fn decode<T: DeserializeOwned>(attributes: Attributes) -> Result<T, StoreError> {
    let key = format!("{:?}/{:?}", attributes.get("PK"), attributes.get("SK"));
    serde_dynamo::from_item(attributes).map_err(|cause| StoreError::Unreadable { key, cause: cause.to_string() })
}

/// Reports a row of a list that cannot be read, and leaves it out: one bad row must not take the list with it. The alarm
/// "event errors" counts these lines.
pub(crate) fn set_aside<T>(read: Result<T, StoreError>) -> Option<T> {
    let report = |error: &StoreError| {
        tracing::error!(alarm = "unreadable", %error, "a row is left out of a list: it cannot be read");
    };
    read.inspect_err(report).ok()
}

pub(crate) fn attributes_of(key: &Key) -> Attributes {
    HashMap::from([("PK".into(), AttributeValue::S(key.pk.clone())), ("SK".into(), AttributeValue::S(key.sk.clone()))])
}
