//! The people that a request waits for.

use gatepass_domain::access_request::{AfterApproval, AwaitedGroup, Item, Pending, RequestKind, submit};
use gatepass_domain::policy::Review;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{AccessRequest, Actor, Plan, Product};

use crate::samples::{context, olga, owen, person, plan, product, slug, slugs, submission};

fn of(id: &str, groups: &[&str]) -> Product {
    let approver_groups = groups.iter().map(ToString::to_string).collect();
    Product { approver_groups, ..product(id, AuthMethod::ApiKey) }
}

/// A request for `weather-api` and `maps-api`.
fn pending(review: Review, approvals_required: u8) -> Pending {
    let mut context = context(1);
    let mut submission = submission(&mut context, RequestKind::New, review);
    submission.items.push(Item { product_id: slug("maps-api"), ..submission.items[0].clone() });
    submission.approvals_required = approvals_required;
    submit(&mut context, submission).0
}

fn awaited(request: &AccessRequest, products: &[Product], plan: Option<&Plan>) -> Vec<(String, Vec<String>)> {
    let plain = |AwaitedGroup { group, product_ids }: AwaitedGroup| {
        (group, product_ids.iter().map(ToString::to_string).collect())
    };
    request.awaiting(products, plan).into_iter().map(plain).collect()
}

fn groups(expected: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let plain =
        |(group, products): &(&str, &[&str])| ((*group).to_owned(), products.iter().map(ToString::to_string).collect());
    expected.iter().map(plain).collect()
}

// Covers P13.
#[test]
fn each_product_waits_for_its_approvers_or_for_administrators() {
    let request = AccessRequest::from(pending(Review::Manual, 1));
    let weather = of("weather-api", &[]);
    assert_eq!(
        awaited(&request, &[weather.clone(), of("maps-api", &["maps-team", "geo-team"])], None),
        groups(&[("api-owners", &["weather-api"]), ("geo-team", &["maps-api"]), ("maps-team", &["maps-api"])])
    );
    // A product that was deleted has no approvers.
    assert_eq!(awaited(&request, &[weather], None), groups(&[("api-owners", &["weather-api", "maps-api"])]));
    let automatic = AccessRequest::from(pending(Review::Automatic, 1));
    assert_eq!(awaited(&automatic, &[], None), groups(&[]));
}

// Covers P14.
#[test]
fn a_product_is_awaited_until_enough_people_approved_it() {
    let products = [of("weather-api", &["weather-team"]), of("maps-api", &["maps-team"])];
    let approve = |pending: Pending, by: &Actor, product| {
        let after = pending.approve_products(&mut context(2), by, None, slugs(&[product]), 2).0;
        let AfterApproval::StillPending(pending) = after else { panic!("{after:?}") };
        pending
    };
    let pending = approve(pending(Review::Manual, 2), &owen(), "weather-api");
    let both = groups(&[("maps-team", &["maps-api"]), ("weather-team", &["weather-api"])]);
    assert_eq!(awaited(&pending.clone().into(), &products, None), both, "one of two");
    let pending = approve(approve(pending, &owen(), "weather-api"), &owen(), "weather-api");
    assert_eq!(awaited(&pending.clone().into(), &products, None), both, "one person counts once");
    let pending = approve(pending, &olga(), "weather-api");
    assert_eq!(awaited(&pending.clone().into(), &products, None), groups(&[("maps-team", &["maps-api"])]));
    // The plan needs fewer by now: the number at submit counts.
    assert_eq!(awaited(&pending.into(), &products, Some(&plan("gold"))), groups(&[("maps-team", &["maps-api"])]));
}

#[test]
fn only_those_who_can_still_approve_are_asked() {
    let products = [of("weather-api", &["weather-team"]), of("maps-api", &["maps-team"])];
    let after =
        pending(Review::Manual, 2).approve_products(&mut context(2), &owen(), None, slugs(&["weather-api"]), 2).0;
    let request = AccessRequest::from(after);
    let awaiting = request.awaiting(&products, None);
    let awaits = |id: &str, groups: &[&str]| request.awaits(&awaiting, None, &person(id, groups));
    assert!(awaits("olga", &["weather-team"]));
    assert!(!awaits("owen", &["weather-team"]), "he has approved it");
    assert!(awaits("owen", &["weather-team", "maps-team"]));
    assert!(!awaits("olga", &["api-owners"]), "another group is asked");
}

/// A plan that was raised and lowered again leaves a request that lacks no approval: somebody has to complete it, and may be
/// one who has approved it.
#[test]
fn a_request_that_lacks_no_approval_waits_for_somebody_to_complete_it() {
    let products = [of("weather-api", &["weather-team"]), of("maps-api", &["maps-team"])];
    let (raised, lowered) = (Plan { approvals_required: 2, ..plan("gold") }, plan("gold"));
    let all = slugs(&["weather-api", "maps-api"]);
    let request =
        AccessRequest::from(pending(Review::Manual, 1).approve_products(&mut context(2), &owen(), None, all, 2).0);
    let team = person("owen", &["weather-team"]);
    for (plan, owen_is_asked) in [(&raised, false), (&lowered, true)] {
        let awaiting = request.awaiting(&products, Some(plan));
        let both = groups(&[("maps-team", &["maps-api"]), ("weather-team", &["weather-api"])]);
        assert_eq!(awaited(&request, &products, Some(plan)), both);
        assert_eq!(request.awaits(&awaiting, Some(plan), &team), owen_is_asked);
    }
}
