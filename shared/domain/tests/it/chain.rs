//! R6: the record of what happened can be neither altered, nor thinned out, nor reordered unnoticed;
//! what is personal in it can be erased.

use gatepass_domain::Event;
use gatepass_domain::event::{Broken, BusEvent, Chain};
use proptest::prelude::*;

use crate::walk::{kind, operation, walk};

fn story() -> impl Strategy<Value = Vec<Event>> {
    let operations = prop::collection::vec(operation(), 8..30);
    let walks =
        (any::<u64>(), kind(), operations).prop_map(|(seed, kind, operations)| walk(seed, kind, &operations).events);
    walks.prop_filter("a story has a middle", |events| events.len() >= 3)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 20_000, ..ProptestConfig::default() })]

    // Covers R6.
    #[test]
    fn a_removed_event_is_missed(events in story(), at: prop::sample::Index) {
        let end = Chain::verify(&events).unwrap();
        let at = at.index(events.len());
        let mut thinned = events.clone();
        thinned.remove(at);
        match Chain::verify(&thinned) {
            Err(broken) => prop_assert_eq!(broken, Broken::Gap { seq: u64::try_from(at).unwrap() + 2, expected: u64::try_from(at).unwrap() + 1 }),
            // The last one is missed by the end that is kept with the aggregate.
            Ok(chain) => prop_assert!(at == events.len() - 1 && chain != end),
        }
    }

    // Covers R6.
    #[test]
    fn a_replayed_or_moved_event_is_noticed(events in story(), one: prop::sample::Index, other: prop::sample::Index) {
        let (one, other) = (one.index(events.len()), other.index(events.len()));
        let mut doubled = events.clone();
        doubled.insert(other, events[one].clone());
        prop_assert!(Chain::verify(&doubled).is_err());
        let mut moved = events.clone();
        moved.swap(one, other);
        prop_assert_eq!(Chain::verify(&moved).is_ok(), one == other);
    }

    // Covers R6.
    #[test]
    fn an_altered_event_is_noticed(events in story(), at: prop::sample::Index, how in 0usize..8) {
        let at = at.index(events.len());
        let mut altered = events.clone();
        let other = events[(at + 1) % events.len()].clone();
        let event = &mut altered[at];
        match how {
            0 => event.actor_id.push('x'),
            1 => event.occurred_at = event.occurred_at.checked_add(jiff::SignedDuration::from_millis(1)).unwrap(),
            2 => event.correlation_id.push('x'),
            3 => event.id = other.id,
            4 => event.commitment = other.commitment,
            5 => event.actor_kind = gatepass_domain::person::ActorKind::System,
            6 => event.causation_id = Some(other.id),
            _ => event.hash = other.hash,
        }
        let changed = altered[at] != events[at];
        prop_assert_eq!(Chain::verify(&altered).is_err(), changed);
    }

    /// Somebody who rewrites an event and its hash breaks the event after it.
    // Covers R6.
    #[test]
    fn a_rewritten_event_does_not_fit_in(events in story(), others in story(), at: prop::sample::Index) {
        let at = at.index(events.len().min(others.len()));
        let mut forged = events.clone();
        forged[at] = others[at].clone();
        prop_assert!(Chain::verify(&forged).is_err() || forged == events);
    }

    // Covers R6.
    #[test]
    fn what_is_personal_can_be_erased_and_not_altered(events in story(), erased in prop::collection::vec(any::<bool>(), 30), at: prop::sample::Index) {
        let end = Chain::verify(&events).unwrap();
        let mut partly = events.clone();
        for (event, erase) in partly.iter_mut().zip(&erased) {
            if *erase {
                event.personal = None;
                event.salt = None;
            }
        }
        prop_assert_eq!(Chain::verify(&partly).unwrap(), end);

        let at = at.index(events.len());
        let seq = events[at].seq;
        let mut altered = events.clone();
        altered[at].personal.as_mut().unwrap().reason = Some("something else".into());
        prop_assert_eq!(Chain::verify(&altered), Err(Broken::PersonalAltered { seq }));
        // Erasing the salt alone must not make the alteration pass for an erasure.
        altered[at].salt = None;
        prop_assert_eq!(Chain::verify(&altered), Err(Broken::PersonalAltered { seq }));
    }

    #[test]
    fn an_erased_event_no_longer_says_who_and_why(events in story()) {
        for mut event in events {
            let name = event.actor().name;
            event.personal = None;
            event.salt = None;
            prop_assert_eq!(event.actor().name, None);
            let text = serde_json::to_string(&event).unwrap();
            prop_assert!(name.is_none_or(|name| !text.contains(&name)));
            prop_assert!(!text.contains("it had to be") && !text.contains("fine by me"));
        }
    }

    /// Every delivery of an event is recognised as the same event, and it is thin.
    #[test]
    fn what_goes_on_the_bus_is_recognised_and_holds_nothing_personal(events in story()) {
        for event in &events {
            let detail = event.bus_detail();
            let text = detail.to_string();
            for personal in ["Person", "@", "fine by me", "it had to be", "not for storms", "Storm", "Adastown", "did not answer"] {
                prop_assert!(!text.contains(personal), "{personal} in {text}");
            }
            prop_assert_eq!(detail["metadata"]["type"].as_str(), Some(event.detail.event_type()));
            let delivered = BusEvent::parse(detail.clone()).unwrap();
            let delivered_again = BusEvent::parse(serde_json::from_str(&text).unwrap()).unwrap();
            prop_assert_eq!(&delivered, &delivered_again);
            prop_assert_eq!(delivered.id, event.id);
            prop_assert_eq!(&delivered.correlation_id, &event.correlation_id);
            prop_assert_eq!(&delivered.detail, &event.detail);
        }
        let ids: std::collections::HashSet<_> = events.iter().map(|event| event.id).collect();
        prop_assert_eq!(ids.len(), events.len());
    }
}

#[test]
fn what_is_no_event_of_ours_is_not_read() {
    let (_, event) = crate::samples::filed(&mut crate::samples::context(1));
    let good = event.bus_detail();
    for spoil in
        ["/metadata", "/metadata/id", "/metadata/type", "/metadata/correlation_id", "/data/request_id", "/data/review"]
    {
        let mut bad = good.clone();
        *bad.pointer_mut(spoil).unwrap() = serde_json::Value::from("nonsense");
        let still_text = spoil.ends_with("correlation_id");
        assert_eq!(BusEvent::parse(bad).is_ok(), still_text, "{spoil}");
    }
    assert!(BusEvent::parse(serde_json::json!({})).is_err());
}
