//! Credentials: what an app presents at the gateway.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_request::Approved;
use crate::id::{AppId, CredentialId, PlanId, ProductId, RequestId};
use crate::key::{KeyDigest, PlainKey};
use crate::person::Actor;
use crate::plan::Plan;
use crate::product::AuthMethod;
use crate::versioned::Versioned;

/// A credential of an app: one or two keys, and the products that they open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// UUIDv7, allocated when the request was approved; stable through rotation.
    pub id: CredentialId,
    /// The app that holds it.
    pub app_id: AppId,
    /// The request that brought it about.
    pub request_id: RequestId,
    /// Authentication method.
    pub auth_method: AuthMethod,
    /// The start of the newest key.
    pub prefix: String,
    /// The end of the newest key.
    pub last_four: String,
    /// The products that it opens.
    pub grants: Vec<Grant>,
    /// The plan whose limits hold.
    pub plan_id: PlanId,
    /// Its state.
    pub status: CredentialStatus,
    /// One key; two while a rotation overlaps. Newest first.
    pub keys: Vec<Key>,
    /// Expiry: when its keys end, or access to the last of its products; `None` for one that does not expire.
    pub expires_at: Option<Timestamp>,
    /// When its keys would end by the plan; `None` is never.
    pub keys_end_at: Option<Timestamp>,
    /// The last suspension, as long as it was not resumed.
    pub suspension: Option<Suspension>,
    /// The last time that it was resumed, as long as it was not suspended again.
    pub resumption: Option<Resumption>,
    /// The announcements of its end.
    pub notices: Notices,
    /// The times that its newest key was revealed; `None` as long as it was not.
    pub revealed: Option<Reveals>,
    /// Why it ends when it does; `None` for one that does not.
    pub expires_because: Option<ExpiryReason>,
}

/// Why a credential ends when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryReason {
    /// The plan lets keys live so long.
    Key,
    /// Access was given for a time, by the plan or by whoever approved it.
    Access,
}

/// The end of a suspension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// Time.
    pub at: Timestamp,
    /// The reason, as the API Owner gave it to the owner of the app.
    pub reason: Option<String>,
}

/// The announcements of a credential's end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// The times at which the end is still to be announced, soonest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<Timestamp>,
    /// The time for which this end was announced last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Timestamp>,
}

impl Notices {
    /// Announcements of `end`, each so many of `seconds` before it. Those that would not come after `now` are left out: what
    /// lives shorter is not announced.
    pub fn of(end: Option<Timestamp>, seconds: &[u64], now: Timestamp) -> Self {
        let before = |seconds: &u64| {
            let span = SignedDuration::from_secs(i64::try_from(*seconds).ok()?);
            end?.checked_sub(span).ok().filter(|at| *at > now)
        };
        let planned: BTreeSet<_> = seconds.iter().filter_map(before).collect();
        Self { planned: planned.into_iter().collect(), announced: None }
    }

    /// The same announcements once those that were due at `now` were made, as one; `None` when none was due.
    pub fn announced_at(&self, now: Timestamp) -> Option<Self> {
        let (due, planned): (Vec<_>, Vec<_>) = self.planned.iter().partition(|at| **at <= now);
        Some(Self { planned, announced: Some(due.into_iter().max()?) })
    }
}

/// A suspension of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suspension {
    /// Time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The reason, as the API Owner gave it to the owner of the app.
    pub reason: Option<String>,
}

/// A product that a credential gives access to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The product.
    pub product_id: ProductId,
    /// The state of the grant.
    pub status: GrantStatus,
    /// The requests by which the credential opens the product, oldest first. Two extensions may ask for the same
    /// product: it stays open until both are revoked.
    pub held_by: Vec<RequestId>,
    /// When access to the product ends, if the credential has not ended before; `None` is with the credential.
    pub ends_at: Option<Timestamp>,
}

/// The states of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantStatus {
    /// The credential opens the product.
    Active,
    /// It no longer does.
    Revoked,
}

/// The states of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// It does.
    Active,
    /// Not until an API Owner resumes it.
    Suspended,
    /// Its time has passed.
    Expired,
    /// It was taken back.
    Revoked,
}

/// The place where a key was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyOrigin {
    /// Gatepass made it, and keeps it sealed.
    #[default]
    Issued,
    /// An administrator brought it along from another system. Only a digest is kept: nobody can reveal it.
    BroughtAlong,
}

