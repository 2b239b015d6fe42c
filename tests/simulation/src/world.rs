//! One history's world: the table, the services, the functions of the template, and the time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use dynoxide::storage_backend::Clock;
use gatepass_lambda::Simulated;
use gatepass_local::function::Handler;
use gatepass_local::pattern::Patterns;
use gatepass_local::programs::{Clients, handler};
use gatepass_local::template::{self, Setting, Wiring};
use gatepass_store::Store;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::aws::{Connector, Mail};
use crate::chaos::Chaos;
use crate::database::Tables;
use crate::trace::Trace;

/// The time at which every history begins.
const BEGIN: &str = "2026-03-02T09:00:00Z";
/// Clocks of functions differ from the world's by so much, either way.
const MOST_SKEW: i64 = 5 * 60 * 1000;

/// A function of the template.
pub struct Function {
    /// What the template says of it.
    pub wiring: template::Function,
    /// The program.
    pub handler: Handler,
    /// How far its clock is ahead of the world's, in milliseconds.
    skew: i64,
}

/// No function of the template may run longer than about this.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// Receipts are kept for seven days, and promised for no longer.
const RECEIPTS_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// How often an event was published, and by which functions.
pub type Published = BTreeMap<String, BTreeMap<String, u32>>;

/// The world of one history.
pub struct World {
    /// The decisions.
    pub chaos: Chaos,
    /// The table and its replica.
    pub tables: Tables,
    /// What the template says.
    pub wiring: Wiring,
    /// Every function, by logical id.
    pub functions: BTreeMap<String, Function>,
    /// Mails that were accepted.
    pub mails: Mutex<Vec<Mail>>,
    /// Events that were accepted by the bus, by id.
    pub published: Mutex<Published>,
    /// Events that the table's stream has shown, whether or not the stream then lost them.
    pub recorded: Mutex<Vec<String>>,
    /// What was given up: the function, and what it was handed.
    pub dead_letters: Mutex<Vec<(String, Value)>>,
    /// Held for reading by what runs: a function lives for seconds, and no long time passes while it does.
    pub busy: tokio::sync::RwLock<()>,
    /// Deliveries that are under way.
    pub in_flight: AtomicUsize,
    /// What may have kept `notify` from noting that it sent a mail.
    pub mail_troubles: AtomicUsize,
    /// Times that were longer than receipts of what was published are kept.
    pub receipts_lost: AtomicU32,
    /// Tells the stream's reader of writes.
    pub writes: Notify,
    begin: Timestamp,
    started: Instant,
    jumped: AtomicI64,
    calls: AtomicU64,
    seeds: AtomicU64,
    trace: Option<Trace>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct WorldTime(std::sync::Weak<World>);

impl TimeSource for WorldTime {
    fn now(&self) -> SystemTime {
        let millis = self.0.upgrade().map_or(0, |world| world.now_millis());
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
    }
}

/// The clock of the database.
struct DatabaseTime(std::sync::Weak<World>);

impl Clock for DatabaseTime {
    fn now_unix_secs(&self) -> u64 {
        self.0.upgrade().map_or(0, |world| world.now().as_second().unsigned_abs())
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.upgrade().map_or(0.0, |world| world.now_millis() as f64 / 1000.0)
    }
}

/// The wiring of the template, which is read once a process.
fn wiring() -> Wiring {
    static WIRING: std::sync::LazyLock<Wiring> = std::sync::LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
        let text = std::fs::read_to_string(&path).expect("the template can be read");
        let settings = BTreeMap::from([
            (Setting::Audience, "portal".to_owned()),
            (Setting::Gateways, "builtin,oauth2_dcr".to_owned()),
            (Setting::Issuer, "https://issuer.example.com".to_owned()),
            (Setting::MailIdentity, "example.com".to_owned()),
            (Setting::MailSender, "gatepass@example.com".to_owned()),
            (Setting::PortalUrl, "https://portal.example.com".to_owned()),
        ]);
        let directory = path.parent().expect("it is in a directory");
        template::load(&text, directory, "simulated", &settings).expect("the template is readable")
    });
    WIRING.clone()
}

impl World {
    /// A fresh world whose every decision follows from `seed`.
    pub async fn new(seed: u64, faults_per_thousand: u32, traced: bool) -> Arc<Self> {
        let wiring = wiring();
        let world = Arc::new_cyclic(|world: &std::sync::Weak<Self>| {
            let chaos = Chaos::new(seed, faults_per_thousand);
            let config = config(world.clone());
            let functions = wiring.functions.iter().map(|wiring| {
                let skew = i64::try_from(chaos.below(2 * MOST_SKEW.unsigned_abs())).unwrap_or(0) - MOST_SKEW;
                let clock = clock(world, skew);
                let program = handler(wiring, Clients::of(&wiring.logical_id, &config, "simulated"), clock);
                let handler = program.unwrap_or_else(|error| panic!("{}: {error}", wiring.logical_id));
                (wiring.logical_id.clone(), Function { wiring: wiring.clone(), handler, skew })
            });
            let functions = functions.collect();
            Self {
                chaos,
                tables: Tables::new(&(Arc::new(DatabaseTime(world.clone())) as Arc<dyn Clock>)),
                functions,
                wiring,
                mails: Mutex::default(),
                published: Mutex::default(),
                recorded: Mutex::default(),
                dead_letters: Mutex::default(),
                busy: tokio::sync::RwLock::default(),
                in_flight: AtomicUsize::new(0),
                mail_troubles: AtomicUsize::new(0),
                receipts_lost: AtomicU32::new(0),
                writes: Notify::new(),
                begin: BEGIN.parse().expect("it is a time"),
                started: Instant::now(),
                jumped: AtomicI64::new(0),
                calls: AtomicU64::new(0),
                seeds: AtomicU64::new(seed.rotate_left(17)),
                trace: traced.then(Trace::default),
            }
        });
        let (client, table) = (world.client("simulation"), &world.wiring.table.name);
        gatepass_testkit::create_table(&client, table).await;
        let expiry = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
        let expiry = expiry.expect("name and switch are set");
        let expire = client.update_time_to_live().table_name(table).time_to_live_specification(expiry);
        expire.send().await.expect("the table exists");
        world
    }

