//! Events: the audit record of every change, and what goes on the bus.
//!
//! An event is written in the same transaction as the change that it records. The events of one
//! aggregate form a hash chain. What an event says is written once, as canonical JSON, and never
//! serialised again: the hash is over those bytes, so that a chain verifies for ever, whatever fields later
//! versions add. Names and free text stand apart behind a salted commitment: they can be erased and
//! the chain still verifies.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::access_request::RequestKind;
use crate::context::{Context, Origin};
use crate::id::{AppId, CatalogueId, CredentialId, EventId, PlanId, ProductId, RequestId};
use crate::person::{Actor, ActorKind, PersonId};
use crate::policy::Review;
use crate::settings::MailKind;

/// The version of the shape that events are written in. It stands in each event; readers take older and newer ones.
pub const SCHEMA_VERSION: u32 = 1;

/// The thing whose history an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Aggregate {
    /// An access request.
    Request(RequestId),
    /// An app.
    App(AppId),
    /// A credential.
    Credential(CredentialId),
    /// A catalogue.
    Catalogue(CatalogueId),
    /// A product.
    Product(ProductId),
    /// A plan.
    Plan(PlanId),
    /// The settings.
    Settings,
}

/// The data of an event about an access request: thin, ids and what rules match on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestSubject {
    /// The request.
    #[schema(value_type = uuid::Uuid)]
    pub request_id: RequestId,
    /// The kind of request: new access, an extension, or access that was granted.
    pub kind: RequestKind,
    /// The person who asks.
    pub requester_id: PersonId,
    /// The app that is to receive the credential.
    #[schema(value_type = uuid::Uuid)]
    pub app_id: AppId,
    /// The products asked for.
    pub product_ids: Vec<ProductId>,
    /// The plan asked for.
    pub plan_id: PlanId,
    /// The credential, once one is allocated.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub credential_id: Option<CredentialId>,
}

/// The data of an event about a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CredentialSubject {
    /// The credential.
    #[schema(value_type = uuid::Uuid)]
    pub credential_id: CredentialId,
    /// The app that holds it.
    #[schema(value_type = uuid::Uuid)]
    pub app_id: AppId,
    /// The request that brought it about.
    #[schema(value_type = uuid::Uuid)]
    pub request_id: RequestId,
}

/// An app, an offering or the settings, and what a change did to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntitySubject {
    /// Its id.
    pub id: String,
    /// Its version from then on; of something deleted, its last one.
    pub version: u64,
    /// SHA-256 of its content before the change, as canonical JSON, in hexadecimal; `null` when it was created.
    #[serde(default)]
    #[schema(required = true)]
    pub before: Option<String>,
    /// SHA-256 of its content after the change; `null` when it was deleted.
    #[serde(default)]
    #[schema(required = true)]
    pub after: Option<String>,
    /// The names of the fields that changed; empty when it was created or deleted.
    #[serde(default)]
    #[schema(required = true)]
    pub changed: Vec<String>,
}

impl EntitySubject {
    /// Something was created with this content.
    pub fn created(id: impl ToString, version: u64, content: &impl Serialize) -> Self {
        let after = Some(content_hash(content));
        Self { id: id.to_string(), version, before: None, after, changed: Vec::new() }
    }

    /// Something was changed.
    pub fn changed<T: Serialize>(id: impl ToString, version: u64, before: &T, after: &T) -> Self {
        let (old, new) = (members(before), members(after));
        let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
        let changed = names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
        let (before, after) = (Some(content_hash(before)), Some(content_hash(after)));
        Self { id: id.to_string(), version, before, after, changed }
    }

    /// Something with this content was deleted.
    pub fn deleted(id: impl ToString, version: u64, content: &impl Serialize) -> Self {
        let before = Some(content_hash(content));
        Self { id: id.to_string(), version, before, after: None, changed: Vec::new() }
    }
}

fn content_hash(content: &impl Serialize) -> String {
    hash(&canonical(&serde_json::to_value(content).unwrap_or_default()))
}