/// The times that the newest key of a credential was revealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reveals {
    /// How often.
    #[schema(example = 3)]
    pub count: u32,
    /// The last time.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
    /// The person who saw it then.
    pub last_by: Actor,
}

/// One key of a credential, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The start of the key.
    pub prefix: String,
    /// The end of the key.
    pub last_four: String,
    /// Expiry; `null` means that it does not expire.
    pub not_after: Option<Timestamp>,
    /// The time at which it was made; unknown of keys made before that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The place where it was made.
    #[serde(default)]
    pub origin: KeyOrigin,
    /// The app's [`handover_count`](crate::App::handover_count) when it was made or brought along.
    #[serde(default)]
    pub handover_count: u32,
}

/// The keys of a credential that a former owner of its app may know and that work for longer than they are to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// The newest key.
    Newest,
    /// The older key alone.
    Older,
}

/// The record that the authorizer reads: everything it needs, under the key's digest, in one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// SHA-256 of the key.
    pub digest: KeyDigest,
    /// The credential that the key belongs to.
    pub credential_id: CredentialId,
    /// The app that holds it.
    pub app_id: AppId,
    /// The plan whose limits hold, as they stand in the plan.
    pub plan_id: PlanId,
    /// The state of the credential.
    pub status: CredentialStatus,
    /// When the key stops working; `None` is never.
    pub not_after: Option<Timestamp>,
    /// The products that it opens.
    pub grants: Vec<Grant>,
    /// The key, sealed with the credential's id as encryption context; `None` for one that was brought along.
    pub sealed: Option<String>,
}

/// Why a key does not open a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// Suspended, expired or revoked.
    #[error("the credential is not active")]
    NotActive,
    /// The key's own time has passed.
    #[error("the key has expired")]
    Expired,
    /// The credential does not open this product.
    #[error("the credential does not open this product")]
    OtherProduct,
    /// It opened this product for a time, which has passed.
    #[error("access to this product has ended")]
    AccessEnded,
}

impl KeyRecord {
    /// The record of a key that `credential` gets.
    pub fn new(credential: &Credential, key: &PlainKey, not_after: Option<Timestamp>, sealed: Option<String>) -> Self {
        let mut record = Self {
            digest: key.digest(),
            credential_id: credential.id,
            app_id: credential.app_id,
            plan_id: credential.plan_id.clone(),
            status: credential.status,
            not_after,
            grants: Vec::new(),
            sealed,
        };
        record.follow(credential);
        record
    }

    /// Takes over what the credential says of all its keys.
    pub fn follow(&mut self, credential: &Credential) {
        self.status = credential.status;
        self.plan_id.clone_from(&credential.plan_id);
        // The authorizer needs no holders.
        let bare = |grant: &Grant| Grant { held_by: Vec::new(), ..grant.clone() };
        self.grants = credential.grants.iter().map(bare).collect();
    }

    /// True when the key opens `product` at `now`.
    ///
    /// # Errors
    /// Why it does not.
    pub fn opens(&self, product: &ProductId, now: Timestamp) -> Result<(), Closed> {
        if self.status != CredentialStatus::Active {
            return Err(Closed::NotActive);
        }
        if self.not_after.is_some_and(|end| end <= now) {
            return Err(Closed::Expired);
        }
        let Some(grant) = grant_of(&self.grants, product) else { return Err(Closed::OtherProduct) };
        if grant.ends_at.is_some_and(|end| end <= now) {
            return Err(Closed::AccessEnded);
        }
        Ok(())
    }
}

impl CredentialStatus {
    /// The status in words, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl Credential {
    /// True when the credential opens `product`, as far as was written down: access for a time may have ended.
    pub fn opens(&self, product: &ProductId) -> bool {
        grant_of(&self.grants, product).is_some()
    }

    /// The products to which access has ended at `now`, without being written down yet, while the credential goes on.
    pub fn ended_products(&self, now: Timestamp) -> Vec<ProductId> {
        if !matches!(self.status_at(now), CredentialStatus::Active | CredentialStatus::Suspended) {
            return Vec::new();
        }
        let ended = self.grants.iter().filter(|grant| grant.has_ended(now));
        ended.map(|grant| grant.product_id.clone()).collect()
    }

