//! The day on which a credential was used last.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::id::CredentialId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, attributes_of, decode};
use crate::keys;

#[derive(Debug, Deserialize)]
struct LastUse {
    used_on: Date,
}

impl Store {
    /// Notes that the credential was used on `day`, unless that or a later day is noted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_use(&self, id: CredentialId, day: Date) -> Result<(), StoreError> {
        let updated = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes_of(&keys::last_use(id))))
            .update_expression("SET used_on = :day")
            .condition_expression("attribute_not_exists(used_on) OR used_on < :day")
            .expression_attribute_values(":day", AttributeValue::S(day.to_string()))
            .send()
            .await;
        match updated {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::from_sdk("UpdateItem", &error)),
            },
        }
    }

    /// The beginning of the day, in UTC, on which each credential was used last; of those that are absent nothing is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_uses(&self, ids: &[CredentialId]) -> Result<HashMap<CredentialId, Timestamp>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| keys::last_use(*id)).collect();
        let mut found = self.batch_get(&keys).await?;
        let mut uses = HashMap::new();
        for (id, key) in ids.iter().zip(&keys) {
            let Some(row) = found.remove(key) else { continue };
            let LastUse { used_on } = decode::<Item<LastUse>>(row)?.content;
            uses.extend(TimeZone::UTC.to_timestamp(used_on.into()).ok().map(|begin| (*id, begin)));
        }
        Ok(uses)
    }
}
