//! The promises, held against a world in which faults have stopped.
//!
//! Written from the product's contracts: what the API says, what the authorizer does, what was published and mailed, and
//! what is on record must agree, and nothing may be left under way. The invariants I1 to I9 are described in
//! `docs/reliability.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatepass_domain::event::{Aggregate, Chain};
use gatepass_store::Store;
use gatepass_store::keys::{self, WorkKind};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::gateway::{Call, Person};
use crate::linear::{Heard, Recorded, is_linearizable};
use crate::model::{
    self, changes, due_mails, end_of_access, had_ended, has_passed, is_about, is_granted, list, names, products,
    stands, text,
};
use crate::population::{CONSUMERS, CartChange, CartVerb, Crowd, OWEN, PRODUCTS, Shown};
use crate::world::World;

/// Carts are kept for a day at least.
const CART_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// A change of which nothing was heard may still be made for so long.
const APPLIED_LATE: Duration = Duration::from_secs(10);
/// The sweeper publishes no event more often than this, as long as it has the receipts of what was published.
const MOST_BY_SWEEPER: u32 = 3;
/// More than the clocks of two functions differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(11);
/// More than a history ever has to do in the background at once.
const MOST_DUE: i32 = 200;

/// All that is wrong with the world of `crowd`, for people to read.
pub async fn violations(crowd: &Crowd) -> Vec<String> {
    let mut oracle = Oracle { crowd, found: Vec::new() };
    let requests = oracle.all("/v1/admin/access-requests").await;
    let apps = oracle.all("/v1/admin/apps").await;
    let mut credentials = Vec::new();
    for app in &apps {
        let detail = oracle.get(OWEN, &format!("/v1/admin/apps/{}", text(app, "/id"))).await;
        credentials.extend(detail["credentials"].as_array().cloned().unwrap_or_default());
    }
    oracle.nothing_is_left_under_way(&requests, &apps);
    oracle.what_was_answered_is_so(&requests, &apps, &credentials);
    oracle.keys_open_what_is_shown(&requests, &apps, &credentials).await;
    oracle.claims_are_those_of_standing_requests(&requests, &apps, &credentials).await;
    oracle.one_credential_an_approval(&requests, &credentials);
    oracle.a_call_files_one_request(&requests);
    oracle.what_happened_to_an_app_has_an_order(&requests, &credentials);
    oracle.carts_hold_what_was_put_into_them().await;
    oracle.redrive().await;
    oracle.former_owners_know_no_key_that_works().await;
    oracle.everything_is_published();
    oracle.chains_verify(&requests, &apps, &credentials).await;
    oracle.whoever_must_hear_has_a_mail(&requests, &credentials).await;
    oracle.found
}

/// I7: runs the schedule once, in a calm; what was due before is moved on or put off by it.
pub async fn run_makes_progress(world: &Arc<World>) -> Vec<String> {
    let (store, expire) = (world.store(), world.function_of("expire"));
    let now = world.time_of(expire);
    // A request of which one step was done may have another that was due at the same time: its version tells them apart.
    let due = async || {
        let mut due = Vec::new();
        for kind in WorkKind::ALL {
            for item in store.due_work(kind, None, now, MOST_DUE).await.expect("the table can be read") {
                let version = match keys::request_id(&item.key) {
                    Some(id) => {
                        store.request(id).await.expect("the table can be read").map(|request| request.facts().version)
                    }
                    None => None,
                };
                due.push((item, version));
            }
        }
        due
    };
    let before = due().await;
    world.run_schedules().await;
    let after = due().await;
    let stuck = before.iter().filter(|entry| entry.0.due_at <= now && after.contains(entry));
    stuck.map(|(item, _)| format!("I7: a run left {:?} of {:?} as it was", item.kind, item.key)).collect()
}

struct Oracle<'a> {
    crowd: &'a Crowd,
    found: Vec<String>,
}

