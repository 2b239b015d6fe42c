//! R6: the record of what happened can be neither altered, nor thinned out, nor reordered unnoticed;
//! what is personal in it can be erased.

use gatepass_domain::Event;
use gatepass_domain::context::Origin;
use gatepass_domain::event::{Broken, BusEvent, Chain, Detail, Sealed};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::walk::{kind, operation, walk};

fn story() -> impl Strategy<Value = Vec<Event>> {
    let operations = prop::collection::vec(operation(), 8..30);
    let walks =
        (any::<u64>(), kind(), operations).prop_map(|(seed, kind, operations)| walk(seed, kind, &operations).events);
    walks.prop_filter("a story has a middle", |events| events.len() >= 3)
}

/// The event without its personal part.
fn erased_from(event: &Event) -> Event {
    Event::open(Sealed { salt: None, personal: None, ..event.sealed.clone() }).unwrap()
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
    fn an_altered_event_is_noticed(events in story(), at: prop::sample::Index, member in 0usize..10) {
        let at = at.index(events.len());
        let other = &events[(at + 1) % events.len()];
        let name = ["version", "id", "occurred_at", "actor_kind", "actor_id", "correlation_id", "causation_id", "type", "data", "commitment"][member];
        let body = |event: &Event| -> Value { serde_json::from_str(&event.sealed.body).unwrap() };
        let mut altered = body(&events[at]);
        altered[name] = body(other)[name].clone();
        let is_changed = altered != body(&events[at]);
        let mut story = events.clone();
        story[at] = Event::open(Sealed { body: altered.to_string(), ..events[at].sealed.clone() }).unwrap();
        prop_assert_eq!(Chain::verify(&story).is_err(), is_changed, "{}", name);
        story[at] = Event::open(Sealed { hash: other.sealed.hash.clone(), ..events[at].sealed.clone() }).unwrap();
        prop_assert!(Chain::verify(&story).is_err());
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
                *event = erased_from(event);
            }
        }
        prop_assert_eq!(Chain::verify(&partly).unwrap(), end);

        let at = at.index(events.len());
        let seq = events[at].seq;
        let mut altered = events.clone();
        altered[at].sealed.personal = Some(r#"{"actor_name":null,"reason":"something else"}"#.into());
        prop_assert_eq!(Chain::verify(&altered), Err(Broken::PersonalAltered { seq }));
        // Erasing the salt alone must not make the alteration pass for an erasure.
        altered[at].sealed.salt = None;
        prop_assert_eq!(Chain::verify(&altered), Err(Broken::PersonalAltered { seq }));
    }

    #[test]
    fn an_erased_event_no_longer_says_who_and_why(events in story()) {
        for event in events {
            let name = event.actor().name;
            let event = erased_from(&event);
            prop_assert_eq!(event.actor().name, None);
            let text = serde_json::to_string(&event.sealed).unwrap();
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
    for spoil in ["/metadata", "/metadata/id", "/metadata/correlation_id", "/data/request_id", "/data/review"] {
        let mut bad = good.clone();
        *bad.pointer_mut(spoil).unwrap() = serde_json::Value::from("nonsense");
        let still_text = spoil.ends_with("correlation_id");
        assert_eq!(BusEvent::parse(bad).is_ok(), still_text, "{spoil}");
    }
    assert!(BusEvent::parse(serde_json::json!({})).is_err());
}

/// The files that version 1 wrote: they are read, and verify, for ever.
#[test]
fn events_that_version_1_wrote_are_read_and_verify() {
    let golden: Vec<Sealed> = serde_json::from_str(include_str!("golden/events-1.json")).unwrap();
    let events: Vec<_> = golden.into_iter().map(|sealed| Event::open(sealed).unwrap()).collect();
    assert_eq!(Chain::verify(&events).unwrap(), events.last().unwrap().end_of_chain());
    let types: Vec<_> = events.iter().map(|event| event.detail.event_type()).collect();
    assert_eq!(types, ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]);
    assert!(events.iter().all(|event| event.version == 1 && !matches!(event.detail, Detail::Unknown(_))));
    let origin = Origin { source_address: "192.0.2.7".into(), user_agent: Some("Mozilla/5.0".into()) };
    assert_eq!(events[0].personal.as_ref().unwrap().origin, Some(origin));
    assert_eq!(events[1].personal, None, "it was erased");
}

/// The additions of a newer version: another type, another member, another value in the data of a known type.
#[test]
fn events_that_a_newer_version_wrote_are_passed_on_as_they_are() {
    let (_, event) = crate::samples::filed(&mut crate::samples::context(1));
    for (member, value) in [
        ("/type", json!("RequestPraised")),
        ("/data", json!({ "stars": 5 })),
        ("/data/kind", json!("barter")),
        ("/mood", json!("splendid")),
    ] {
        let mut body: Value = serde_json::from_str(&event.sealed.body).unwrap();
        match body.pointer_mut(member) {
            Some(place) => *place = value,
            None => body[member.trim_start_matches('/')] = value,
        }
        body["version"] = json!(2);
        let newer = Event::open(Sealed { body: body.to_string(), ..event.sealed.clone() }).unwrap();
        let detail = newer.bus_detail();
        assert_eq!(
            (&detail["metadata"]["version"], &detail["metadata"]["type"]),
            (&json!(2), &body["type"]),
            "{member}"
        );
        assert_eq!(detail["data"], body["data"], "{member}");
    }
}

/// H5: what a change did to an app, an offering or the settings, without saying what stands there.
#[test]
fn a_change_names_the_fields_and_hashes_the_content() {
    let old = json!({ "name": "Weather", "owners": ["ada@example.com"], "published": true });
    let new = json!({ "name": "Weather", "owners": ["grace@example.com"], "published": true, "status": "beta" });
    let subject = gatepass_domain::event::EntitySubject::changed("weather-api", 2, &old, &new);
    assert_eq!(subject.changed, ["owners", "status"]);
    let hash = |content: &Value| gatepass_domain::event::EntitySubject::created("weather-api", 1, content).after;
    assert_eq!((subject.before.clone(), subject.after.clone()), (hash(&old), hash(&new)));
    assert!(!serde_json::to_string(&subject).unwrap().contains("example.com"));
    let same = gatepass_domain::event::EntitySubject::changed("weather-api", 3, &new, &new);
    assert!(same.changed.is_empty() && same.before == same.after);
}
