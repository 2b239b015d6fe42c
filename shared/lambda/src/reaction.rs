//! The frame around what a function does about an event of the bus.

use gatepass_domain::event::BusEvent;
use tracing::Instrument;

use crate::Failure;

/// Runs `work` inside a span that carries the event's correlation id, and logs its failure there: what Lambda logs
/// of a failure by itself does not say which HTTP request it all began with.
///
/// # Errors
/// The error of `work`.
pub fn react<'a, T>(
    event: &'a BusEvent,
    work: impl Future<Output = Result<T, Failure>> + Send + 'a,
) -> impl Future<Output = Result<T, Failure>> + Send + 'a
where
    T: Send + 'a,
{
    let event_type = event.detail.event_type();
    let span = tracing::info_span!("event", correlation_id = event.correlation_id, event_id = %event.id, event_type);
    // On the heap: futures in futures in this one would be deeper than the compiler's usual limit.
    let work = Box::pin(work);
    async {
        let done = work.await;
        if let Err(failure) = &done {
            tracing::error!(%failure, "the event could not be handled");
        }
        done
    }
    .instrument(span)
}
