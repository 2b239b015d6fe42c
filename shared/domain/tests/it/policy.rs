//! R7, R29: whether asking is enough.

use gatepass_domain::plan::{AutoApproveWhen, Limit};
use gatepass_domain::policy::{Inputs, Review, Rule, evaluate};
use gatepass_domain::{Plan, Versioned};
use proptest::prelude::*;

use crate::samples::{inputs, noon, plan, slugs, versioned};

fn conditional(groups: &[&str], users: &[&str], products: &[&str]) -> Versioned<Plan> {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    let when = AutoApproveWhen { groups: texts(groups), users: texts(users), products: slugs(products) };
    versioned(Plan { auto_approve: true, auto_approve_when: when, ..plan("free") })
}

// Covers R7, R29.
#[test]
fn the_truth_table() {
    use Review::{Automatic, Manual};
    use Rule::{AutoApproveAlways, ConditionsMet, ConditionsNotMet};
    let ada = |products: &[&str]| inputs("ada", &["builders"], products);
    let weather = ["weather-api"];
    let both = ["weather-api", "maps-api"];
    for (plan, inputs, review, rule, reasons) in [
        (conditional(&[], &[], &[]), ada(&weather), Automatic, AutoApproveAlways, 1),
        (conditional(&["builders"], &[], &[]), ada(&weather), Automatic, ConditionsMet, 1),
        (conditional(&["others", "builders"], &[], &[]), ada(&weather), Automatic, ConditionsMet, 1),
        (conditional(&["others"], &[], &[]), ada(&weather), Manual, ConditionsNotMet, 1),
        (conditional(&["Builders"], &[], &[]), ada(&weather), Manual, ConditionsNotMet, 1),
        (conditional(&[], &["ada"], &[]), ada(&weather), Automatic, ConditionsMet, 1),
        (conditional(&[], &["eve"], &[]), ada(&weather), Manual, ConditionsNotMet, 1),
        // Users or groups: either is enough.
        (conditional(&["others"], &["ada"], &[]), ada(&weather), Automatic, ConditionsMet, 1),
        (conditional(&["builders"], &["eve"], &[]), ada(&weather), Automatic, ConditionsMet, 1),
        (conditional(&["others"], &["eve"], &[]), ada(&weather), Manual, ConditionsNotMet, 1),
        // A user's id is not a group's name.
        (conditional(&["ada"], &["builders"], &[]), ada(&weather), Manual, ConditionsNotMet, 1),
        // Every product.
        (conditional(&[], &[], &weather), ada(&weather), Automatic, ConditionsMet, 1),
        (conditional(&[], &[], &weather), ada(&both), Manual, ConditionsNotMet, 1),
        (conditional(&[], &[], &both), ada(&weather), Automatic, ConditionsMet, 1),
        // Person and products: both.
        (conditional(&["builders"], &[], &weather), ada(&weather), Automatic, ConditionsMet, 2),
        (conditional(&["others"], &[], &weather), ada(&weather), Manual, ConditionsNotMet, 2),
        (conditional(&["builders"], &[], &weather), ada(&both), Manual, ConditionsNotMet, 2),
    ] {
        let verdict = evaluate(&plan, inputs);
        assert_eq!((verdict.review, verdict.rule), (review, rule), "{:?}", plan.auto_approve_when);
        assert_eq!(verdict.reasons.len(), reasons, "{:?}", verdict.reasons);
    }
}

// Covers P14, P15.
#[test]
fn neither_two_approvals_nor_an_administrators_own_request_are_left_to_the_policy() {
    for mut plan in [conditional(&[], &[], &[]), conditional(&["builders"], &["owen"], &[])] {
        let owens = evaluate(&plan, inputs("owen", &["api-owners"], &["weather-api"]));
        assert_eq!((owens.review, owens.rule), (Review::Manual, Rule::RequesterIsAdministrator));
        plan.content.approvals_required = 2;
        let adas = evaluate(&plan, inputs("ada", &["builders"], &["weather-api"]));
        assert_eq!((adas.review, adas.rule), (Review::Manual, Rule::SeveralApprovals));
    }
}

// Covers R7.
#[test]
fn without_the_checkbox_conditions_do_not_matter() {
    let mut plan = conditional(&["builders"], &["ada"], &["weather-api"]);
    plan.content.auto_approve = false;
    let verdict = evaluate(&plan, inputs("ada", &["builders"], &["weather-api"]));
    assert_eq!((verdict.review, verdict.rule), (Review::Manual, Rule::AutoApproveOff));
}

fn some_of(names: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(names, 0..=names.len())
}

const GROUPS: &[&str] = &["builders", "partners", "api-owners"];
const USERS: &[&str] = &["ada", "grace", "eve"];
const PRODUCTS: &[&str] = &["weather-api", "maps-api", "fleet-api"];

fn asked() -> impl Strategy<Value = Inputs> {
    (prop::sample::select(USERS), some_of(GROUPS), prop::sample::subsequence(PRODUCTS, 1..=3))
        .prop_map(|(id, groups, products)| inputs(id, &groups, &products))
}