    /// True unless it has ended at `now`, or access to every product that it opens by the request `holder` has.
    pub fn is_open_by(&self, holder: RequestId, now: Timestamp) -> bool {
        if matches!(self.status_at(now), CredentialStatus::Expired | CredentialStatus::Revoked) {
            return false;
        }
        let mut held = self.grants.iter().filter(|grant| grant.held_by.contains(&holder)).peekable();
        held.peek().is_none() || held.any(|grant| !grant.has_ended(now))
    }

    /// When access by `grant` ends, and why: with the keys, or before.
    pub fn end_of(&self, grant: &Grant) -> Option<(Timestamp, ExpiryReason)> {
        let keys = self.keys_end_at.map(|end| (end, ExpiryReason::Key));
        let access = grant.ends_at.map(|end| (end, ExpiryReason::Access));
        keys.into_iter().chain(access).min_by_key(|(end, _)| *end)
    }

    /// The next time at which the credential, or access to one of its products, ends.
    pub fn next_end(&self) -> Option<Timestamp> {
        let active = self.grants.iter().filter(|grant| grant.status == GrantStatus::Active);
        active.filter_map(|grant| grant.ends_at).chain(self.expires_at).min()
    }

    /// Its status at `now`: what nobody ended may have come to its end by itself.
    pub fn status_at(&self, now: Timestamp) -> CredentialStatus {
        match self.status {
            CredentialStatus::Active | CredentialStatus::Suspended if self.expires_at.is_some_and(|end| end <= now) => {
                CredentialStatus::Expired
            }
            status => status,
        }
    }