fn members(content: &impl Serialize) -> BTreeMap<String, Value> {
    match serde_json::to_value(content) {
        Ok(Value::Object(members)) => members.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

/// A request was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// The request.
    #[serde(flatten)]
    pub subject: RequestSubject,
    /// The decider, by which the bus routes.
    pub review: Review,
}

/// Less than was asked for is to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Narrowed {
    /// The request, with the products and the plan that remain.
    #[serde(flatten)]
    pub subject: RequestSubject,
    /// The products that were dropped.
    pub dropped_product_ids: Vec<ProductId>,
    /// The plan until then, when another one was chosen.
    #[schema(required = true)]
    pub former_plan_id: Option<PlanId>,
    /// The end of the access, when one was set.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub access_expires_at: Option<Timestamp>,
}

/// A credential lost a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductRemoved {
    /// The credential.
    #[serde(flatten)]
    pub subject: CredentialSubject,
    /// The product that it no longer opens.
    pub product_id: ProductId,
}

/// An attempt to provision failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptFailed {
    /// The request.
    #[serde(flatten)]
    pub subject: RequestSubject,
    /// How many attempts were made so far.
    pub attempts: u32,
    /// A stable code of what went wrong.
    pub code: String,
}

/// An app went from one owner to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reassigned {
    /// The app, and what the change did to it.
    #[serde(flatten)]
    pub subject: EntitySubject,
    /// The owner until then.
    pub from: PersonId,
    /// The owner from then on.
    pub to: PersonId,
}

/// An event of a type that this version does not know, or whose data it cannot read: a newer version wrote it. It is
/// published and shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDetail {
    /// Its type.
    pub event_type: String,
    /// Its data.
    pub data: Value,
}