proptest! {
    /// R29, said once more and differently: each list that is not empty must match.
    #[test]
    fn a_condition_list_narrows_when_it_is_not_empty(auto: bool, version in 1u64..9, groups in some_of(GROUPS), users in some_of(USERS), products in some_of(PRODUCTS), asked in asked()) {
        let mut plan = conditional(&groups, &users, &products);
        plan.content.auto_approve = auto;
        plan.version = version;
        let verdict = evaluate(&plan, asked.clone());

        let in_group = asked.requester.groups.iter().any(|group| groups.contains(&group.as_str()));
        let named = users.contains(&asked.requester.id.as_str());
        let trusted = groups.is_empty() && users.is_empty() || in_group || named;
        let cleared = products.is_empty() || asked.product_ids.iter().all(|id| products.contains(&id.as_str()));
        let administers = asked.requester.groups.iter().any(|group| group == "api-owners");
        prop_assert_eq!(verdict.review == Review::Automatic, auto && trusted && cleared && !administers);

        // What it went by is kept, in full and in words.
        prop_assert_eq!(verdict.plan_version, version);
        prop_assert_eq!(&verdict.inputs, &asked);
        prop_assert!(!verdict.reasons.is_empty());
        prop_assert!(verdict.reasons.iter().all(|reason| !reason.is_empty()));
        // The dry run is the same function of the same facts: asked again, it says the same.
        prop_assert_eq!(evaluate(&plan, verdict.inputs.clone()), verdict);
    }

    /// Asking for more never makes approval automatic that was not.
    // Covers R29.
    #[test]
    fn a_product_more_never_helps(groups in some_of(GROUPS), users in some_of(USERS), products in some_of(PRODUCTS), asked in asked(), more in prop::sample::select(PRODUCTS)) {
        let plan = conditional(&groups, &users, &products);
        let mut wider = asked.clone();
        wider.product_ids.push(more.parse().unwrap());
        let automatic = |inputs| evaluate(&plan, inputs).review == Review::Automatic;
        prop_assert!(automatic(asked) || !automatic(wider));
    }

    /// Editing what a plan says beside its policy changes no verdict but for the version.
    // Covers R7.
    #[test]
    fn limits_and_names_decide_nothing(groups in some_of(GROUPS), users in some_of(USERS), asked in asked(), text in ".{1,20}") {
        let plan = conditional(&groups, &users, &[]);
        let other = Plan { name: text.clone(), description: text, key_expires_in_seconds: Some(1), ..plan.content.clone() };
        let other = evaluate(&plan.revised(other, noon()), asked.clone());
        let verdict = evaluate(&plan, asked);
        prop_assert_eq!(other.plan_version, verdict.plan_version + 1);
        prop_assert_eq!((other.review, other.rule, other.reasons), (verdict.review, verdict.rule, verdict.reasons));
    }
}

fn limit() -> impl Strategy<Value = Option<Limit>> {
    prop::option::of((1u64..200, 1u64..200).prop_map(|(requests, per_seconds)| Limit { requests, per_seconds }))
}

proptest! {
    // Covers P16.
    /// A plan within another one never lets more calls through: not in any span of time that begins with a fresh allowance.
    #[test]
    fn a_plan_within_another_gives_no_more(own in limit(), others in limit(), span in 0u64..1000) {
        let calls = |limit: Option<Limit>| limit.map_or(u64::MAX, |limit| limit.requests * (span / limit.per_seconds + 1));
        let with = |rate_limit| Plan { rate_limit, ..plan("gold") };
        prop_assert!(with(own).is_within(&with(own)));
        if with(own).is_within(&with(others)) {
            // Windows that do not divide the span leave up to one allowance of difference.
            let slack = others.map_or(0, |limit| limit.requests);
            prop_assert!(calls(own) <= calls(others).saturating_add(slack));
        } else {
            let others = others.unwrap();
            let more = |own: Limit| own.requests > others.requests || own.requests * others.per_seconds > others.requests * own.per_seconds;
            prop_assert!(own.is_none_or(more), "only one that lets more through is refused");
        }
    }
}

#[test]
fn lifetimes_and_scopes_are_part_of_a_plan() {
    let gold = Plan { key_expires_in_seconds: Some(100), scopes: vec!["read".into()], ..plan("gold") };
    for (other, is_within) in [
        (Plan { key_expires_in_seconds: Some(100), ..plan("a") }, true),
        (Plan { key_expires_in_seconds: Some(101), ..plan("a") }, false),
        (plan("a"), false),
        (Plan { key_expires_in_seconds: Some(1), scopes: vec!["write".into()], ..plan("a") }, false),
        (Plan { key_expires_in_seconds: Some(1), access_expires_in_seconds: Some(1), ..plan("a") }, true),
    ] {
        assert_eq!(other.is_within(&gold), is_within, "{other:?}");
    }
}
