//! Nothing that can be done to a request leads into a state that must not be.

use gatepass_domain::AccessRequest;
use gatepass_domain::access_request::{Progress, RequestKind, Waiting};
use proptest::prelude::*;

use crate::samples::{context, filed};
use crate::walk::{Operation, check_story, check_view, kind, may_follow, operation, standing, walk};

proptest! {
    /// R1, R6, R27, R33: each step is one of the diagram's, makes one version and one event.
    #[test]
    fn no_walk_leads_into_an_illegal_state(seed: u64, kind in kind(), operations in prop::collection::vec(operation(), 0..40)) {
        let walk = walk(seed, kind, &operations);
        check_story(&walk.request, &walk.events)?;
        for (index, state) in walk.states.iter().enumerate() {
            let view = state.view();
            check_view(&view)?;
            check_story(state, &walk.events[..=index])?;
            if let Some(before) = index.checked_sub(1).map(|before| walk.states[before].view()) {
                let (from, to) = (standing(&before), standing(&view));
                prop_assert!(may_follow(from, to), "{from:?} → {to:?}");
                prop_assert_eq!(view.version, before.version + 1);
                prop_assert_eq!((&view.requester, &view.app, &view.items), (&before.requester, &before.app, &before.items));
                prop_assert!(before.credential_id.is_none() || view.credential_id == before.credential_id);
            }
        }
    }

    #[test]
    fn a_request_is_restored_from_its_parts_as_it_was(seed: u64, kind in kind(), operations in prop::collection::vec(operation(), 0..40)) {
        for state in walk(seed, kind, &operations).states {
            let restored =
                AccessRequest::restore(state.facts().clone(), state.approvals().to_vec(), state.progress()).unwrap();
            prop_assert_eq!(restored, state);
        }
    }

    /// A settled request stays as it is, whatever is tried.
    #[test]
    fn what_is_closed_stays_closed(seed: u64, kind in kind(), end in 0usize..3, more in prop::collection::vec(operation(), 0..20)) {
        let end = [Operation::Reject, Operation::Withdraw, Operation::Expire][end];
        let operations: Vec<_> = std::iter::once(end).chain(more).collect();
        let walk = walk(seed, kind, &operations);
        prop_assert_eq!(walk.events.len(), 2);
        prop_assert!(!walk.request.is_standing());
    }
}

#[test]
fn a_walk_visits_every_state() {
    // The properties above would hold of walks that go nowhere.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::HashSet::new();
    for seed in 0..200 {
        let operations = prop::collection::vec(operation(), 0..40).new_tree(&mut runner).unwrap().current();
        let walk = walk(seed, RequestKind::New, &operations);
        seen.extend(walk.states.iter().map(|state| format!("{:?}", standing(&state.view()))));
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[test]
fn an_extension_that_names_no_credential_is_not_restored() {
    let (pending, _) = filed(&mut context(1));
    let mut facts = pending.facts().clone();
    facts.submission.kind = RequestKind::Extend;
    let error = AccessRequest::restore(facts, Vec::new(), Progress::Pending { waiting: Waiting::default() })
        .unwrap_err()
        .to_string();
    assert!(error.contains("no credential to extend"), "{error}");
    assert!(error.contains(&pending.facts().id.to_string()), "{error}");
}