macro_rules! details {
    ($($(#[$doc:meta])* $name:ident($data:ty),)*) => {
        /// The kinds of events. The variant's name is the event's type (EventBridge `detail-type`).
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Detail {
            $($(#[$doc])* $name($data),)*
            /// Something that only a newer version knows.
            Unknown(UnknownDetail),
        }

        impl Detail {
            /// The event's type.
            pub fn event_type(&self) -> &str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                    Self::Unknown(unknown) => &unknown.event_type,
                }
            }

            /// The event's data, as it stands in the record and on the bus.
            pub fn data(&self) -> Value {
                match self {
                    $(Self::$name(data) => serde_json::to_value(data).unwrap_or_default(),)*
                    Self::Unknown(unknown) => unknown.data.clone(),
                }
            }

            /// Reads the data of an event of this type. A type that is not known is no error.
            ///
            /// # Errors
            /// Data that does not fit a type that is known.
            pub fn read(event_type: &str, data: Value) -> Result<Self, serde_json::Error> {
                match event_type {
                    $(stringify!($name) => serde_json::from_value(data).map(Self::$name),)*
                    _ => Ok(Self::Unknown(UnknownDetail { event_type: event_type.to_owned(), data })),
                }
            }

            /// The JSON Schema of each event type's data.
            pub fn schemas() -> Vec<(&'static str, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
                use utoipa::PartialSchema;
                vec![$((stringify!($name), <$data>::schema()),)*]
            }
        }
    };
}

details! {
    /// A request was filed.
    AccessRequestSubmitted(Submitted),
    /// A request that the policy had approved was referred to the owners after all.
    AccessRequestReferred(RequestSubject),
    /// A request was changed into one for less than was asked.
    AccessRequestNarrowed(Narrowed),
    /// One of several required approvals was given.
    AccessRequestApprovalRecorded(RequestSubject),
    /// A request was approved; provisioning is queued.
    AccessRequestApproved(RequestSubject),
    /// A request was rejected.
    AccessRequestRejected(RequestSubject),
    /// A request was withdrawn by its requester.
    AccessRequestWithdrawn(RequestSubject),
    /// A request expired undecided.
    AccessRequestExpired(RequestSubject),
    /// Those who decide on a request were reminded of it.
    AccessRequestReminded(RequestSubject),
    /// Nobody decided on a request for long, and others were told.
    AccessRequestEscalated(RequestSubject),
    /// Access stands at the gateway and the credential in the app.
    AccessProvisioned(RequestSubject),
    /// An attempt to provision failed; another follows.
    ProvisioningDeferred(AttemptFailed),
    /// Provisioning gave up; somebody must retry.
    ProvisioningFailed(AttemptFailed),
    /// Provisioning was queued again.
    ProvisioningRequeued(RequestSubject),
    /// Access was taken back.
    AccessRevoked(RequestSubject),
    /// A key was shown to somebody.
    CredentialRevealed(CredentialSubject),
    /// A credential got a new key.
    CredentialRotated(CredentialSubject),
    /// A product was removed from a credential; the others stay open.
    CredentialNarrowed(ProductRemoved),
    /// A credential was suspended.
    CredentialSuspended(CredentialSubject),
    /// A credential was resumed.
    CredentialResumed(CredentialSubject),
    /// A credential was revoked as a whole; `AccessRevoked` follows for each request behind it.
    CredentialRevoked(CredentialSubject),
    /// A credential is about to expire.
    CredentialExpiring(CredentialSubject),
    /// A credential expired.
    CredentialExpired(CredentialSubject),
    /// An app was created.
    AppCreated(EntitySubject),
    /// An app was edited.
    AppUpdated(EntitySubject),
    /// An app went from one owner to another.
    AppReassigned(Reassigned),
    /// An app is being deleted: nothing more is asked on its behalf, and what it holds and awaits ends.
    AppClosing(EntitySubject),
    /// An app was deleted.
    AppDeleted(EntitySubject),
    /// A catalogue was created.
    CatalogueCreated(EntitySubject),
    /// A catalogue was changed.
    CatalogueUpdated(EntitySubject),
    /// A catalogue is being deleted: nobody can ask for it any more, and the requests that wait for it are rejected.
    CatalogueClosing(EntitySubject),
    /// A catalogue was deleted.
    CatalogueDeleted(EntitySubject),
    /// A product was created.
    ProductCreated(EntitySubject),
    /// A product was changed.
    ProductUpdated(EntitySubject),
    /// The OpenAPI document of a product was uploaded or replaced; the hashes are of the document.
    ProductOpenapiUpdated(EntitySubject),
    /// The OpenAPI document of a product was deleted; the hash is of the document.
    ProductOpenapiDeleted(EntitySubject),
    /// A product is being deleted: nobody can ask for it any more, and the requests for it end.
    ProductClosing(EntitySubject),
    /// A product was deleted.
    ProductDeleted(EntitySubject),
    /// A plan was created.
    PlanCreated(EntitySubject),
    /// A plan was changed.
    PlanUpdated(EntitySubject),
    /// A plan is being deleted: nobody can ask for it any more, and the requests under it end.
    PlanClosing(EntitySubject),
    /// A plan was deleted.
    PlanDeleted(EntitySubject),
    /// The settings were changed.
    SettingsUpdated(EntitySubject),
}

/// The part of an event that can be erased: names, free text, and the origin of the call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The actor's name at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// Why, in the actor's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The HTTP call that caused it; absent when no call did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The end of an aggregate's hash chain, kept on the aggregate so that the next event needs no read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// `seq` of the last event; 0 before the first.
    pub seq: u64,
    /// Hash of the last event; empty before the first.
    pub hash: String,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The event as canonical JSON: written once and never changed.
    pub body: String,
    /// SHA-256 of `body`, in hexadecimal.
    pub hash: String,
    /// Makes the commitment to `personal` unguessable; erased with it.
    pub salt: Option<String>,
    /// The personal part ([`Personal`]), as canonical JSON; erased on request.
    pub personal: Option<String>,
}

/// The meaning of an event's body. What is empty is absent: every kilobyte that an item begins costs each of its writes more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    version: u32,
    id: EventId,
    aggregate: Aggregate,
    seq: u64,
    occurred_at: Timestamp,
    actor_kind: ActorKind,
    actor_id: String,
    correlation_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causation_id: Option<EventId>,
    #[serde(rename = "type")]
    event_type: String,
    data: Value,
    /// Absent in the first event of a chain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    prev_hash: String,
    commitment: String,
}

