//! The inputs that a rule may not look up for itself: the time, new ids, entropy, and what caused the work.

use jiff::Timestamp;
use newtype_uuid::{TypedUuid, TypedUuidKind};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::EventId;

/// The HTTP call that caused something. Personal data, kept where it can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The address that it came from.
    pub source_address: String,
    /// The caller's program, in its own words.
    pub user_agent: Option<String>,
}

/// The surroundings of one unit of work, handed in by whoever runs it.
///
/// One is made for each HTTP request and each event. Two contexts with the same time and seed
/// produce the same ids and keys, which is what makes the rules testable.
#[derive(Debug)]
pub struct Context {
    /// The time of this unit of work, in whole milliseconds: all that it writes carries this time.
    pub now: Timestamp,
    /// Ties together the logs, events and mails that one HTTP request led to.
    pub correlation_id: String,
    /// The event that this work reacts to; `None` for an HTTP request or a schedule.
    pub causation_id: Option<EventId>,
    /// The HTTP call that caused this work; `None` for an event or a schedule.
    pub origin: Option<Origin>,
    rng: StdRng,
}

impl Context {
    /// A context at `now`, cut to milliseconds, whose ids and keys come from `rng`.
    pub fn new(now: Timestamp, rng: StdRng, correlation_id: impl Into<String>) -> Self {
        let millis = now.as_millisecond();
        Self {
            now: Timestamp::from_millisecond(millis).unwrap_or(now),
            correlation_id: correlation_id.into(),
            causation_id: None,
            origin: None,
            rng,
        }
    }

    /// The same surroundings, as a reaction to the event `id`.
    pub fn caused_by(mut self, id: EventId) -> Self {
        self.causation_id = Some(id);
        self
    }

    /// From here on this is part of what `event` was part of: one search for the correlation id finds everything from the HTTP
    /// request to the mail.
    pub fn follow(&mut self, event: &Event) {
        self.correlation_id.clone_from(&event.correlation_id);
        self.causation_id = Some(event.id);
    }

    /// A context of its own for a part of this work: at the same time, in the name of the same cause, with
    /// other ids.
    pub fn fork(&mut self) -> Self {
        let rng = StdRng::from_seed(self.bytes());
        let (correlation_id, origin) = (self.correlation_id.clone(), self.origin.clone());
        Self { now: self.now, correlation_id, causation_id: self.causation_id, origin, rng }
    }

    /// A context whose every id and key follows from `seed`; for tests and demonstrations.
    pub fn seeded(now: Timestamp, seed: u64) -> Self {
        Self::new(now, StdRng::seed_from_u64(seed), format!("seed-{seed}"))
    }

    /// A new UUIDv7 that sorts by [`Context::now`] (RFC 9562, section 5.7).
    pub fn id<K: TypedUuidKind>(&mut self) -> TypedUuid<K> {
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        let random: [u8; 10] = self.bytes();
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        TypedUuid::from_bytes(uuid.into_bytes())
    }

    /// Fresh random bytes: the material of keys and salts.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A random UUID without kind, for tokens that name one attempt and nothing else.
    pub fn attempt_token(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }
}