    /// The credential with its status at `now` and the keys that work then, as it is to be shown. The newest key is
    /// always among them.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        let ended = self.ended_products(now);
        for grant in self.grants.iter_mut().filter(|grant| ended.contains(&grant.product_id)) {
            grant.status = GrantStatus::Revoked;
        }
        self.status = self.status_at(now);
        let overlaps = self.overlap_ends(now).is_some();
        self.keys.truncate(if overlaps { 2 } else { 1 });
        self
    }

    /// The time until which the older of two keys still works after `now`; `None` when there is one key.
    pub fn overlap_ends(&self, now: Timestamp) -> Option<Timestamp> {
        self.keys.get(1).and_then(|older| older.not_after).filter(|end| *end > now)
    }

    /// The keys that were made before the last of `handover_count` handovers of the app and work after `end`.
    pub fn leftover(&self, handover_count: u32, end: Timestamp) -> Option<Leftover> {
        let from_before = |key: &Key| key.handover_count < handover_count;
        match (self.keys.first(), self.keys.get(1)) {
            (Some(newest), _) if from_before(newest) => Some(Leftover::Newest),
            (_, Some(older)) if from_before(older) && older.not_after.is_none_or(|not_after| not_after > end) => {
                Some(Leftover::Older)
            }
            _ => None,
        }
    }

    /// The credential that `request` brings about, with `key`, which ends with it. Its end is announced so many of `notices` seconds
    /// before.
    pub fn issued(request: &Approved, plan: &Plan, key: Key, notices: &[u64], now: Timestamp) -> Self {
        let facts = request.facts();
        let ends_at = access_end(request, plan, now);
        let grant = |product_id| Grant { product_id, status: GrantStatus::Active, held_by: vec![facts.id], ends_at };
        let credential = Self {
            id: request.credential_id(),
            app_id: facts.submission.app.id,
            request_id: facts.id,
            auth_method: facts.submission.auth_method,
            prefix: key.prefix.clone(),
            last_four: key.last_four.clone(),
            grants: facts.product_ids().into_iter().map(grant).collect(),
            plan_id: plan.id.clone(),
            status: CredentialStatus::Active,
            keys: vec![key],
            expires_at: None,
            keys_end_at: end_after(now, plan.key_expires_in_seconds),
            suspension: None,
            resumption: None,
            notices: Notices::default(),
            revealed: None,
            expires_because: None,
        };
        credential.settled().announcing_its_end(notices, now)
    }

    /// The same credential after `by` was shown its newest key.
    #[must_use]
    pub fn revealed_to(mut self, by: &Actor, at: Timestamp) -> Self {
        let before = self.revealed.map_or(0, |revealed| revealed.count);
        self.revealed = Some(Reveals { count: before.saturating_add(1), last_at: at, last_by: by.clone() });
        self
    }

    /// The same credential with `key` as its newest, which ends with the credential. The key that was the newest works
    /// until `older_ends`, or no longer than before; one that was older is left out. `None` leaves out both.
    #[must_use]
    pub fn rotated(mut self, key: Key, older_ends: Option<Timestamp>) -> Self {
        self.revealed = None;
        self.prefix.clone_from(&key.prefix);
        self.last_four.clone_from(&key.last_four);
        self.keys.insert(0, Key { not_after: self.expires_at, ..key });
        self.with_older_ending(older_ends)
    }

    /// The same credential with one key beside its newest at most, which works until `older_ends`, or no longer than before.
    /// `None` leaves it out.
    #[must_use]
    pub fn with_older_ending(mut self, older_ends: Option<Timestamp>) -> Self {
        self.keys.truncate(if older_ends.is_some() { 2 } else { 1 });
        for older in self.keys.iter_mut().skip(1) {
            older.not_after = older.not_after.into_iter().chain(older_ends).min();
        }
        self
    }

    /// The same credential with more time under `plan`, by a renewal that was approved at `approved_at`: each end is counted
    /// from the old end, or from the approval if that is later. One that had expired is active again, or suspended if it was.
    #[must_use]
    pub fn renewed(mut self, plan: &Plan, approved_at: Timestamp) -> Self {
        let from = |end: Option<Timestamp>| end.map_or(approved_at, |end| end.max(approved_at));
        let ends: Vec<_> = self.grants.iter().map(|grant| self.end_of(grant).map(|(end, _)| end)).collect();
        let active = self.grants.iter_mut().zip(ends).filter(|(grant, _)| grant.status == GrantStatus::Active);
        for (grant, end) in active {
            grant.ends_at = end_after(from(end), plan.access_expires_in_seconds);
        }
        self.keys_end_at = end_after(from(self.expires_at), plan.key_expires_in_seconds);
        if self.status == CredentialStatus::Expired {
            self.status =
                if self.suspension.is_some() { CredentialStatus::Suspended } else { CredentialStatus::Active };
        }
        self.settled()
    }

    /// The same credential with announcements of its end, each so many of `seconds` before it, as far as they come after `now`.
    #[must_use]
    pub fn announcing_its_end(mut self, seconds: &[u64], now: Timestamp) -> Self {
        self.notices = Notices::of(self.expires_at, seconds, now);
        self
    }

    /// The same credential under `plan`, by a change that was approved at `approved_at`. Keys and access live as long as the new
    /// plan lets them, counted from the approval.
    #[must_use]
    pub fn under_plan(mut self, plan: &Versioned<Plan>, approved_at: Timestamp) -> Self {
        self.plan_id = plan.id.clone();
        for grant in self.grants.iter_mut().filter(|grant| grant.status == GrantStatus::Active) {
            grant.ends_at = end_after(approved_at, plan.access_expires_in_seconds);
        }
        self.keys_end_at = end_after(approved_at, plan.key_expires_in_seconds);
        self.settled()
    }

    /// The same credential, whose end follows from those of its keys and of access to its products. Its newest key ends with it; a key
    /// that a rotation ends keeps its end.
    fn settled(mut self) -> Self {
        let active: Vec<_> = self.grants.iter().filter(|grant| grant.status == GrantStatus::Active).collect();
        let last = active.iter().map(|grant| self.end_of(grant)).reduce(|one, other| Some(later(one?, other?)));
        let Some(last) = last else { return self };
        self.expires_at = last.map(|(end, _)| end);
        self.expires_because = last.map(|(_, why)| why);
        for (position, key) in self.keys.iter_mut().enumerate() {
            let end_of_key = if position == 0 { None } else { key.not_after };
            key.not_after = end_of_key.into_iter().chain(self.expires_at).min();
        }
        self
    }

    /// The products that it opens.
    pub fn open_products(&self) -> Vec<ProductId> {
        let open = self.grants.iter().filter(|grant| grant.status == GrantStatus::Active);
        open.map(|grant| grant.product_id.clone()).collect()
    }

    /// The requests by which it opens, or opened, its products.
    pub fn holders(&self) -> BTreeSet<RequestId> {
        self.grants.iter().flat_map(|grant| grant.held_by.iter().copied()).collect()
    }

    /// The same credential, opening `products` too, by the request `by`, until `ends_at`. A product that it opens already stays open
    /// until the later of both ends.
    pub fn extended(mut self, products: &[ProductId], by: RequestId, ends_at: Option<Timestamp>) -> Self {
        for id in products {
            let standing = self.grants.iter().position(|grant| &grant.product_id == id);
            let standing = standing.map(|at| self.grants.remove(at));
            let ends_at = match &standing {
                Some(grant) if grant.status == GrantStatus::Active => grant.ends_at.zip(ends_at).map(|(a, b)| a.max(b)),
                _ => ends_at,
            };
            let mut held_by = standing.map(|grant| grant.held_by).unwrap_or_default();
            held_by.push(by);
            self.grants.push(Grant { product_id: id.clone(), status: GrantStatus::Active, held_by, ends_at });
        }
        self.settled()
    }

    /// The same credential, opening nothing any more. The requests behind it are still on record: each of
    /// them has yet to be revoked.
    pub fn revoked(mut self) -> Self {
        self.status = CredentialStatus::Revoked;
        for grant in &mut self.grants {
            grant.status = GrantStatus::Revoked;
        }
        self
    }

    /// The same credential without the request `holder`: it no longer opens the products that it opened by this
    /// request alone, and is revoked when it opens nothing any more.
    pub fn without(mut self, holder: RequestId) -> Self {
        for grant in self.grants.iter_mut().filter(|grant| grant.held_by.contains(&holder)) {
            grant.held_by.retain(|held_by| *held_by != holder);
            if grant.held_by.is_empty() {
                grant.status = GrantStatus::Revoked;
            }
        }
        if self.grants.iter().all(|grant| grant.status == GrantStatus::Revoked) {
            self.status = CredentialStatus::Revoked;
        }
        self.settled()
    }
}