/// Something that happened: the audit record, and what the relay publishes.
///
/// Read from its stored form by [`Event::open`]; a new one is made by [`Chain::append`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// UUIDv7.
    pub id: EventId,
    /// The version of the shape that it was written in.
    pub version: u32,
    /// The aggregate that it happened to.
    pub aggregate: Aggregate,
    /// Counts the aggregate's events from 1.
    pub seq: u64,
    /// The time of the change.
    pub occurred_at: Timestamp,
    /// The kind of actor.
    pub actor_kind: ActorKind,
    /// The actor's id.
    pub actor_id: String,
    /// The HTTP request that it all began with.
    pub correlation_id: String,
    /// The event that it is a reaction to.
    pub causation_id: Option<EventId>,
    /// The events, in order.
    pub detail: Detail,
    /// Hash of the event before it; empty for the first.
    pub prev_hash: String,
    /// SHA-256 over salt and personal part: what the hash covers in its stead.
    pub commitment: String,
    /// Names, free text and origin; `None` when they were erased.
    pub personal: Option<Personal>,
    /// The stored form.
    pub sealed: Sealed,
}

/// Why a chain does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An event is missing, doubled or out of order.
    #[error("event {seq}: expected event {expected} of the chain")]
    Gap {
        /// The event found.
        seq: u64,
        /// The event expected there.
        expected: u64,
    },
    /// The event does not continue the one before it.
    #[error("event {seq}: does not continue the event before it")]
    NotContinued {
        /// The event found.
        seq: u64,
    },
    /// The event was altered.
    #[error("event {seq}: its content does not match its hash")]
    Altered {
        /// The event found.
        seq: u64,
    },
    /// The personal part was altered (erased would be fine).
    #[error("event {seq}: its personal part does not match its commitment")]
    PersonalAltered {
        /// The event found.
        seq: u64,
    },
}

impl Chain {
    /// The next event of the chain. The chain's end moves to it.
    pub fn append(
        &mut self,
        context: &mut Context,
        aggregate: Aggregate,
        actor: &Actor,
        detail: Detail,
        reason: Option<String>,
    ) -> Event {
        let salt = hex(&context.bytes::<16>());
        let personal = Personal { actor_name: actor.name.clone(), reason, origin: context.origin.clone() };
        let personal_text = canonical(&serde_json::to_value(&personal).unwrap_or_default());
        let body = Body {
            version: SCHEMA_VERSION,
            id: context.id(),
            aggregate,
            seq: self.seq + 1,
            occurred_at: context.now,
            actor_kind: actor.kind,
            actor_id: actor.id.clone(),
            correlation_id: context.correlation_id.clone(),
            causation_id: context.causation_id,
            event_type: detail.event_type().to_owned(),
            data: detail.data(),
            prev_hash: std::mem::take(&mut self.hash),
            commitment: commit(&salt, &personal_text),
        };
        let text = canonical(&serde_json::to_value(&body).unwrap_or_default());
        let sealed = Sealed { hash: hash(&text), body: text, salt: Some(salt), personal: Some(personal_text) };
        *self = Self { seq: body.seq, hash: sealed.hash.clone() };
        Event::new(body, detail, Some(personal), sealed)
    }

    /// Verifies that `events` are the whole chain from its first event, unaltered.
    ///
    /// # Errors
    /// The first fault.
    pub fn verify<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Self, Broken> {
        let mut chain = Self::default();
        for event in events {
            let seq = event.seq;
            if seq != chain.seq + 1 {
                return Err(Broken::Gap { seq, expected: chain.seq + 1 });
            }
            if event.prev_hash != chain.hash {
                return Err(Broken::NotContinued { seq });
            }
            let sealed = &event.sealed;
            if sealed.hash != hash(&sealed.body) {
                return Err(Broken::Altered { seq });
            }
            // Without its salt a personal part could say anything: it counts as altered, not as erased.
            if let Some(personal) = &sealed.personal
                && sealed.salt.as_ref().is_none_or(|salt| event.commitment != commit(salt, personal))
            {
                return Err(Broken::PersonalAltered { seq });
            }
            chain = Self { seq, hash: sealed.hash.clone() };
        }
        Ok(chain)
    }
}

impl Event {
    /// Reads an event from its stored form. An event of an unknown type, or with data that a newer version wrote in a way
    /// this one cannot read, is read as [`Detail::Unknown`].
    ///
    /// # Errors
    /// A body or a personal part that is not as any version writes it.
    pub fn open(sealed: Sealed) -> Result<Self, serde_json::Error> {
        let body: Body = serde_json::from_str(&sealed.body)?;
        let personal = sealed.personal.as_deref().map(serde_json::from_str).transpose()?;
        let detail = Detail::read(&body.event_type, body.data.clone()).unwrap_or_else(|_| {
            Detail::Unknown(UnknownDetail { event_type: body.event_type.clone(), data: body.data.clone() })
        });
        Ok(Self::new(body, detail, personal, sealed))
    }

