//! Many at once: one wins, and the others are told.

use gatepass_app::submit::Target;
use gatepass_domain::Plan;
use gatepass_domain::access_request::Status;
use gatepass_domain::plan::Limit;
use gatepass_store::keys::Stage;
use gatepass_testkit::{Fault, World, ada, demo, owner};

use crate::asking::{approve, asking_for, create_app, reject, said, standing, story, submit, tally, weather};

/// The answers of `count` tasks.
async fn race<F: Future<Output = &'static str> + Send + 'static>(
    count: usize,
    run: impl Fn(usize) -> F,
) -> Vec<&'static str> {
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(run(n))).collect();
    let mut said = Vec::with_capacity(count);
    for task in tasks {
        said.push(task.await.unwrap());
    }
    said
}

/// R25, R26, R27: twenty owners approve and reject at once, with collisions and lost replies on top.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_decisions_one_counts() {
    for faults in [&[][..], &[(Fault::TransactionConflict, 6), (Fault::LostReply, 2), (Fault::Throttle, 2)]] {
        let world = World::new().await;
        let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
        for (fault, times) in faults {
            world.table.faults.plan("TransactWriteItems", *fault, *times);
        }
        let said = race(20, |n| {
            let store = world.store.clone();
            async move {
                let owner = owner(&format!("owner-{n}"));
                let decided = if n % 2 == 0 {
                    approve(&store, &owner, asked.id).await
                } else {
                    reject(&store, &owner, asked.id).await
                };
                said(&decided)
            }
        })
        .await;
        assert_eq!(tally(said), [("already-decided", 19), ("ok", 1)].into());
        assert_eq!(story(&world, asked.id).await.len(), 2);
        assert_ne!(standing(&world, asked.id).await.view().status, Status::Pending);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_submits_against_an_allowance_of_five_five_pass() {
    for conflicts in [0, 10] {
        let world = World::new().await;
        let limit = Some(Limit { requests: 5, per_seconds: 3600 });
        world.offer::<Plan>(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
        world.table.faults.plan("TransactWriteItems", Fault::TransactionConflict, conflicts);
        let said = race(20, |n| {
            let store = world.store.clone();
            async move { said(&submit(&store, &ada(), &weather("gold", &format!("app {n}"))).await) }
        })
        .await;
        assert_eq!(tally(said), [("ok", 5), ("quota-exceeded", 15)].into());
        assert_eq!(world.store.requests_in(&Stage::OPEN).await.unwrap().len(), 5);
        assert_eq!(
            world.store.apps_seen_by(&ada(), 100, None).await.unwrap().items.len(),
            5,
            "no app without its request"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_submits_for_one_app_one_holds_the_product() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let said = race(20, |_| {
        let store = world.store.clone();
        async move {
            let asked = asking_for(Target::Existing(app_id), &["weather-api"], "gold");
            said(&submit(&store, &ada(), &asked).await)
        }
    })
    .await;
    assert_eq!(tally(said), [("duplicate-access", 19), ("ok", 1)].into());
    assert_eq!(world.store.requests_in(&Stage::OPEN).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_new_apps_of_one_name_one_is_made() {
    let world = World::new().await;
    let said = race(20, |_| {
        let store = world.store.clone();
        async move { said(&submit(&store, &ada(), &weather("gold", "Storm warnings")).await) }
    })
    .await;
    assert_eq!(tally(said), [("name-taken", 19), ("ok", 1)].into());
    assert_eq!(world.store.apps_seen_by(&ada(), 100, None).await.unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_approvals_needed_and_many_given_make_exactly_two() {
    let world = World::new().await;
    world.offer::<Plan>(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    let said = race(10, |n| {
        let store = world.store.clone();
        async move { said(&approve(&store, &owner(&format!("owner-{}", n / 2)), asked.id).await) }
    })
    .await;
    assert_eq!(tally(said), [("already-decided", 8), ("ok", 2)].into());
    let view = standing(&world, asked.id).await.view();
    assert_eq!((view.status, view.approvals.len()), (Status::Approved, 2));
    assert_ne!(view.approvals[0].by, view.approvals[1].by);
}
