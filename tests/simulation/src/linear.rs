//! Linearizability of what happens to one app, whose requests share its claims: there is an order of the calls, each at a
//! moment between its beginning and its answer, in which every answer is the right one.
//!
//! The specification is the lifecycle of a request. What Gatepass does by itself, or for a call that is not listed, happens
//! at any moment, but only on the way to what the record says in the end. The search is the one of Wing and Gong ("Testing
//! and verifying concurrent objects", 1993), with the states that were seen left out.

use std::collections::{BTreeMap, HashSet};

use tokio::time::Instant;

/// A call about a request of the app.
#[derive(Debug, Clone)]
pub struct Act {
    /// What was asked.
    pub verb: Verb,
    /// The request, when the answer or the call named it.
    pub request: Option<String>,
    /// The answer.
    pub heard: Heard,
    /// When it was begun, and when the answer was heard.
    pub during: (Instant, Instant),
}

/// What a call asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// For these products, which nothing else of the app may hold or await.
    Submit(Vec<String>),
    /// To take back what is undecided.
    Withdraw,
    /// To reject what is undecided.
    Reject,
    /// To reject some products of what is undecided: it goes on with the rest.
    Narrow,
    /// To approve what is undecided; the last approval decides.
    Approve,
    /// To take back what was approved.
    Revoke,
}

/// What was heard of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was done.
    Done,
    /// The app holds or awaits one of the products.
    Duplicate,
    /// The request is not undecided any more.
    Decided,
    /// Nothing, so that it was done or not, now or a little later.
    Nothing,
}

/// The states of a request, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not filed.
    Absent,
    /// Undecided.
    Pending,
    /// Approved, and what it asked for is the app's.
    Approved,
    /// It claims nothing: rejected, withdrawn, revoked, or its credential has expired.
    Ended(End),
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Before it was approved.
    Rejected,
    /// Before it was approved.
    Withdrawn,
    /// After it was approved.
    Revoked,
    /// After it was approved.
    Expired,
    /// Nobody decided in time.
    Undecided,
}

const EXPIRED: State = State::Ended(End::Expired);

/// A request as the record has it in the end.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The products that it asked for when it was filed.
    pub asked: Vec<String>,
    /// Those of them that remain in the end.
    pub products: Vec<String>,
    /// Whether it claims them all, or, to extend a credential, those of them that are free.
    pub claims: Claims,
    /// Whether its access may have expired by itself, from when on it claims nothing, before it came to its last state.
    pub may_lapse: bool,
    /// Whether access that had expired may have come back, because its credential was renewed.
    pub may_return: bool,
    /// Its last state.
    pub last: State,
}

/// How much of what it asks for a request claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claims {
    /// All of it.
    All,
    /// What nobody else held when it was filed.
    WhatIsFree,
}

