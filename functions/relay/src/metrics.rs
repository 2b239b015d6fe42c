//! The counts of events that were published.

use gatepass_domain::Event;
use gatepass_domain::event::Detail;
use gatepass_domain::id::RequestId;
use gatepass_lambda::Metric;
use jiff::{SignedDuration, Timestamp};
use newtype_uuid::GenericUuid;

/// The metrics of `events`.
pub(crate) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Metric> {
    events.flat_map(of_one).collect()
}

fn of_one(event: &Event) -> Vec<Metric> {
    match &event.detail {
        Detail::AccessRequestSubmitted(_) => vec![Metric::Submitted],
        Detail::AccessRequestApproved(_) | Detail::AccessRequestRejected(_) => vec![Metric::Decided],
        Detail::AccessProvisioned(subject) => {
            let took = since_submit(subject.request_id, event.occurred_at);
            [Metric::Provisioned].into_iter().chain(took.map(Metric::TimeToProvisioned)).collect()
        }
        Detail::ProvisioningFailed(_) => vec![Metric::ProvisioningFailed],
        _ => Vec::new(),
    }
}

/// The time from the submit, which the request's id was made at (RFC 9562, UUID version 7).
fn since_submit(id: RequestId, until: Timestamp) -> Option<SignedDuration> {
    let (seconds, nanos) = id.into_untyped_uuid().get_timestamp()?.to_unix();
    let submitted = Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()?;
    Some(until.duration_since(submitted))
}

#[cfg(test)]
mod tests {
    use gatepass_domain::event::AttemptFailed;
    use gatepass_testkit::{World, ada};

    use super::*;

    /// The person and the meaning of each event; the provisioning is a minute and a half after the submit.
    #[tokio::test]
    async fn each_event_counts_for_what_it_is() {
        let world = World::new().await;
        let id = world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await.id;
        let event = world.event(id, "AccessRequestSubmitted").await;
        let Detail::AccessRequestSubmitted(submitted) = event.detail.clone() else { panic!() };
        let subject = submitted.subject.clone();
        let took = SignedDuration::from_secs(90);
        let later = |detail| Event { detail, occurred_at: event.occurred_at + took, ..event.clone() };
        let failed = |subject| AttemptFailed { subject, attempts: 5, code: "sealing-unavailable".into() };
        for (detail, expected) in [
            (Detail::AccessRequestSubmitted(submitted), vec![Metric::Submitted]),
            (Detail::AccessRequestReferred(subject.clone()), vec![]),
            (Detail::AccessRequestApproved(subject.clone()), vec![Metric::Decided]),
            (Detail::AccessRequestRejected(subject.clone()), vec![Metric::Decided]),
            (Detail::AccessProvisioned(subject.clone()), vec![Metric::Provisioned, Metric::TimeToProvisioned(took)]),
            (Detail::ProvisioningDeferred(failed(subject.clone())), vec![]),
            (Detail::ProvisioningFailed(failed(subject)), vec![Metric::ProvisioningFailed]),
        ] {
            let event = later(detail);
            assert_eq!(of([&event].into_iter()), expected, "{}", event.detail.event_type());
        }
    }
}
