//! Small types that every part of an access request shares.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{AppId, CatalogueId, ProductId};
use crate::person::Actor;

/// The kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// A new credential.
    New,
    /// More products for an existing credential.
    Extend,
    /// Another plan for an existing credential.
    ChangePlan,
    /// More time for access that ends.
    Renewal,
    /// Access granted by an API Owner, without being asked for.
    Grant,
}

impl RequestKind {
    /// True for a request that changes a credential and opens no product by itself: what the credential opens goes back to
    /// the requests before it.
    pub fn changes_credential(self) -> bool {
        match self {
            Self::ChangePlan | Self::Renewal => true,
            Self::New | Self::Extend | Self::Grant => false,
        }
    }
}

/// The state of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Undecided.
    Pending,
    /// Approved; see `provisioning` for what came of it.
    Approved,
    /// Access was not granted.
    Rejected,
    /// Taken back by the requester.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

/// How a request ended without access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody who decides turned it down.
    Rejected,
    /// Its requester took it back.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

impl From<Ending> for Status {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Rejected => Self::Rejected,
            Ending::Withdrawn => Self::Withdrawn,
            Ending::Expired => Self::Expired,
        }
    }
}

/// The state of provisioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProvisioningStatus {
    /// Nothing is to be provisioned (yet).
    None,
    /// To be done, or to be tried again.
    Queued,
    /// Access stands; the credential is in the app.
    Provisioned,
    /// Given up until somebody retries.
    Failed,
    /// Access was taken back.
    Revoked,
}

/// Approved requests whose access is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unprovisioned {
    /// It is being set up.
    Queued,
    /// It could not be set up.
    Failed,
}

/// Order of a list of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The request that was submitted last.
    #[default]
    Newest,
    /// The one that has waited longest.
    Oldest,
}

/// The error of an attempt to provision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastError {
    /// A stable code.
    #[schema(example = "gateway-not-configured")]
    pub code: String,
    /// Explanation for people.
    pub message: String,
}

/// The app that is to receive the credential, as it was called at submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppRef {
    /// The app.
    #[schema(value_type = uuid::Uuid)]
    pub id: AppId,
    /// Its name.
    #[schema(example = "Storm warnings")]
    pub name: String,
}

/// A product asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// The product.
    pub product_id: ProductId,
    /// The catalogue that offered it.
    pub catalogue_id: CatalogueId,
    /// The product's name at submit.
    #[schema(example = "Weather API")]
    pub name: String,
}

/// An approval that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// The person who approved.
    pub by: Actor,
    /// Time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Their note, which the requester reads.
    pub note: Option<String>,
    /// The products that they approved.
    pub product_ids: Vec<ProductId>,
}

/// How a request was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// By whom.
    pub by: Actor,
    /// Time.
    pub at: Timestamp,
}

/// After so many transient failures provisioning gives up, until somebody retries.
pub const MAX_ATTEMPTS: u32 = 5;
/// The longest justification, reason or note, in characters.
pub const MAX_TEXT: usize = 2000;
