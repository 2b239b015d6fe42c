use std::sync::Mutex;

use super::*;
use crate::function::test_function;

const SHARD: &str = "stream/shard";

/// The function's answer to a batch, given the sequence numbers in it: `None` fails, and otherwise
/// the numbers that it reports as failed.
type Behaviour = fn(&[&str], usize) -> Option<Vec<&'static str>>;

struct World {
    batches: Batches,
    seen: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new(retries: Option<u32>, behaviour: Behaviour) -> Self {
        let journal = Arc::new(Journal::in_memory().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let function = test_function("relay", move |event| {
            let event: Value = serde_json::from_str(&event).unwrap();
            let numbers: Vec<_> =
                event["Records"].as_array().unwrap().iter().map(|record| record["n"].as_str().unwrap()).collect();
            let mut log = log.lock().unwrap();
            log.push(numbers.concat());
            let failed = behaviour(&numbers, log.len()).ok_or("no luck")?;
            let failures: Vec<_> = failed.iter().map(|number| json!({"itemIdentifier": number})).collect();
            Ok(json!({"batchItemFailures": failures}).to_string())
        });
        let source = StreamSource {
            name: "Stream".into(),
            filters: Vec::new(),
            batch_size: 10,
            retries,
            bisects: true,
            reports_items: true,
        };
        let clock = StackClock::resume(Arc::clone(&journal)).unwrap();
        Self { batches: Batches { function, source, journal, clock, stop: CancellationToken::new() }, seen }
    }

    /// Processes records with these sequence numbers.
    async fn process(&self, numbers: &str) -> bool {
        let events = numbers
            .chars()
            .map(|number| Event { sequence_number: number.to_string(), json: json!({"n": number.to_string()}) });
        self.batches.process(SHARD, events.collect()).await.unwrap()
    }

    fn position(&self) -> Option<String> {
        self.batches.journal.position(SHARD).unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn letters(&self) -> Vec<Value> {
        let entries = self.batches.journal.entries(Log::DeadLetters).unwrap();
        entries.iter().map(|entry| serde_json::from_str(entry.get()).unwrap()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_processed_moves_the_position() {
    let world = World::new(Some(3), |_, _| Some(vec![]));
    assert!(world.process("123").await);
    assert_eq!((world.seen(), world.position().as_deref()), (vec!["123".into()], Some("3")));
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_from_the_first_record_that_failed() {
    let world = World::new(Some(3), |_, call| Some(if call == 1 { vec!["3", "2"] } else { vec![] }));
    assert!(world.process("123").await);
    assert_eq!((world.seen(), world.position().as_deref()), (vec!["123".into(), "23".into()], Some("3")));
    assert!(world.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_fails_as_a_whole_is_halved_until_the_culprit_stands_alone() {
    let world = World::new(Some(1), |numbers, _| (!numbers.contains(&"3")).then(Vec::new));
    assert!(world.process("1234").await);
    assert_eq!(world.seen(), ["1234", "12", "34", "3", "3", "4"]);
    let letters = world.letters();
    assert_eq!((letters.len(), &letters[0]["event"]), (1, &json!({"Records": [{"n": "3"}]})));
    assert_eq!(world.position().as_deref(), Some("4"));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_keeps_failing_is_given_up_with_what_follows_it() {
    let world = World::new(Some(2), |_, _| Some(vec!["2"]));
    assert!(world.process("12").await);
    assert_eq!(world.seen(), ["12", "2", "2"]);
    assert_eq!(world.letters()[0]["error"], "the function reported the record as failed");
    assert_eq!(world.position().as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_it_tries_until_the_function_is_held_back() {
    let world = World::new(None, |_, _| Some(vec!["1"]));
    let function = Arc::clone(&world.batches.function);
    let pause = async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        function.set_paused(true);
    };
    let (done, ()) = tokio::join!(world.process("1"), pause);
    assert!(!done);
    assert!(world.seen().len() > 100);
    assert_eq!(world.position(), None, "nothing was done");
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_other_records_is_a_failure() {
    let world = World::new(Some(0), |_, _| Some(vec!["9"]));
    assert!(world.process("1").await);
    assert_eq!(world.letters()[0]["error"], "the function names a record that it did not get: `9`");
}
