//! Every key format, in one place.
//!
//! | item | PK | SK | GSI1PK / GSI1SK | GSI2PK / GSI2SK |
//! |---|---|---|---|---|
//! | request | `R#id` | `REQ` | `U#person` / `R#time#id` | `Q#stage#shard` / `time#id` |
//! | what a request is for, one row a product | `R#id` | `FOR#product` | `PROD#product#outcome` / `time#id` | while it stands: `PLAN#plan` / `time#id` |
//! | event | `E#` and its aggregate | `seq` | a request's first: `A#app` / `R#time#request` | `L#day#shard` / `time#id` |
//! | mail of a request | `R#id` | `MAIL#mail[#event]` | | |
//! | app | `A#id` | `APP` | `U#owner` / `A#time#id` | `T#team` or `O#organisation` / `time#id` |
//! | what an app has asked for | `A#id` | `ACCESS` | | |
//! | owner of an app that was reassigned | `A#id` | `REASSIGNED` | `U#owner` / `H#time#id` | |
//! | credential | `A#app` | `C#id` | `C#id` / `C` | |
//! | a person's part in a credential: decided about it, or saw its key | `C#id` | `P#person` | | |
//! | cart | `U#person` | `CART` | | |
//! | name of an app | `U#owner` | `NAME#name` | `APPS` / `time#id` | `APPS` / `name#id` |
//! | allowance used | `U#person` | `ALLOWANCE#plan` | | |
//! | what a person holds | `U#person` | `HOLDINGS` | | |
//! | key | `K#digest` | `KEY` | | |
//! | last use of a credential | `N#credential` | `USED` | | |
//! | calls of a credential, counted for limits | `N#credential` | `product#lengths of windows#quota's window` | | |
//! | catalogue, product, plan | `CAT#id`, `PROD#id`, `PLAN#id` | `OFFER` | `KIND#kind` / `id` | |
//! | version of one of them, for transactions that depend on it | `CAT#id`, `PROD#id`, `PLAN#id` | `VERSION` | | |
//! | OpenAPI document of a product: the facts, and its content in pieces | `PROD#id` | `OPENAPI`, `OPENAPI#n` | | |
//! | deletion of one of them, in progress | `CAT#id`, `PROD#id`, `PLAN#id` | `DELETION` | | |
//! | product whose requests a group decides on | `APPROVER#group` | product | | |
//! | settings | `SET#settings` | `SET` | | |
//! | signing key of cursors | `SET#cursor-key` | `SET` | | |
//! | idempotent answer | `I#digest` | `IDEM` | | |
//! | receipt of what was published | `PUB#minute` in which it had happened | `time#id` | | |
//! | event that was set aside | `ASIDE#` and its key | `EVENT` | | |
//! | how far the sweeper got | `SET#sweeper` | `SET` | | |
//! | counters of a day | `STAT#yyyy-mm` | `yyyy-mm-dd` | | |
//! | how far the log is counted | `SET#counter` | `SET` | | |
//!
//! Items that background work must look at have one more key, in the index `WORK`, which holds nothing but keys:
//! `WORK` / `kind#time#PK/SK`. It is there from the moment at which work may become necessary, and goes when there is none.
//!
//! Times in keys are UTC with exactly three decimals, so that they sort as text.

use gatepass_domain::access_request::{Ending, Status};
use gatepass_domain::app::Visibility;
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, EventId, PlanId, ProductId, RequestId};
use gatepass_domain::key::KeyDigest;
use gatepass_domain::plan::Limit;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{AccessRequest, App, Event, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;
use newtype_uuid::{TypedUuid, TypedUuidKind};
use sha2::{Digest, Sha256};

use crate::calls::CallLimits;

/// Partitions that share the load of each day's log, and of the stages of the queue that everything
/// passes through. One partition takes about 330 requests a second through insert, update and delete.
pub const SHARDS: u8 = 4;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

/// A key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// Partition key of the index.
    pub pk: String,
    /// Sort key of the index.
    pub sk: String,
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key { pk: pk.into(), sk: sk.into() }
}