    /// A client of the table for `caller`; in a calm, since whatever looks on is not part of the history.
    pub fn client(self: &Arc<Self>, caller: &str) -> aws_sdk_dynamodb::Client {
        Clients::of(caller, &config(Arc::downgrade(self)), "simulated").dynamodb
    }

    /// The store, for whoever looks on.
    pub fn store(self: &Arc<Self>) -> Store {
        Store::new(self.client("oracle"), &self.wiring.table.name)
    }

    /// The world's time.
    pub fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let ahead = elapsed.saturating_add(self.jumped.load(Ordering::SeqCst));
        self.begin.checked_add(SignedDuration::from_millis(ahead)).expect("histories are short")
    }

    /// The world's time in milliseconds since the epoch.
    pub fn now_millis(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Skips a stretch of time, at the next moment in which no function runs if it is longer than one may run. Then the
    /// table may have deleted what has outlived its time to live, or not yet.
    pub async fn skip(&self, by: Duration) {
        let _idle = if by > LONGEST_RUN { Some(self.busy.write().await) } else { None };
        self.jump(by);
        if by > RECEIPTS_KEPT {
            self.receipts_lost.fetch_add(1, Ordering::SeqCst);
        }
        if self.chaos.below(2) == 0 {
            self.tables.sweep();
        }
    }

    /// Moves the time, whatever is under way.
    pub fn jump(&self, by: Duration) {
        self.jumped.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        // A mail that is on its way for a minute counts as lost.
        self.mail_troubles.fetch_add(1, Ordering::SeqCst);
        self.trace(|| format!("time moves by {} s", by.as_secs()));
    }

    /// The time on the clock of `function`.
    pub fn time_of(&self, function: &Function) -> Timestamp {
        let now = self.now();
        now.checked_add(SignedDuration::from_millis(function.skew)).unwrap_or(now)
    }

    /// Notes that something went wrong in a function.
    pub fn trouble(&self, function: &str) {
        if function == self.function_of("notify").wiring.logical_id {
            self.mail_troubles.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The number of the next call of AWS.
    pub fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::SeqCst)
    }

    /// The calls of AWS made so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Adds a line to the trace, when there is one.
    pub fn trace(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace.line(format!("{} {}", self.now(), line()));
        }
    }

    /// The trace so far.
    pub fn trace_text(&self) -> String {
        self.trace.as_ref().map(Trace::text).unwrap_or_default()
    }

    /// Runs something that counts as under way until it ends.
    pub fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let world = Arc::clone(self);
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            work.await;
            world.in_flight.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Tells the stream's reader that something may have been written.
    pub fn written(&self) {
        self.writes.notify_one();
    }

    /// The function whose program is `binary`.
    pub fn function_of(&self, binary: &str) -> &Function {
        let found = self.functions.values().find(|function| function.wiring.binary == binary);
        found.unwrap_or_else(|| panic!("the template has a function `{binary}`"))
    }

    /// The rules of the template that match `event`: the functions that it goes to.
    pub fn targets_of(&self, event: &Value) -> Vec<String> {
        let functions = self.wiring.functions.iter();
        let matching = functions.flat_map(|function| {
            let rules = function.rules.iter().filter(|rule| {
                let patterns = Patterns::new([&rule.pattern]).expect("the rules of the template run here");
                !patterns.matching(event).is_empty()
            });
            rules.map(|_| function.logical_id.clone())
        });
        matching.collect()
    }
}

/// The configuration of SDK clients that reach the services of `world`, in its time.
fn config(world: std::sync::Weak<World>) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .endpoint_url("http://aws.invalid")
        .http_client(Connector::of(world.clone()))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        // Its log goes through every tenth of a second that has passed: half of the work, when days are skipped.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_use_static_exponential_base(true))
        .time_source(SharedTimeSource::new(WorldTime(world)))
        .build()
}

fn clock(world: &std::sync::Weak<World>, skew: i64) -> gatepass_lambda::Clock {
    let (for_time, for_seeds) = (world.clone(), world.clone());
    gatepass_lambda::Clock::Simulated(Simulated {
        now: Arc::new(move || {
            let now = for_time.upgrade().map(|world| world.now()).unwrap_or_default();
            now.checked_add(SignedDuration::from_millis(skew)).unwrap_or(now)
        }),
        seed: Arc::new(move || for_seeds.upgrade().map_or(0, |world| world.seeds.fetch_add(1, Ordering::SeqCst))),
    })
}
