//! The key that cursors of lists are signed with.

use gatepass_domain::Context;
use gatepass_domain::event::hex;
use gatepass_store::{Store, StoreError};

/// Makes the key, unless there is one. The schedule does this, so that endpoints that list need no permission to write.
///
/// # Errors
/// [`StoreError`].
pub async fn make_key(store: &Store, context: &mut Context) -> Result<(), StoreError> {
    if store.cursor_key().await?.is_none() {
        store.put_cursor_key(hex(&context.bytes::<32>())).await?;
    }
    Ok(())
}
