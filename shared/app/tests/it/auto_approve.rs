//! R7, R29, R33: what the policy approved at submit is carried out, if it still holds.

use gatepass_app::auto_approve::Outcome;
use gatepass_app::submit::Target;
use gatepass_domain::access_request::Status;
use gatepass_domain::plan::AutoApproveWhen;
use gatepass_domain::policy::{Review, Rule};
use gatepass_domain::{Actor, Plan, Product};
use gatepass_testkit::{World, ada, demo, owen};

use crate::asking::{approve, asking_for, auto_approve, profile, slug, standing, story, submit, weather};

fn free() -> Plan {
    demo::plans().remove(0)
}

// Covers R33.
#[tokio::test]
async fn a_request_under_an_automatic_plan_is_approved_by_policy_once() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("free", "Storm warnings")).await.unwrap();
    assert_eq!(asked.status, Status::Pending, "submit itself decides nothing");
    assert_eq!(auto_approve(&world.store, asked.id).await, Outcome::Approved);
    let view = standing(&world, asked.id).await.view();
    assert_eq!((view.status, view.decided_by), (Status::Approved, Some(Actor::policy())));
    assert_eq!(view.policy, asked.policy);
    for _ in 0..2 {
        assert_eq!(auto_approve(&world.store, asked.id).await, Outcome::NothingToDo);
    }
    assert_eq!(story(&world, asked.id).await, ["AccessRequestSubmitted", "AccessRequestApproved"]);
}

// Covers R33.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivered_many_times_at_once_it_is_approved_once() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("free", "Storm warnings")).await.unwrap();
    let deliveries = (0..10).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move { auto_approve(&store, asked.id).await })
    });
    let mut approved = 0;
    for delivery in deliveries.collect::<Vec<_>>() {
        approved += usize::from(delivery.await.unwrap() == Outcome::Approved);
    }
    assert_eq!(approved, 1);
    assert_eq!(story(&world, asked.id).await.len(), 2);
}

#[tokio::test]
async fn a_plan_that_was_switched_to_manual_in_between_refers_to_the_owners() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("free", "Storm warnings")).await.unwrap();
    world.offer(Plan { auto_approve: false, ..free() }).await;
    assert_eq!(auto_approve(&world.store, asked.id).await, Outcome::Referred);
    let policy = standing(&world, asked.id).await.view().policy;
    assert_eq!((policy.review, policy.rule, policy.plan_version), (Review::Manual, Rule::NoLongerHolds, 2));
    assert_eq!(policy.inputs, asked.policy.inputs);

    // Switched back, it stays with the owners: they have been told.
    world.offer(free()).await;
    assert_eq!(auto_approve(&world.store, asked.id).await, Outcome::NothingToDo);
    assert_eq!(story(&world, asked.id).await, ["AccessRequestSubmitted", "AccessRequestReferred"]);
    approve(&world.store, &owen(), asked.id).await.unwrap();
}

#[tokio::test]
async fn a_plan_that_was_switched_to_automatic_in_between_changes_nothing() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    world.offer(Plan { auto_approve: true, ..demo::plan("gold", "Gold") }).await;
    assert_eq!(auto_approve(&world.store, asked.id).await, Outcome::NothingToDo);
    assert_eq!(story(&world, asked.id).await.len(), 1);
}

/// R29: conditions are held against the groups that the requester had when they asked.
#[tokio::test]
async fn conditions_are_checked_again_on_the_facts_of_the_submit() {
    let world = World::new().await;
    let trusted = |groups: &[&str], products: &[&str]| Plan {
        auto_approve_when: AutoApproveWhen {
            groups: groups.iter().map(ToString::to_string).collect(),
            users: Vec::new(),
            products: products.iter().map(|id| slug(id)).collect(),
        },
        ..free()
    };
    for (now, outcome) in [
        (trusted(&["builders"], &["weather-api"]), Outcome::Approved),
        (trusted(&["partners"], &[]), Outcome::Referred),
        (trusted(&["builders"], &["maps-api"]), Outcome::Referred),
    ] {
        world.offer(free()).await;
        let name = format!("{outcome:?} with {} products", now.auto_approve_when.products.len());
        let asked = submit(&world.store, &ada(), &weather("free", &name)).await.unwrap();
        world.offer(now).await;
        assert_eq!(auto_approve(&world.store, asked.id).await, outcome);
    }
}

#[tokio::test]
async fn what_is_no_longer_on_offer_is_left_to_the_owners() {
    let world = World::new().await;
    let one = submit(&world.store, &ada(), &weather("free", "one")).await.unwrap();
    let maps = asking_for(Target::New(profile("two")), &["maps-api"], "free");
    let two = submit(&world.store, &ada(), &maps).await.unwrap();
    let three = submit(&world.store, &ada(), &weather("free", "three")).await.unwrap();
    let weather_api = demo::products().remove(0);
    world.offer(Product { published: false, ..weather_api.clone() }).await;
    world.withdraw_offer::<Product>(&slug("maps-api")).await;
    for id in [one.id, two.id] {
        assert_eq!(auto_approve(&world.store, id).await, Outcome::Referred);
    }
    world.offer(weather_api).await;
    world.withdraw_offer::<Plan>(&slug("free")).await;
    assert_eq!(auto_approve(&world.store, three.id).await, Outcome::Referred);
    for (id, why) in [(one.id, "weather-api"), (two.id, "maps-api"), (three.id, "free")] {
        let policy = standing(&world, id).await.view().policy;
        assert_eq!(policy.rule, Rule::NoLongerHolds);
        assert!(policy.reasons[0].contains(why), "{:?}", policy.reasons);
    }
}

#[tokio::test]
async fn what_was_decided_or_never_was_leaves_nothing_to_do() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("free", "Storm warnings")).await.unwrap();
    approve(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!(auto_approve(&world.store, asked.id).await, Outcome::NothingToDo);
    assert_eq!(auto_approve(&world.store, gatepass_testkit::context().id()).await, Outcome::NothingToDo);
}