    fn new(body: Body, detail: Detail, personal: Option<Personal>, sealed: Sealed) -> Self {
        Self {
            id: body.id,
            version: body.version,
            aggregate: body.aggregate,
            seq: body.seq,
            occurred_at: body.occurred_at,
            actor_kind: body.actor_kind,
            actor_id: body.actor_id,
            correlation_id: body.correlation_id,
            causation_id: body.causation_id,
            detail,
            prev_hash: body.prev_hash,
            commitment: body.commitment,
            personal,
            sealed,
        }
    }

    /// The actor, with the name as far as it has not been erased.
    pub fn actor(&self) -> Actor {
        Actor {
            kind: self.actor_kind,
            id: self.actor_id.clone(),
            name: self.personal.as_ref().and_then(|personal| personal.actor_name.clone()),
        }
    }

    /// The end of the chain that this event is the last one of.
    pub fn end_of_chain(&self) -> Chain {
        Chain { seq: self.seq, hash: self.sealed.hash.clone() }
    }

    /// The `detail` on the bus: ids and what rules match on; nothing personal.
    pub fn bus_detail(&self) -> Value {
        // As it was written, with members that this version may not know.
        let body: Value = serde_json::from_str(&self.sealed.body).unwrap_or_default();
        serde_json::json!({
            "metadata": {
                "id": self.id,
                "type": self.detail.event_type(),
                "version": self.version,
                "occurred_at": self.occurred_at,
                "correlation_id": self.correlation_id,
                "causation_id": self.causation_id,
                "aggregate": self.aggregate,
                "seq": self.seq,
                "hash": self.sealed.hash,
            },
            "data": body["data"],
        })
    }
}

/// An event as it arrives from the bus: what [`Event::bus_detail`] made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    /// The event's id: equal for every delivery of the same event.
    pub id: EventId,
    /// The HTTP request that it all began with.
    pub correlation_id: String,
    /// The events, in order.
    pub detail: Detail,
}

#[derive(Deserialize)]
struct Envelope {
    metadata: Metadata,
    data: Value,
}

#[derive(Deserialize)]
struct Metadata {
    id: EventId,
    #[serde(rename = "type")]
    event_type: String,
    correlation_id: String,
}

impl BusEvent {
    /// Reads the `detail` of an EventBridge event.
    ///
    /// # Errors
    /// The details that are not as [`Event::bus_detail`] makes them.
    pub fn parse(detail: Value) -> Result<Self, serde_json::Error> {
        let Envelope { metadata, data } = serde_json::from_value(detail)?;
        let detail = Detail::read(&metadata.event_type, data)?;
        Ok(Self { id: metadata.id, correlation_id: metadata.correlation_id, detail })
    }
}

fn commit(salt: &str, personal: &str) -> String {
    hash(&format!("{salt}.{personal}"))
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// JSON with sorted members and no white space. Gatepass writes no fractions and only ASCII member
/// names into events, where this is the canonical form of RFC 8785.
fn canonical(value: &Value) -> String {
    // serde_json's map is ordered by name unless its `preserve_order` feature is on; sorting here
    // keeps the form the same whatever another crate of the build switches on.
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            let members: Vec<_> = names
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A mail that was due for a request, and its result: on record beside the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRecord {
    /// The mail.
    pub template: MailKind,
    /// The result.
    pub status: MailStatus,
    /// Time of the status.
    pub at: Timestamp,
}

/// The states of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// It is being handed to the mail service.
    Sending,
    /// The mail service took it.
    Sent,
    /// No sender is configured.
    NotConfigured,
    /// The settings mute this mail.
    Muted,
    /// There is nobody to send it to.
    NoRecipient,
    /// The mail service refuses it for good.
    Refused,
    /// The function that sent it was ended before it could write down what became of it, and the request has moved on
    /// since: it is not sent again.
    Unconfirmed,
}
