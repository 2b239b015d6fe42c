//! Who must leave a decision to somebody else.

use gatepass_domain::app::{Contact, Handover, MAX_HANDOVERS, Visibility};
use gatepass_domain::conflict::{Conflict, Involvement, Matter, conflict_of_interest};
use gatepass_domain::{App, Person, PersonId};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::samples::{context, noon, person};

const PEOPLE: [&str; 4] = ["ada", "bob", "owen", "olga"];

fn id(index: usize) -> PersonId {
    PersonId(PEOPLE[index].into())
}

fn contact() -> Contact {
    Contact { name: "Nobody".into(), email: None }
}

fn hours_after_noon(hours: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn app(owner: PersonId, visibility: Visibility, team: Option<&str>, handovers: Vec<Handover>) -> App {
    let profile = serde_json::from_value(serde_json::json!({ "name": "Storm warnings" })).unwrap();
    let profile = gatepass_domain::app::Profile { visibility, team: team.map(str::to_owned), ..profile };
    let (id, organisation) = (context(1).id(), Some("harbour".into()));
    App { id, profile, owner, contact: None, organisation, handovers, handover_count: 0 }
}

fn visibility() -> impl Strategy<Value = Visibility> {
    prop_oneof![Just(Visibility::Personal), Just(Visibility::Team), Just(Visibility::Organisation)]
}

/// From, by, and the hours after noon.
fn handovers() -> impl Strategy<Value = Vec<(usize, usize, i64)>> {
    prop::collection::vec((0usize..4, 0usize..4, -20_000i64..100), 0..6)
}

fn recorded(handovers: &[(usize, usize, i64)]) -> Vec<Handover> {
    let record = |(from, by, hours): &(usize, usize, i64)| Handover {
        from: id(*from),
        by: id(*by),
        at: hours_after_noon(*hours),
        overlap_seconds: 0,
        contact: None,
    };
    handovers.iter().map(record).collect()
}

fn involvement() -> impl Strategy<Value = Option<Involvement>> {
    prop::option::of(prop_oneof![Just(Involvement::Decided), Just(Involvement::SawKey)])
}

proptest! {
    // Covers P15.
    /// A person decides exactly when nothing connects them with the request since it was submitted.
    #[test]
    fn nobody_decides_who_has_an_interest(
        who in 0usize..4, requester in 0usize..4, owner in 0usize..4, handovers in handovers(),
        visibility in visibility(), in_team: bool, involvement in involvement(),
    ) {
        let groups: &[&str] = if in_team { &["builders"] } else { &["builders "] };
        let person = Person { organisation: Some("harbour".into()), ..person(PEOPLE[who], groups) };
        let app = app(id(owner), visibility, Some("builders"), recorded(&handovers));
        let matter = Matter::Request { requester: &id(requester), app: Some(&app), since: noon(), involvement };
        let lately = |index: fn(&(usize, usize, i64)) -> usize| {
            handovers.iter().any(|handover| index(handover) == who && handover.2 >= 0)
        };
        let interested = requester == who
            || owner == who
            || lately(|(from, _, _)| *from)
            || lately(|(_, by, _)| *by)
            || (visibility == Visibility::Team && in_team)
            || involvement == Some(Involvement::SawKey);
        prop_assert_eq!(conflict_of_interest(&person, matter).is_some(), interested);
    }

    /// Whatever somebody does with a credential of others, and in whichever order: they never both decide about it and see its key.
    #[test]
    fn nobody_both_decides_about_a_credential_and_sees_its_key(
        deeds in prop::collection::vec(0usize..4, 1..20), app_is_gone: bool,
    ) {
        let (person, nobody) = (person("owen", &["api-owners"]), PersonId("nobody".into()));
        let others = app(id(0), Visibility::Organisation, None, Vec::new());
        let standing = (!app_is_gone).then_some(&others);
        let mut involvement = None;
        let (mut decided, mut saw_key) = (false, false);
        for deed in deeds {
            let (matter, then) = match deed {
                0 => (Matter::Reveal { opened_by: None, involvement }, Involvement::SawKey),
                1 => (Matter::Grant { app: &others, now: noon(), involvement }, Involvement::Decided),
                2 => (Matter::Resumption { app: standing, now: noon(), involvement }, Involvement::Decided),
                _ => {
                    let request = Matter::Request { requester: &nobody, app: standing, since: noon(), involvement };
                    (request, Involvement::Decided)
                }
            };
            if conflict_of_interest(&person, matter).is_none() {
                involvement = Some(then);
                decided |= then == Involvement::Decided;
                saw_key |= then == Involvement::SawKey;
            }
        }
        prop_assert!(decided != saw_key, "the first deed is free, and excludes the others");
    }

    /// For a grant and for the end of a suspension, what happened in the last year counts as what happened since the submit.
    #[test]
    fn a_grant_looks_a_year_back(
        who in 0usize..4, owner in 0usize..4, handovers in handovers(), involvement in involvement(),
    ) {
        let person = person(PEOPLE[who], &[]);
        let app = app(id(owner), Visibility::Personal, None, recorded(&handovers));
        let a_year_ago = noon().checked_sub(SignedDuration::from_hours(24 * 366)).unwrap();
        let nobody = PersonId("nobody".into());
        let since = Matter::Request { requester: &nobody, app: Some(&app), since: a_year_ago, involvement };
        let grant = Matter::Grant { app: &app, now: noon(), involvement };
        let resumption = Matter::Resumption { app: Some(&app), now: noon(), involvement };
        prop_assert_eq!(conflict_of_interest(&person, grant), conflict_of_interest(&person, since));
        prop_assert_eq!(conflict_of_interest(&person, resumption), conflict_of_interest(&person, since));
    }

    /// However often somebody reassigns an app to hide an earlier time, these times give them away.
    #[test]
    fn an_app_remembers_those_who_reassign_it(times in 1usize..250) {
        let mut app = app(id(2), Visibility::Personal, None, Vec::new());
        for time in 0..times {
            app = app.handed_to(id(time % 2), contact(), &id(2), hours_after_noon(1), 0);
        }
        prop_assert!(app.handovers.len() <= MAX_HANDOVERS);
        let matter = Matter::Request { requester: &id(0), app: Some(&app), since: noon(), involvement: None };
        prop_assert!(conflict_of_interest(&person("owen", &[]), matter).is_some());
    }
}

#[test]
fn each_interest_has_a_reason_of_its_own() {
    let handover =
        |from, by| vec![Handover { from: id(from), by: id(by), at: noon(), overlap_seconds: 0, contact: None }];
    let owen = person("owen", &["builders"]);
    for (requester, owner, team, handovers, expected) in [
        (2, 0, None, Vec::new(), Some(Conflict::Requester)),
        (0, 2, None, Vec::new(), Some(Conflict::OwnsApp)),
        (0, 0, None, handover(2, 3), Some(Conflict::OwnedApp)),
        (0, 0, None, handover(1, 2), Some(Conflict::ReassignedApp)),
        (0, 0, Some("builders"), Vec::new(), Some(Conflict::SharesApp)),
        (0, 0, Some("others"), Vec::new(), None),
        (0, 0, None, handover(1, 3), None),
    ] {
        let visibility = if team.is_some() { Visibility::Team } else { Visibility::Personal };
        let app = app(id(owner), visibility, team, handovers);
        let matter = Matter::Request { requester: &id(requester), app: Some(&app), since: noon(), involvement: None };
        assert_eq!(conflict_of_interest(&owen, matter), expected);
    }
    let gone = |requester| Matter::Request { requester, app: None, since: noon(), involvement: None };
    assert_eq!(conflict_of_interest(&owen, gone(&owen.id)), Some(Conflict::Requester), "also when the app is gone");
    assert_eq!(conflict_of_interest(&owen, gone(&id(0))), None);
}

#[test]
fn nobody_reassigns_an_app_to_themselves() {
    let owen = person("owen", &["api-owners"]);
    assert_eq!(conflict_of_interest(&owen, Matter::Reassignment { to: &owen.id }), Some(Conflict::ToOneself));
    assert_eq!(conflict_of_interest(&owen, Matter::Reassignment { to: &id(0) }), None);
}