/// Whether there is an order of `acts` that explains every answer and ends with the record.
pub fn is_linearizable(acts: &[Act], record: &BTreeMap<String, Recorded>) -> bool {
    let start = (0_u64, vec![State::Absent; record.len()]);
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    let must: u64 = (0..acts.len()).filter(|act| acts[*act].heard != Heard::Nothing).map(|act| 1 << act).sum();
    while let Some((done, states)) = open.pop() {
        let ended = record.values().zip(&states).all(|(recorded, state)| recorded.last == *state);
        if done & must == must && ended {
            return true;
        }
        let by_itself = moved_by_itself(&states, acts, record).into_iter().map(|states| (done, states));
        let left = || (0..acts.len()).filter(|act| done & 1 << act == 0);
        let first_end = left().filter(|act| must & 1 << act != 0).map(|act| acts[act].during.1).min();
        let may_be_next = left().filter(|act| first_end.is_none_or(|end| acts[*act].during.0 <= end));
        let called = may_be_next.filter_map(|act| Some((done | 1 << act, after(&acts[act], &states, record)?)));
        for next in by_itself.chain(called) {
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    false
}

/// The states that may follow without a call of `acts`.
fn moved_by_itself(states: &[State], acts: &[Act], record: &BTreeMap<String, Recorded>) -> Vec<Vec<State>> {
    let mut moved = Vec::new();
    for (place, (id, recorded)) in record.iter().enumerate() {
        let is_listed = acts.iter().any(|act| matches!(act.verb, Verb::Submit(_)) && act.request.as_ref() == Some(id));
        let files_itself = || !is_listed && is_free(recorded, &recorded.asked, states, record);
        let may_return = || recorded.may_return && is_free(recorded, &recorded.products, states, record);
        let next = match (states[place], recorded.last) {
            (State::Absent, _) if files_itself() => vec![State::Pending],
            (State::Pending, State::Approved | State::Ended(End::Revoked | End::Expired)) => vec![State::Approved],
            (State::Pending, last @ State::Ended(_)) => vec![last],
            (State::Approved, last @ State::Ended(End::Revoked)) if recorded.may_lapse => vec![EXPIRED, last],
            (State::Approved, last @ State::Ended(End::Revoked | End::Expired)) => vec![last],
            (State::Approved, _) if recorded.may_lapse => vec![EXPIRED],
            (EXPIRED, last) if may_return() => vec![State::Approved, last],
            (EXPIRED, last @ State::Ended(End::Revoked)) => vec![last],
            _ => continue,
        };
        moved.extend(next.into_iter().map(|state| {
            let mut states = states.to_vec();
            states[place] = state;
            states
        }));
    }
    moved
}

/// The states after `act`; `None` when its answer would be wrong now.
fn after(act: &Act, states: &[State], record: &BTreeMap<String, Recorded>) -> Option<Vec<State>> {
    if let (Verb::Submit(products), Heard::Duplicate) = (&act.verb, act.heard) {
        // Until they were dropped, the request held all products that it had asked for.
        return standing(states, record).any(|held| meet(&held.asked, products)).then(|| states.to_vec());
    }
    let place = record.keys().position(|id| Some(id) == act.request.as_ref())?;
    let state = states[place];
    if act.heard == Heard::Decided {
        // Whoever has approved an undecided request hears that too, when they approve it again.
        let earliest = if act.verb == Verb::Approve { State::Pending } else { State::Approved };
        return (state >= earliest).then(|| states.to_vec());
    }
    let next = match (&act.verb, state) {
        (Verb::Submit(products), State::Absent) if is_free(record.values().nth(place)?, products, states, record) => {
            State::Pending
        }
        (Verb::Withdraw, State::Pending) => State::Ended(End::Withdrawn),
        (Verb::Reject, State::Pending) => State::Ended(End::Rejected),
        // The first of two approvals decides nothing; the one that does is part of what follows.
        (Verb::Approve | Verb::Narrow, State::Pending) => State::Pending,
        (Verb::Revoke, State::Approved | EXPIRED) => State::Ended(End::Revoked),
        _ => return None,
    };
    let mut states = states.to_vec();
    states[place] = next;
    Some(states)
}

/// The requests that hold or await something.
fn standing<'a>(
    states: &'a [State],
    record: &'a BTreeMap<String, Recorded>,
) -> impl Iterator<Item = &'a Recorded> + use<'a> {
    let all = record.values().zip(states);
    all.filter(|(_, state)| matches!(state, State::Pending | State::Approved)).map(|(recorded, _)| recorded)
}

/// Whether a request may claim `products`: no other has them, or it takes what is free of them.
fn is_free(request: &Recorded, products: &[String], states: &[State], record: &BTreeMap<String, Recorded>) -> bool {
    let mut claiming = standing(states, record).filter(|held| held.claims == Claims::All);
    request.claims == Claims::WhatIsFree || !claiming.any(|held| meet(&held.products, products))
}

fn meet(held: &[String], products: &[String]) -> bool {
    held.iter().any(|product| products.contains(product))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn act(verb: Verb, request: &str, heard: Heard, from: u64, to: u64) -> Act {
        let at = |second| Instant::now() + Duration::from_secs(1_000 + 10 * second);
        Act { verb, request: Some(request.to_owned()), heard, during: (at(from), at(to)) }
    }

    fn submit(request: &str, heard: Heard, from: u64, to: u64) -> Act {
        act(Verb::Submit(vec!["maps".to_owned()]), request, heard, from, to)
    }

    fn record(requests: &[(&str, State)]) -> BTreeMap<String, Recorded> {
        let products = vec!["maps".to_owned()];
        let recorded = |last: &State| Recorded {
            asked: products.clone(),
            products: products.clone(),
            claims: Claims::All,
            may_lapse: false,
            may_return: false,
            last: *last,
        };
        requests.iter().map(|(id, last)| ((*id).to_owned(), recorded(last))).collect()
    }

    #[tokio::test]
    async fn one_of_two_requests_for_a_product_is_a_duplicate() {
        let one = [("a", State::Approved)];
        let (first, second) = (submit("a", Heard::Done, 0, 3), submit("", Heard::Duplicate, 1, 2));
        assert!(is_linearizable(&[first.clone(), second], &record(&one)));
        let too_early = submit("", Heard::Duplicate, 4, 5);
        let later = submit("a", Heard::Done, 6, 7);
        assert!(!is_linearizable(&[later, too_early], &record(&one)));
        let both = [("a", State::Approved), ("b", State::Approved)];
        assert!(!is_linearizable(&[first, submit("b", Heard::Done, 4, 5)], &record(&both)));
    }

    #[tokio::test]
    async fn a_request_is_decided_once() {
        let withdrawn = record(&[("a", State::Ended(End::Withdrawn))]);
        let filed = submit("a", Heard::Done, 0, 1);
        let withdraw = |heard, from, to| act(Verb::Withdraw, "a", heard, from, to);
        let reject = |heard, from, to| act(Verb::Reject, "a", heard, from, to);
        assert!(is_linearizable(
            &[filed.clone(), withdraw(Heard::Done, 2, 5), reject(Heard::Decided, 3, 4)],
            &withdrawn
        ));
        assert!(!is_linearizable(&[filed.clone(), withdraw(Heard::Done, 2, 3), reject(Heard::Done, 4, 5)], &withdrawn));
        assert!(is_linearizable(&[filed.clone(), withdraw(Heard::Nothing, 2, 3)], &withdrawn));
        assert!(!is_linearizable(&[filed, reject(Heard::Decided, 2, 3), withdraw(Heard::Done, 4, 5)], &withdrawn));
    }
    #[tokio::test]
    async fn access_that_expired_is_in_nobodys_way_whatever_becomes_of_it_later() {
        let acts = |second_submit| [submit("a", Heard::Done, 0, 1), submit("b", Heard::Done, 2, second_submit)];
        let revoke = act(Verb::Revoke, "a", Heard::Done, 4, 5);
        let both = record(&[("a", State::Ended(End::Revoked)), ("b", State::Approved)]);
        let calls = [acts(3).to_vec(), vec![revoke]].concat();
        assert!(!is_linearizable(&calls, &both), "the app held the product when it asked for it again");
        let mut lapsed = both.clone();
        lapsed.get_mut("a").unwrap().may_lapse = true;
        assert!(is_linearizable(&calls, &lapsed));
        let mut renewed = record(&[("a", State::Approved), ("b", State::Ended(End::Withdrawn))]);
        assert!(!is_linearizable(&acts(3), &renewed));
        renewed.get_mut("a").unwrap().may_lapse = true;
        renewed.get_mut("a").unwrap().may_return = true;
        assert!(is_linearizable(&acts(3), &renewed));
    }
}