/// A time as it stands in keys.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The shard of an id, by its last byte, which is random.
fn shard<K: TypedUuidKind>(id: TypedUuid<K>) -> u8 {
    id.as_bytes()[15] % SHARDS
}

fn time_and_id<K: TypedUuidKind>(at: Timestamp, id: TypedUuid<K>) -> String {
    format!("{}#{id}", time(at))
}

/// An access request.
pub fn request(id: RequestId) -> Key {
    key(format!("R#{id}"), "REQ")
}

/// Per-user partition: cart, app names and allowances in the table; requests and apps in GSI1.
pub fn person(id: &PersonId) -> String {
    format!("U#{id}")
}

/// A request among its requester's, newest last.
pub fn request_of_person(requester: &PersonId, created_at: Timestamp, id: RequestId) -> IndexKey {
    IndexKey { pk: person(requester), sk: format!("R#{}", time_and_id(created_at, id)) }
}

/// Sort-key prefix of requests in a person's partition of GSI1.
pub const REQUESTS_OF_PERSON: &str = "R#";
/// Sort-key prefix of apps in a person's partition of GSI1.
pub const APPS_OF_PERSON: &str = "A#";

/// The stages of a request: requests of one stage share partitions of GSI2, so that a list
/// of any status is one range of its own, however many requests there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Undecided.
    Pending,
    /// Approved; provisioning is to be done.
    Queued,
    /// Approved; provisioning gave up.
    Failed,
    /// Approved; access stands, or was taken back.
    Approved,
    /// Rejected.
    Rejected,
    /// Withdrawn.
    Withdrawn,
    /// Expired undecided.
    Expired,
}

impl Stage {
    /// Stages by partition, in the order in which requests move through them: a request never moves back to an
    /// earlier group. Queued and failed share a partition, because a request that failed can be queued again.
    pub(crate) const GROUPS: [&[Self]; 3] =
        [&[Self::Pending], &[Self::Queued], &[Self::Approved, Self::Rejected, Self::Withdrawn, Self::Expired]];

    /// The stages in which work is still to be done.
    pub const OPEN: [Self; 2] = [Self::Pending, Self::Queued];

    /// The stage of a request.
    pub fn of(request: &AccessRequest) -> Self {
        match request {
            AccessRequest::Pending(_) => Self::Pending,
            AccessRequest::Queued(_) => Self::Queued,
            AccessRequest::Failed(_) => Self::Failed,
            AccessRequest::Provisioned(_) | AccessRequest::Revoked(_) => Self::Approved,
            AccessRequest::Closed(closed) => match closed.ending() {
                Ending::Rejected => Self::Rejected,
                Ending::Withdrawn => Self::Withdrawn,
                Ending::Expired => Self::Expired,
            },
        }
    }

    /// The status that requests of this stage have.
    pub fn status(self) -> Status {
        match self {
            Self::Pending => Status::Pending,
            Self::Queued | Self::Failed | Self::Approved => Status::Approved,
            Self::Rejected => Status::Rejected,
            Self::Withdrawn => Status::Withdrawn,
            Self::Expired => Status::Expired,
        }
    }

    /// Its partition keys.
    pub fn partitions(self) -> impl Iterator<Item = String> {
        (0..self.shards()).map(move |shard| self.partition(shard))
    }

    /// Every request passes through the first stages; what people end by hand is little.
    fn shards(self) -> u8 {
        match self {
            Self::Pending | Self::Queued | Self::Failed | Self::Approved => SHARDS,
            Self::Rejected | Self::Withdrawn | Self::Expired => 1,
        }
    }

