//! Waiting for what happens by itself.

use std::time::{Duration, Instant};

/// How often is looked.
const EVERY: Duration = Duration::from_millis(25);
/// When is given up: generous, since a busy machine is no fault. Nothing is asserted of time.
const AT_MOST: Duration = Duration::from_secs(120);

/// Looks until there is something to see, and gives it.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < AT_MOST, "waited in vain: {what}");
        tokio::time::sleep(EVERY).await;
    }
}