impl Oracle<'_> {
    fn require(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.found.push(otherwise());
        }
    }

    async fn get(&self, who: Person, path: &str) -> Value {
        self.crowd.world.call(who, &Call::get(path)).await.body
    }

    /// Every item of a list, over all of its pages.
    async fn all(&mut self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(OWEN, &next).await;
            let Some(found) = page["items"].as_array() else {
                self.found.push(format!("{next} cannot be read: {page}"));
                return items;
            };
            items.extend(found.clone());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}?cursor={cursor}"),
                None => return items,
            }
        }
    }

    /// I1.
    fn nothing_is_left_under_way(&mut self, requests: &[Value], apps: &[Value]) {
        for request in requests {
            let id = text(request, "/id");
            let (status, provisioning) = (text(request, "/status"), text(request, "/provisioning/status"));
            let automatic = text(request, "/policy/review") == "automatic";
            self.require(provisioning != "queued", || format!("I1: the request {id} is still queued"));
            self.require(!(status == "pending" && automatic), || {
                format!("I1: the automatic request {id} is still undecided")
            });
        }
        let deleted = self.done("delete_app");
        for app in apps {
            let id = text(app, "/id");
            self.require(!deleted.contains(&id), || format!("I1: the app {id} was deleted and is still there"));
            self.require(app["closing"] != json!(true), || format!("I1: the app {id} is still closing"));
        }
    }

    /// What somebody was told they did is what the record says.
    fn what_was_answered_is_so(&mut self, requests: &[Value], apps: &[Value], credentials: &[Value]) {
        let status: BTreeMap<_, _> = requests.iter().map(|request| (text(request, "/id"), request)).collect();
        let done = self.crowd.known.lock().expect("nobody is left").done.clone();
        for (operation, id) in done {
            let request = status.get(&id);
            let of = |pointer: &str| request.map(|request| text(request, pointer)).unwrap_or_default();
            let holds = match operation {
                "withdraw_access_request" => of("/status") == "withdrawn",
                "reject_access_request" => of("/status") == "rejected",
                "revoke_access_request" => of("/provisioning/status") == "revoked",
                "approve_access_request" => {
                    ["pending", "approved", "rejected", "withdrawn", "expired"].contains(&&*of("/status"))
                }
                "revoke_credential" => {
                    let credential = credentials.iter().find(|credential| text(credential, "/id") == id);
                    credential.is_none_or(|credential| text(credential, "/status") == "revoked")
                }
                _ => true,
            };
            self.require(holds, || format!("{operation} of {id} was answered with success and is not so: {request:?}"));
        }
        let standing = |request: &&Value| stands(request);
        let ids: BTreeSet<_> = apps.iter().map(|app| text(app, "/id")).collect();
        for request in requests.iter().filter(standing) {
            let app = text(request, "/app/id");
            self.require(ids.contains(&app), || {
                format!("the request {} stands, and its app {app} is gone", text(request, "/id"))
            });
        }
    }

    /// I2: a key opens a product exactly when a provisioned request stands behind it and the credential is active.
    async fn keys_open_what_is_shown(&mut self, requests: &[Value], apps: &[Value], credentials: &[Value]) {
        let now = self.crowd.world.now();
        let (mut keys, replaced, removed) = {
            let known = self.crowd.known.lock().expect("nobody is left");
            (known.keys.clone(), known.replaced.clone(), known.removed.clone())
        };
        let is_about_now = |end: &str| is_about(end, now);
        let opened = |request: &&Value| text(request, "/provisioning/status") == "provisioned" && !changes(request);
        for request in requests.iter().filter(opened) {
            let id = text(request, "/credential_id");
            let credential = credentials.iter().find(|credential| text(credential, "/id") == id);
            let provisioned_at = text(request, "/updated_at").parse().unwrap_or(now);
            let worked = credential.is_some_and(|credential| {
                text(credential, "/status") != "revoked" && !had_ended(credential, provisioned_at)
            });
            self.require(worked, || {
                let id = text(request, "/id");
                format!("I2: the request {id} is provisioned, and its credential had ended: {credential:?}")
            });
        }
        for credential in credentials.iter().filter(|credential| text(credential, "/status") == "active") {
            let app = apps.iter().find(|app| text(app, "/id") == text(credential, "/app_id"));
            let owner = app.map(|app| text(app, "/owner")).unwrap_or_default();
            let Some(owner) = CONSUMERS.into_iter().find(|person| person.id == owner) else { continue };
            let path =
                format!("/v1/apps/{}/credentials/{}/reveal", text(credential, "/app_id"), text(credential, "/id"));
            let reply = self.crowd.world.call(owner, &Call::change("POST", path, Value::Null)).await;
            let id = text(credential, "/id");
            let is_kept = text(credential, "/keys/0/origin") == "issued";
            self.require(reply.is_success() == is_kept, || {
                format!("I2: the key of the active credential {id} is not revealed: {reply:?}")
            });
            if reply.is_success() {
                keys.push((id, reply.text("/key")));
            }
        }
        keys.sort();
        keys.dedup();
        for (id, key) in keys {
            let credential = credentials.iter().find(|credential| text(credential, "/id") == id);
            let replaced = replaced.iter().filter(|(of, _)| *of == id).map(|(_, end)| end.as_str());
            if credential.is_some_and(|credential| replaced.chain(credential["expires_at"].as_str()).any(is_about_now))
            {
                continue;
            }
            let active = credential.is_some_and(|credential| text(credential, "/status") == "active");
            // Keys that a rotation has ended are not among the credential's.
            let working = credential.and_then(|credential| credential["keys"].as_array());
            let works = working.is_some_and(|working| {
                let shown = |part: &Value| (text(part, "/prefix"), text(part, "/last_four"));
                working.iter().map(shown).any(|(start, end)| key.starts_with(&start) && key.ends_with(&end))
            });
            for product in PRODUCTS {
                let behind = requests.iter().find(|request| {
                    text(request, "/credential_id") == id
                        && !changes(request)
                        && text(request, "/status") == "approved"
                        && text(request, "/provisioning/status") == "provisioned"
                        && names(request, product)
                });
                let end = credential.and_then(|credential| end_of_access(credential, product));
                if end.is_some_and(is_about_now) {
                    continue;
                }
                let granted = credential.is_some_and(|credential| is_granted(credential, product));
                let ended = end.is_some_and(|end| has_passed(end, now));
                let taken = removed.contains(&(id.clone(), product));
                // The grants of a credential that is not active open nothing, and a renewal brings them back.
                let open = active && granted;
                self.require(!open || !ended, || {
                    format!("I2: the credential {id} is shown to open {product} after the end: {credential:?}")
                });
                self.require(!active || behind.is_none() || granted || taken || ended, || {
                    format!("I2: the credential {id} lost {product}, which nobody removed: {credential:?}")
                });
                let shown = active && works && granted && behind.is_some();
                let opens = self.crowd.world.opens(&key, product).await;
                self.require(shown == opens, || {
                    format!(
                        "I2: the credential {id} {} {product}, and by the record it {}: {credential:?}",
                        if opens { "opens" } else { "does not open" },
                        if shown { "should" } else { "should not" }
                    )
                });
            }
        }
    }

    /// I3: what blocks an app from asking again is what its standing requests hold, and nothing else.
    async fn claims_are_those_of_standing_requests(
        &mut self,
        requests: &[Value],
        apps: &[Value],
        credentials: &[Value],
    ) {
        let expired = credentials.iter().filter(|credential| text(credential, "/status") == "expired");
        let expired: BTreeSet<_> = expired.map(|credential| text(credential, "/id")).collect();
        let store = self.crowd.world.store();
        let ids: BTreeSet<_> = apps.iter().map(|app| text(app, "/id")).collect();
        let mut claimed = BTreeSet::new();
        for request in requests.iter().filter(|request| ids.contains(&text(request, "/app/id"))) {
            let id = text(request, "/id");
            let (Ok(app_id), Ok(request_id)) = (text(request, "/app/id").parse(), id.parse()) else { continue };
            let held = store.access_held_by(app_id, request_id).await.expect("the table can be read");
            let held: BTreeSet<_> = held.iter().map(ToString::to_string).collect();
            claimed.extend(held.iter().map(|product| (text(request, "/app/id"), product.clone())));
            if changes(request) {
                // A change that is under way may hold what its credential opened before it expired.
                self.require(held.is_empty() || stands(request), || {
                    format!("I3: the change {id} is not under way and holds {held:?}")
                });
                continue;
            }
            let credential = text(request, "/credential_id");
            let credential = credentials.iter().find(|one| text(one, "/id") == credential);
            let kept = |product: &String| credential.is_none_or(|credential| is_granted(credential, product));
            // An app may ask again for what its expired credential opened.
            if !stands(request) || expired.contains(&text(request, "/credential_id")) {
                self.require(held.is_empty(), || format!("I3: the settled request {id} still holds {held:?}"));
            } else if request["extends_credential_id"].is_null() {
                let asked: BTreeSet<_> = products(request).into_iter().filter(kept).collect();
                self.require(held == asked, || format!("I3: the request {id} holds {held:?} instead of {asked:?}"));
            } else if text(request, "/provisioning/status") == "provisioned" {
                let kept = held.iter().all(kept);
                self.require(kept, || format!("I3: the extension {id} holds {held:?}, of which something is closed"));
            }
        }
        let now = self.crowd.world.now();
        let lasts = |credential: &&Value| credential["expires_at"].as_str().is_none_or(|end| !is_about(end, now));
        let active = credentials.iter().filter(|credential| text(credential, "/status") == "active").filter(lasts);
        for (credential, product) in active.flat_map(|one| PRODUCTS.map(|product| (one, product))) {
            let of_app = (text(credential, "/app_id"), product.to_owned());
            self.require(!is_granted(credential, product) || claimed.contains(&of_app), || {
                format!("I3: {product} is open by the credential {} and claimed by nobody", text(credential, "/id"))
            });
        }
    }

    /// A call that was refused has filed nothing, and no call, however often it was repeated, has filed two requests.
    fn a_call_files_one_request(&mut self, requests: &[Value]) {
        let filings = self.crowd.known.lock().expect("nobody is left").filings.clone();
        for (justification, reply) in filings {
            let filed = requests.iter().filter(|request| text(request, "/justification") == justification).count();
            self.require(filed <= usize::from(!reply.is_refusal()), || {
                format!("I4: {filed} requests came of {justification}, of which was heard: {reply:?}")
            });
        }
    }

    /// The calls about the requests of each app are linearizable.
    fn what_happened_to_an_app_has_an_order(&mut self, requests: &[Value], credentials: &[Value]) {
        let (acts, removed) = {
            let known = self.crowd.known.lock().expect("nobody is left");
            (known.acts.clone(), known.removed.clone())
        };
        let renewals = requests.iter().filter(|request| {
            text(request, "/kind") == "renewal" && text(request, "/provisioning/status") == "provisioned"
        });
        let renewed: BTreeSet<_> = renewals.map(|request| text(request, "/credential_id")).collect();
        let mut apps: BTreeMap<String, BTreeMap<String, Recorded>> = BTreeMap::new();
        for request in requests {
            let id = text(request, "/credential_id");
            let credential = credentials.iter().find(|one| text(one, "/id") == id);
            let removed = removed.iter().filter(|(of, _)| *of == id).map(|(_, product)| *product).collect();
            let recorded = model::recorded(request, credential, renewed.contains(&id), &removed);
            apps.entry(text(request, "/app/id")).or_default().insert(text(request, "/id"), recorded);
        }
        for (app, record) in apps {
            let of_app = acts.iter().filter(|(about, act)| match &act.request {
                Some(request) => record.contains_key(request),
                None => about.as_ref() == Some(&app) && act.heard == Heard::Duplicate,
            });
            let of_app: Vec<_> = of_app.map(|(_, act)| act.clone()).collect();
            self.require(is_linearizable(&of_app, &record), || {
                format!("no order explains what was heard of the app {app}: {of_app:?} {record:?}")
            });
        }
    }

    /// What was put into a cart is in it, unless something that was begun later, or at the same time, took it out.
    async fn carts_hold_what_was_put_into_them(&mut self) {
        let changes = self.crowd.known.lock().expect("nobody is left").carts.clone();
        for put in changes.iter().filter(|change| change.reply.is_success()) {
            let CartVerb::Put(product) = put.verb else { continue };
            if self.crowd.world.now().duration_since(put.at) > CART_LIFETIME {
                continue;
            }
            let took_it = |change: &&CartChange| match change.verb {
                CartVerb::Submit if change.reply.is_success() => names(&change.reply.body, product),
                CartVerb::Remove(removed) => removed == product,
                CartVerb::Clear | CartVerb::Submit => !change.reply.is_refusal(),
                CartVerb::Put(_) => false,
            };
            let later = |change: &&CartChange| change.who == put.who && change.during.1 + APPLIED_LATE >= put.during.0;
            let meanwhile = changes.iter().filter(later);
            if meanwhile.clone().any(|change| took_it(&change)) {
                continue;
            }
            let cart = self.get(put.who, "/v1/cart").await;
            let held = list(&cart["items"]).iter().any(|item| text(item, "/product_id") == product);
            self.require(held, || format!("{product} was put into the cart of {} and is gone: {cart}", put.who.id));
        }
    }

    /// I4.
    fn one_credential_an_approval(&mut self, requests: &[Value], credentials: &[Value]) {
        let mut of_request: BTreeMap<_, usize> = BTreeMap::new();
        for credential in credentials {
            *of_request.entry(text(credential, "/request_id")).or_default() += 1;
        }
        for (id, count) in of_request {
            let request = requests.iter().find(|request| text(request, "/id") == id);
            self.require(count == 1, || format!("I4: the request {id} has {count} credentials"));
            self.require(request.is_some_and(|request| text(request, "/status") == "approved"), || {
                format!("I4: a credential of the request {id}, which was not approved: {request:?}")
            });
        }
    }

    /// Hands in again what was given up, as the runbook has it.
    async fn redrive(&mut self) {
        let world = &self.crowd.world;
        let given_up = std::mem::take(&mut *world.dead_letters.lock().expect("nobody is left"));
        for (function, event) in given_up {
            world.invoke_later(&function, event);
        }
        for _ in 0..4 {
            world.jump(Duration::from_secs(90));
            world.run_schedules().await;
        }
        let left = world.dead_letters.lock().expect("nobody is left").clone();
        for (function, event) in left {
            self.found.push(format!("{function} cannot handle {} in a calm either", event["detail-type"]));
        }
    }

    /// I9: whoever had an app knows no key to it: those that they saw have ended, and they are shown no other.
    async fn former_owners_know_no_key_that_works(&mut self) {
        let (shown, handovers) = {
            let known = self.crowd.known.lock().expect("nobody is left");
            (known.shown.clone(), known.handovers.clone())
        };
        let settled = self.crowd.world.now() - CLOCKS_DIFFER;
        for Shown { app, to: person, key, begun } in shown {
            let of_app = || handovers.iter().filter(|handover| handover.app == app);
            let lost = of_app().find(|handover| handover.from == person && handover.to != person);
            let Some(lost) = lost.filter(|_| !of_app().any(|handover| handover.to == person)) else { continue };
            self.require(begun < lost.heard, || {
                format!("I9: {person} was shown a key of the app {app}, which was {}'s by then", lost.to)
            });
            if of_app().all(|handover| handover.keys_end < settled) {
                for product in PRODUCTS {
                    let opens = self.crowd.world.opens(&key, product).await;
                    self.require(!opens, || {
                        format!(
                            "I9: a key that {person} knows opens {product} for the app {app}, which went to {}",
                            lost.to
                        )
                    });
                }
            }
        }
    }

    /// I5.
    fn everything_is_published(&mut self) {
        let published = self.crowd.world.published.lock().expect("nobody is left").clone();
        let recorded = self.crowd.world.recorded.lock().expect("nobody is left").clone();
        self.require(!recorded.is_empty(), || "I5: the simulation saw no event".to_owned());
        let sweeper = &self.crowd.world.function_of("expire").wiring.logical_id;
        let most = MOST_BY_SWEEPER * (1 + self.crowd.world.receipts_lost.load(Ordering::SeqCst));
        for id in recorded {
            let by = published.get(&id);
            self.require(by.is_some(), || format!("I5: the event {id} was never published"));
            let swept = by.and_then(|by| by.get(sweeper)).copied().unwrap_or(0);
            self.require(swept <= most, || format!("I5: the sweeper published the event {id} {swept} times"));
        }
    }

    /// I6.
    async fn chains_verify(&mut self, requests: &[Value], apps: &[Value], credentials: &[Value]) {
        let store = self.crowd.world.store();
        for request in requests {
            let id = text(request, "/id");
            let Ok(request_id) = id.parse() else { continue };
            let events = self.chain(&store, &Aggregate::Request(request_id)).await;
            let version = request["version"].as_u64().unwrap_or_default();
            self.require(events == version, || {
                format!("I6: the request {id} has changed {version} times and {events} events say so")
            });
        }
        for app in apps {
            let Ok(id) = text(app, "/id").parse() else { continue };
            self.chain(&store, &Aggregate::App(id)).await;
        }
        for credential in credentials {
            let Ok(id) = text(credential, "/id").parse() else { continue };
            self.chain(&store, &Aggregate::Credential(id)).await;
        }
    }

    /// Verifies the chain of an aggregate; gives its length.
    async fn chain(&mut self, store: &Store, aggregate: &Aggregate) -> u64 {
        let events = store.events_of(aggregate).await.expect("the events can be read");
        if let Err(broken) = Chain::verify(&events) {
            self.found.push(format!("I6: the chain of {aggregate:?} does not verify: {broken}"));
        }
        events.len() as u64
    }

    /// I8: what became of a request has been told to those concerned, once, and again only where something went wrong.
    async fn whoever_must_hear_has_a_mail(&mut self, requests: &[Value], credentials: &[Value]) {
        let most = 1 + self.crowd.world.mail_troubles.load(Ordering::SeqCst);
        for request in requests {
            let id = text(request, "/id");
            let credential = credentials.iter().find(|one| text(one, "/id") == text(request, "/credential_id"));
            let templates = due_mails(request, credential);
            let detail = self.get(OWEN, &format!("/v1/admin/access-requests/{id}")).await;
            let records = list(&detail["mails"]);
            let told = records.iter().filter(|mail| templates.contains(&&*text(mail, "/template")));
            let told: Vec<_> = told.map(|mail| text(mail, "/status")).collect();
            let about = format!("Access request {id}");
            let mails = self.crowd.world.mails.lock().expect("nobody is left").clone();
            let mut sent: BTreeMap<_, usize> = BTreeMap::new();
            for mail in mails.iter().filter(|mail| mail.text.contains(&about)) {
                *sent.entry(mail.template.as_str()).or_default() += 1;
            }
            let settled = ["sent", "refused", "muted", "no_recipient"];
            self.require(templates.is_empty() || told.iter().any(|status| settled.contains(&&**status)), || {
                format!("I8: nobody was told by {templates:?} of the request {id}: {told:?}")
            });
            let was_sent = templates.iter().any(|template| sent.contains_key(template));
            self.require(was_sent || !told.contains(&"sent".to_owned()), || {
                format!("I8: a mail of {templates:?} of the request {id} is on record and was not sent")
            });
            // Owners hear of each time that provisioning gave up.
            for (template, times) in sent.into_iter().filter(|(template, _)| *template != "provisioning-failed") {
                self.require(times <= most, || {
                    format!("I8: the mail {template} of {id} was sent {times} times, and {most} are explained")
                });
            }
        }
    }

    /// The ids of what was done with success.
    fn done(&self, operation: &str) -> BTreeSet<String> {
        let known = self.crowd.known.lock().expect("nobody is left");
        known.done.iter().filter(|(done, _)| *done == operation).map(|(_, id)| id.clone()).collect()
    }
}