    fn partition(self, shard: u8) -> String {
        let name = match self {
            Self::Pending => "pending",
            Self::Queued | Self::Failed => "unprovisioned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        };
        format!("Q#{name}#{shard}")
    }
}

/// A request among those of its stage.
pub fn request_in_queue(stage: Stage, created_at: Timestamp, id: RequestId) -> IndexKey {
    IndexKey { pk: stage.partition(shard(id) % stage.shards()), sk: time_and_id(created_at, id) }
}

/// The row that says that a request is for a product. It is written with the request, and again when the request is
/// approved or ends.
pub fn request_for_product(id: RequestId, product: &ProductId) -> Key {
    key(request(id).pk, format!("FOR#{product}"))
}

/// The partitions of the requests for a product: those that wait, those that stand, and those that have ended, by their
/// end. A request moves back to an earlier one only when a renewal reopens access that had expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request waits for a decision.
    Pending,
    /// Approved: the request gives access, or is about to.
    Standing,
    /// Approved: the access has expired, or a renewal or change of plan was carried out and nothing stands by it.
    Lapsed,
    /// Access was taken back.
    Revoked,
    /// Rejected.
    Rejected,
    /// Withdrawn.
    Withdrawn,
    /// Expired undecided.
    Expired,
}

impl Outcome {
    /// The outcome of a request, as long as its access has not expired: the credential says when that is.
    pub fn of(request: &AccessRequest) -> Self {
        match request {
            AccessRequest::Pending(_) => Self::Pending,
            AccessRequest::Provisioned(_) if request.facts().submission.kind.changes_credential() => Self::Lapsed,
            AccessRequest::Queued(_) | AccessRequest::Failed(_) | AccessRequest::Provisioned(_) => Self::Standing,
            AccessRequest::Revoked(_) => Self::Revoked,
            AccessRequest::Closed(closed) => match closed.ending() {
                Ending::Rejected => Self::Rejected,
                Ending::Withdrawn => Self::Withdrawn,
                Ending::Expired => Self::Expired,
            },
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Standing => "standing",
            Self::Lapsed => "lapsed",
            Self::Revoked => "revoked",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// The partition of GSI1 with the requests for a product that have this outcome.
pub(crate) fn requests_for_product(product: &ProductId, outcome: Outcome) -> String {
    format!("{}#{}", self::product(product).pk, outcome.as_str())
}

/// A request among others, in the order in which they were filed.
pub fn request_among(partition: String, created_at: Timestamp, id: RequestId) -> IndexKey {
    IndexKey { pk: partition, sk: time_and_id(created_at, id) }
}

/// The partition of an aggregate's events. Events have partitions of their own, all with the same prefix, so that a role
/// can be kept from them (`dynamodb:LeadingKeys`).
pub fn events_of(aggregate: &Aggregate) -> String {
    let of = match aggregate {
        Aggregate::Request(id) => request(*id).pk,
        Aggregate::App(id) => app(*id).pk,
        Aggregate::Credential(id) => credential_partition(*id),
        Aggregate::Catalogue(id) => catalogue(id).pk,
        Aggregate::Product(id) => product(id).pk,
        Aggregate::Plan(id) => plan(id).pk,
        Aggregate::Settings => settings().pk,
    };
    format!("E#{of}")
}

/// Sort-key prefix of requests in an app's partition of GSI1.
pub const REQUESTS_OF_APP: &str = "R#";
/// Sort-key prefix of the mails of a request.
pub const MAILS: &str = "MAIL#";

/// An event of an aggregate.
pub fn event(event: &Event) -> Key {
    key(events_of(&event.aggregate), format!("{:08}", event.seq))
}

/// A request among those of its app, by its first event.
pub(crate) fn request_of_app(app_id: AppId, at: Timestamp, id: RequestId) -> IndexKey {
    IndexKey { pk: app(app_id).pk, sk: format!("{REQUESTS_OF_APP}{}", time_and_id(at, id)) }
}

/// An event in the log of its day.
pub fn event_of_day(event: &Event) -> IndexKey {
    IndexKey { pk: log_shard(event.occurred_at, shard(event.id)), sk: time_and_id(event.occurred_at, event.id) }
}

/// The partitions of the log of the day of `at`, in UTC.
pub fn log_shards(at: Timestamp) -> impl Iterator<Item = String> {
    (0..SHARDS).map(move |shard| log_shard(at, shard))
}

fn log_shard(at: Timestamp, shard: u8) -> String {
    format!("L#{}#{shard}", at.strftime("%Y-%m-%d"))
}

/// The one partition of the index `WORK`. A request writes it about four times in its life, and the HTTP API lets 100
/// calls a second in; one partition takes 1,000 writes a second.
pub const WORK: &str = "WORK";

/// A kind of background work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkKind {
    /// A request that the policy approved at submit has to be decided.
    AutoApprove,
    /// An approved request has to be provisioned.
    Provision,
    /// Requests have to be ended because what they need is being deleted.
    DeleteOffering,
    /// An event was set aside and has to be published.
    SetAside,
    /// A credential has expired, or the requests behind one that ended have to end.
    EndCredential,
    /// An app is being deleted.
    DeleteApp,
    /// A request waits for people: they are reminded, others are told, and at last it expires.
    Waiting,
}

impl WorkKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::AutoApprove,
        Self::Provision,
        Self::DeleteOffering,
        Self::SetAside,
        Self::EndCredential,
        Self::DeleteApp,
        Self::Waiting,
    ];