impl Credential {
    /// The same credential without `product`, whichever requests opened it; revoked when it opens nothing any more.
    #[must_use]
    pub fn without_product(mut self, product: &ProductId) -> Self {
        for grant in self.grants.iter_mut().filter(|grant| &grant.product_id == product) {
            grant.held_by.clear();
            grant.status = GrantStatus::Revoked;
        }
        if self.grants.iter().all(|grant| grant.status == GrantStatus::Revoked) {
            self.status = CredentialStatus::Revoked;
        }
        self.settled()
    }

    /// The requests by which it opens, or opened, `product`.
    pub fn holders_of(&self, product: &ProductId) -> BTreeSet<RequestId> {
        let of_product = self.grants.iter().filter(|grant| &grant.product_id == product);
        of_product.flat_map(|grant| grant.held_by.iter().copied()).collect()
    }
}

/// The grant by which `product` is open.
fn grant_of<'a>(grants: &'a [Grant], product: &ProductId) -> Option<&'a Grant> {
    grants.iter().find(|grant| &grant.product_id == product && grant.status == GrantStatus::Active)
}

impl Grant {
    /// True when it opened its product for a time that has passed at `now`.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.status == GrantStatus::Active && self.ends_at.is_some_and(|end| end <= now)
    }
}

fn later(one: (Timestamp, ExpiryReason), other: (Timestamp, ExpiryReason)) -> (Timestamp, ExpiryReason) {
    if other.0 > one.0 { other } else { one }
}

/// When the access that `request` asked for ends if it begins at `now`, by `plan` or by whoever approved it; `None` is never.
pub fn access_end(request: &Approved, plan: &Plan, now: Timestamp) -> Option<Timestamp> {
    let by_approver = request.facts().narrowing.as_ref().and_then(|narrowing| narrowing.access_expires_at);
    end_after(now, plan.access_expires_in_seconds).into_iter().chain(by_approver).min()
}

fn end_after(from: Timestamp, seconds: Option<u64>) -> Option<Timestamp> {
    from.checked_add(SignedDuration::from_secs(i64::try_from(seconds?).ok()?)).ok()
}

impl Key {
    /// The part of `key` that may be shown.
    ///
    /// It was made at `made_at`, for an app that had gone to another owner `handover_count` times.
    pub fn of(key: &PlainKey, made_at: Timestamp, handover_count: u32) -> Self {
        Self {
            prefix: key.prefix(),
            last_four: key.last_four(),
            not_after: None,
            created_at: Some(made_at),
            origin: KeyOrigin::Issued,
            handover_count,
        }
    }

    /// The part that may be shown of a key that somebody brought along, for an app that had gone to another owner `handover_count`
    /// times. Nobody here knows when it was made.
    pub fn brought_along(key: &PlainKey, handover_count: u32) -> Self {
        Self {
            prefix: key.prefix(),
            last_four: key.last_four(),
            not_after: None,
            created_at: None,
            origin: KeyOrigin::BroughtAlong,
            handover_count,
        }
    }
}
