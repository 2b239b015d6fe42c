//! Event buses: what is published is put on record and handed to the functions whose rules match.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clock::StackClock;
use crate::delivery::Deliveries;
use crate::fresh::fresh_id;
use crate::journal::JournalError;
use crate::pattern::{NotMatchable, Patterns};
use crate::template::{ACCOUNT, REGION, Wiring};

/// The largest entry that EventBridge takes ("Calculating PutEvents event entry size").
const LARGEST: usize = 256 * 1024;
/// The most characters of a detail type.
const LONGEST_TYPE: usize = 128;

/// All event buses of the template.
pub(crate) struct Buses {
    by_name: BTreeMap<String, Bus>,
    deliveries: Arc<Deliveries>,
    clock: StackClock,
}

struct Bus {
    rules: Patterns,
    /// The function of each rule.
    targets: Vec<String>,
}

/// An entry of `PutEvents`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Entry {
    pub(crate) event_bus_name: Option<String>,
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) detail: String,
    pub(crate) resources: Vec<String>,
    /// Seconds since 1970.
    pub(crate) time: Option<f64>,
}

/// Why an entry was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// It is not as EventBridge wants it.
    #[error("{message}")]
    Refused { code: &'static str, message: String },
    /// It is, and could not be put on record.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Buses {
    /// The buses of `wiring`.
    ///
    /// # Errors
    /// The function and rule whose pattern cannot run here.
    pub(crate) fn new(
        wiring: &Wiring,
        deliveries: Arc<Deliveries>,
        clock: StackClock,
    ) -> Result<Self, (String, NotMatchable)> {
        let mut by_name = BTreeMap::new();
        for name in &wiring.buses {
            let functions = wiring.functions.iter();
            let all = functions.flat_map(|function| function.rules.iter().map(move |rule| (function, rule)));
            let of_bus: Vec<_> = all.filter(|(_, rule)| rule.bus == *name).collect();
            for (function, rule) in &of_bus {
                let place = format!("Resources.{}.Properties.Events.{}", function.logical_id, rule.name);
                Patterns::new([&rule.pattern]).map_err(|error| (place, error))?;
            }
            let rules = Patterns::new(of_bus.iter().map(|(_, rule)| &rule.pattern));
            let rules = rules.map_err(|error| (format!("the rules of {name}"), error))?;
            let targets = of_bus.iter().map(|(function, _)| function.logical_id.clone()).collect();
            by_name.insert(name.clone(), Bus { rules, targets });
        }
        Ok(Self { by_name, deliveries, clock })
    }

    /// Publishes an entry; gives the event's id.
    pub(crate) fn publish(&self, entry: Entry) -> Result<String, NotTaken> {
        let refused = |code, message: String| NotTaken::Refused { code, message };
        let name = entry.event_bus_name.as_deref().unwrap_or("default");
        let unknown = || refused("ResourceNotFoundException", format!("Event bus {name} does not exist."));
        let bus = self.bus(name).ok_or_else(unknown)?;
        if entry.source.is_empty() || entry.detail_type.is_empty() {
            let text = "Parameters Source and DetailType are required.";
            return Err(refused("InvalidArgument", text.to_owned()));
        }
        if entry.detail_type.chars().count() > LONGEST_TYPE {
            let text = format!("Parameter DetailType is longer than {LONGEST_TYPE} characters.");
            return Err(refused("InvalidArgument", text));
        }
        if entry.source.to_ascii_lowercase().starts_with("aws.") {
            let text = format!("Source {} is reserved for AWS.", entry.source);
            return Err(refused("NotAuthorizedForSourceException", text));
        }
        if size(&entry) > LARGEST {
            return Err(refused("InvalidArgument", format!("The entry is larger than {LARGEST} bytes.")));
        }
        let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        if !detail.is_object() {
            return Err(refused("MalformedDetail", "Detail is malformed.".to_owned()));
        }
        let id = fresh_id();
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": entry.detail_type,
            "source": entry.source,
            "account": ACCOUNT,
            "time": self.time_of(&entry),
            "region": REGION,
            "resources": entry.resources,
            "detail": detail,
        });
        let targets: Vec<_> = bus.rules.matching(&event).into_iter().filter_map(|rule| bus.targets.get(rule)).collect();
        let targets: Vec<_> = targets.into_iter().map(String::as_str).collect();
        self.deliveries.publish(&event, &targets)?;
        Ok(id)
    }

    /// The entry, for the stack's own bus where it names none and there is one bus.
    pub(crate) fn addressed(&self, entry: Entry) -> Entry {
        let mut names = self.by_name.keys();
        let only = names.next().filter(|_| names.next().is_none());
        Entry { event_bus_name: entry.event_bus_name.or_else(|| only.cloned()), ..entry }
    }

    /// The bus of a name or of an ARN.
    fn bus(&self, name: &str) -> Option<&Bus> {
        self.by_name.get(name.rsplit('/').next().unwrap_or(name))
    }

    /// Whole seconds, as EventBridge writes them.
    fn time_of(&self, entry: &Entry) -> String {
        let given = entry.time.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        let given = given.and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok());
        given.unwrap_or_else(|| self.clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

fn size(entry: &Entry) -> usize {
    let time = if entry.time.is_some() { 14 } else { 0 };
    let texts = [&entry.source, &entry.detail_type, &entry.detail].into_iter().chain(&entry.resources);
    time + texts.map(String::len).sum::<usize>()
}