    /// Its name, in keys and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoApprove => "auto-approve",
            Self::Provision => "provision",
            Self::DeleteOffering => "delete-offering",
            Self::SetAside => "set-aside",
            Self::EndCredential => "end-credential",
            Self::DeleteApp => "delete-app",
            Self::Waiting => "waiting",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Work of `kind` on the item `key`, due at `due_at`. Each kind has a range of its own, in the order in which work becomes
/// due: however much of one kind there is, it stands before no other.
pub(crate) fn work(kind: WorkKind, due_at: Timestamp, key: &Key) -> IndexKey {
    IndexKey { pk: WORK.into(), sk: format!("{}#{}#{}/{}", kind.as_str(), time(due_at), key.pk, key.sk) }
}

/// Lower bound of the sort keys of work of `kind`.
pub(crate) fn work_of(kind: WorkKind) -> String {
    format!("{}#", kind.as_str())
}

/// Upper bound of the sort keys of work of `kind` that is due at `now`.
pub(crate) fn work_due_until(kind: WorkKind, now: Timestamp) -> String {
    format!("{}#{}#~", kind.as_str(), time(now))
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The app and the credential that have this key.
pub fn credential_ids(key: &Key) -> Option<(AppId, CredentialId)> {
    let app_id = app_id(key)?;
    Some((app_id, key.sk.strip_prefix(CREDENTIALS)?.parse().ok()?))
}

/// The id of the app that has this key, or a part of it.
pub fn app_id(key: &Key) -> Option<AppId> {
    key.pk.strip_prefix("A#")?.parse().ok()
}

/// The id of the request that has this key.
pub fn request_id(key: &Key) -> Option<RequestId> {
    key.pk.strip_prefix("R#")?.parse().ok()
}

/// The entity beside which a mail is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailPlace {
    /// A request.
    Request(RequestId),
    /// An app.
    App(AppId),
}

impl From<RequestId> for MailPlace {
    fn from(id: RequestId) -> Self {
        Self::Request(id)
    }
}

/// The record of a mail; `which` tells apart those that may be due more than once.
pub fn mail(place: MailPlace, mail: MailKind, which: Option<&str>) -> Key {
    let which = which.map(|which| format!("#{which}")).unwrap_or_default();
    let partition = match place {
        MailPlace::Request(id) => request(id).pk,
        MailPlace::App(id) => app(id).pk,
    };
    key(partition, format!("{MAILS}{}{which}", mail.as_str()))
}

/// An app.
pub fn app(id: AppId) -> Key {
    key(format!("A#{id}"), "APP")
}

/// An app among its owner's.
pub fn app_of_owner(owner: &PersonId, created_at: Timestamp, id: AppId) -> IndexKey {
    IndexKey { pk: person(owner), sk: format!("{APPS_OF_PERSON}{}", time_and_id(created_at, id)) }
}

/// The partition of the apps that a team shares, in GSI2.
pub fn team(team: &str) -> String {
    format!("T#{team}")
}

/// The partition of the apps that an organisation shares, in GSI2.
pub fn organisation(organisation: &str) -> String {
    format!("O#{organisation}")
}

/// An app among those shared with a team or an organisation; `None` when it is personal.
pub fn app_shared(app: &App, created_at: Timestamp) -> Option<IndexKey> {
    let pk = match app.profile.visibility {
        Visibility::Personal => None,
        Visibility::Team => app.profile.team.as_deref().map(team),
        Visibility::Organisation => app.organisation.as_deref().map(organisation),
    };
    pk.map(|pk| IndexKey { pk, sk: time_and_id(created_at, app.id) })
}

/// The claims of an app on products: product → request. Exists as long as the app does.
pub fn access(app_id: AppId) -> Key {
    key(app(app_id).pk, "ACCESS")
}

/// The owner of an app that was reassigned.
pub fn reassigned_app(app_id: AppId) -> Key {
    key(app(app_id).pk, "REASSIGNED")
}

/// Sort-key prefix of the apps that were reassigned to a person, in their partition of GSI1.
pub const APPS_REASSIGNED_TO_PERSON: &str = "H#";

/// An app among those that were reassigned to its owner, newest last.
pub fn app_reassigned_to(owner: &PersonId, at: Timestamp, id: AppId) -> IndexKey {
    IndexKey { pk: person(owner), sk: format!("{APPS_REASSIGNED_TO_PERSON}{}", time_and_id(at, id)) }
}

/// Sort-key prefix of the names of a person's apps.
pub const APP_NAMES: &str = "NAME#";

/// Reserves an app's name among its owner's.
pub fn app_name(owner: &PersonId, comparable_name: &str) -> Key {
    key(person(owner), format!("{APP_NAMES}{comparable_name}"))
}

/// The partition of all apps, by the reservations of their names: by time in GSI1, by name in GSI2.
pub const APPS: &str = "APPS";

/// An app among all apps.
pub fn app_of_all(created_at: Timestamp, id: AppId) -> IndexKey {
    IndexKey { pk: APPS.into(), sk: time_and_id(created_at, id) }
}

/// An app among all apps, by name.
pub fn app_by_name(comparable_name: &str, id: AppId) -> IndexKey {
    IndexKey { pk: APPS.into(), sk: format!("{comparable_name}#{id}") }
}

/// The cart of a person.
pub fn cart(who: &PersonId) -> Key {
    key(person(who), "CART")
}

/// When a person asked for a plan, as far as the plan's allowance needs to know.
pub fn allowance(who: &PersonId, plan: &PlanId) -> Key {
    key(person(who), format!("ALLOWANCE#{plan}"))
}

/// What a person holds, as far as caps need to know.
pub fn holdings(who: &PersonId) -> Key {
    key(person(who), "HOLDINGS")
}

/// Sort-key prefix of credentials in the partition of their app.
pub const CREDENTIALS: &str = "C#";

/// A credential of an app.
pub fn credential(app_id: AppId, id: CredentialId) -> Key {
    key(app(app_id).pk, format!("{CREDENTIALS}{id}"))
}

/// A credential by its id alone.
pub fn credential_by_id(id: CredentialId) -> IndexKey {
    IndexKey { pk: credential_partition(id), sk: "C".into() }
}

fn credential_partition(id: CredentialId) -> String {
    format!("C#{id}")
}

/// A person's part in a credential.
pub fn involvement(id: CredentialId, person: &PersonId) -> Key {
    key(credential_partition(id), format!("P#{person}"))
}

/// The record that the authorizer reads.
pub fn api_key(digest: &KeyDigest) -> Key {
    key(format!("K#{}", digest.0), "KEY")
}

/// The day on which a credential was used last.
pub(crate) fn last_use(id: CredentialId) -> Key {
    key(calls_partition(id), "USED")
}

/// The partition of what the authorizer writes about a credential.
fn calls_partition(id: CredentialId) -> String {
    format!("N#{id}")
}

/// The calls of `product` that count for `limits` at `now`. These items have a prefix of their own, so that the authorizer's role
/// may write nothing else (`dynamodb:LeadingKeys`).
pub(crate) fn calls(id: CredentialId, product: &ProductId, limits: &CallLimits, now: Timestamp) -> Key {
    let length = |limit: Option<Limit>| limit.map_or(0, |limit| limit.per_seconds);
    let window = limits.quota.map_or(0, |quota| quota.window(now).index);
    key(calls_partition(id), format!("{product}#{}#{}#{window}", length(limits.rate), length(limits.quota)))
}

const OFFER: &str = "OFFER";

/// A catalogue.
pub fn catalogue(id: &CatalogueId) -> Key {
    key(format!("CAT#{id}"), OFFER)
}

/// A product.
pub fn product(id: &ProductId) -> Key {
    key(format!("PROD#{id}"), OFFER)
}

/// A plan.
pub fn plan(id: &PlanId) -> Key {
    key(format!("PLAN#{id}"), OFFER)
}

/// The version of an offering, apart from the offering.
pub(crate) fn offering_version(offering: &Key) -> Key {
    key(&offering.pk, "VERSION")
}

/// The facts about the OpenAPI document of a product.
pub fn api_document(id: &ProductId) -> Key {
    key(product(id).pk, "OPENAPI")
}

/// A piece of that document, from 0.
pub(crate) fn api_document_piece(id: &ProductId, index: usize) -> Key {
    key(product(id).pk, format!("OPENAPI#{index}"))
}

/// The mark of an offering that is being deleted.
pub(crate) fn deletion(offering: &Key) -> Key {
    key(&offering.pk, "DELETION")
}

/// The partition of the products whose requests the members of a group decide on.
pub(crate) fn approver_group(group: &str) -> String {
    format!("APPROVER#{group}")
}

/// A product among those whose requests a group decides on.
pub(crate) fn approved_by(group: &str, product: &impl std::fmt::Display) -> Key {
    key(approver_group(group), product.to_string())
}

/// The list of all catalogues, products or plans, in GSI1.
pub fn kind(kind: &str) -> String {
    format!("KIND#{kind}")
}

/// The settings.
pub fn settings() -> Key {
    key("SET#settings", "SET")
}

/// The key that signs cursors.
pub fn cursor_key() -> Key {
    key("SET#cursor-key", "SET")
}

/// How far the sweeper got.
pub fn sweeper() -> Key {
    key("SET#sweeper", "SET")
}

/// The counters of a day.
pub fn counted_day(date: Date) -> Key {
    key(format!("STAT#{}", date.strftime("%Y-%m")), date.to_string())
}

/// How far the log has been counted.
pub fn counter() -> Key {
    key("SET#counter", "SET")
}

/// The answer to a request that carried an `Idempotency-Key`. The digest keeps what clients choose
/// as keys out of the table, and hostile lengths with it.
pub fn idempotency(who: &PersonId, idempotency_key: &str) -> Key {
    let digest = Sha256::digest(format!("{}\u{0}{idempotency_key}", who.as_str()));
    key(format!("I#{}", gatepass_domain::event::hex(&digest)), "IDEM")
}

/// The partition of the receipts for events that happened in the minute of `at`.
pub(crate) fn receipts(at: Timestamp) -> String {
    format!("PUB#{}", minute(at))
}

/// A receipt in such a partition, for events that were published at `now` and of which `first` is one.
pub(crate) fn receipt(partition: &str, now: Timestamp, first: EventId) -> Key {
    key(partition, time_and_id(now, first))
}

/// An event that was set aside.
pub fn set_aside(event: &Key) -> Key {
    key(format!("ASIDE#{}/{}", event.pk, event.sk), "EVENT")
}

#[cfg(test)]
mod tests {
    use gatepass_domain::Context;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_of_requests_sort_by_time(one in 0i64..4_000_000_000_000, other in 0i64..4_000_000_000_000) {
            let at = |millis| Timestamp::from_millisecond(millis).unwrap();
            let id: RequestId = Context::seeded(at(0), 7).id();
            let key = |millis| request_in_queue(Stage::Pending, at(millis), id).sk;
            prop_assert_eq!(one.cmp(&other), key(one).cmp(&key(other)));
        }
    }
}
