use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::*;
use crate::function::test_function;
use crate::journal::Log;

/// A world of one function, `notify`, that fails its first `failures` invocations.
struct World {
    journal: Arc<Journal>,
    clock: StackClock,
    deliveries: Arc<Deliveries>,
    function: Arc<Function>,
    invoked: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl World {
    fn new(journal: Arc<Journal>, failures: u32) -> Self {
        let invoked = Arc::new(Mutex::new(Vec::new()));
        let (seen, left) = (Arc::clone(&invoked), Arc::new(AtomicU32::new(failures)));
        let function = test_function("notify", move |event| {
            seen.lock().unwrap().push(event);
            let take = |left: u32| left.checked_sub(1);
            match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
                Ok(_) => Err("no luck".into()),
                Err(_) => Ok("null".into()),
            }
        });
        let clock = StackClock::resume(Arc::clone(&journal)).unwrap();
        let deliveries = Deliveries::new(Arc::clone(&journal), clock.clone(), [Arc::clone(&function)]);
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        deliveries.run(&mut tasks, &stop);
        Self { journal, clock, deliveries, function, invoked, stop, tasks }
    }

    fn invoked(&self) -> usize {
        self.invoked.lock().unwrap().len()
    }

    async fn until(&self, what: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !what(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap();
    }

    fn owed(&self) -> usize {
        let far = self.clock.now() + SignedDuration::from_hours(1);
        self.journal.due("notify", far, 99).unwrap().len()
    }

    async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

fn journal() -> Arc<Journal> {
    Arc::new(Journal::in_memory().unwrap())
}

#[tokio::test]
async fn what_is_published_is_delivered_and_forgotten() {
    let world = World::new(journal(), 0);
    world.deliveries.publish(&json!({"n": 1}), &["notify"]).unwrap();
    world.until(|world| world.owed() == 0).await;
    assert_eq!(*world.invoked.lock().unwrap(), [r#"{"n":1}"#]);
    assert_eq!(world.journal.entries(Log::Events).unwrap().len(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_then_given_up() {
    let world = World::new(journal(), 3);
    world.deliveries.publish(&json!({"n": 1}), &["notify"]).unwrap();
    world.until(|world| world.invoked() == 2).await;
    world.clock.advance("PT2M").unwrap();
    world.deliveries.time_moved();
    world.until(|world| world.owed() == 0).await;
    assert_eq!(world.invoked(), 3);
    let letters = world.journal.entries(Log::DeadLetters).unwrap();
    let letter: Value = serde_json::from_str(letters[0].get()).unwrap();
    assert_eq!(
        (letter["function"].as_str(), letter["error"].as_str(), &letter["event"]),
        (Some("notify"), Some("no luck"), &json!({"n": 1}))
    );
}

#[tokio::test]
async fn what_fails_once_is_delivered_in_the_end() {
    let world = World::new(journal(), 1);
    world.deliveries.publish(&json!({}), &["notify"]).unwrap();
    world.until(|world| world.owed() == 0).await;
    assert_eq!(world.invoked(), 2);
    assert!(world.journal.entries(Log::DeadLetters).unwrap().is_empty());
}

#[tokio::test]
async fn a_function_that_is_held_back_burns_no_attempts() {
    let world = World::new(journal(), 0);
    world.function.set_paused(true);
    world.deliveries.publish(&json!({}), &["notify"]).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((world.invoked(), world.owed()), (0, 1));
    world.function.set_paused(false);
    world.until(|world| world.owed() == 0).await;
    assert_eq!(world.invoked(), 1);
}

#[tokio::test]
async fn what_is_owed_is_delivered_after_a_restart() {
    let journal = journal();
    let world = World::new(Arc::clone(&journal), 0);
    world.function.set_paused(true);
    world.deliveries.publish(&json!({}), &["notify"]).unwrap();
    world.stop().await;
    let world = World::new(journal, 0);
    world.until(|world| world.owed() == 0).await;
    assert_eq!(world.invoked(), 1);
}

#[tokio::test]
async fn waiting_ends_with_the_first_try_or_with_a_pause() {
    let (world, event) = (World::new(journal(), 1), json!({}));
    let deliver = async || {
        let waiting = world.deliveries.deliver("notify", &event);
        tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap().unwrap()
    };
    assert_eq!(deliver().await, Tried::Failed("no luck".into()));
    assert_eq!(world.invoked(), 1);
    assert_eq!(deliver().await, Tried::Succeeded);
    world.function.set_paused(true);
    assert_eq!(deliver().await, Tried::HeldBack);
    assert_eq!(world.invoked(), 2);
}
