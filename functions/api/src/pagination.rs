//! Pages of lists, bounded by the number of their rows and by their size.

use axum::Json;
use gatepass_app::Refused;
use gatepass_domain::PersonId;
use gatepass_http::{Listed, PageQuery, Problem};
use gatepass_store::{Page, Position};
use serde::Serialize;

use crate::state::Api;

/// The most bytes of a page's rows. It leaves room below 1 MB for the cursor, and for an app beside its credentials.
const MAX_BYTES: usize = 900_000;

/// The first of `items` that take at most `bytes` bytes as JSON together, and at least one of them; the rest is left out.
/// For lists inside an answer that is not paged, where the ids of everything stand beside.
pub(crate) fn fitting<T: Serialize>(items: impl IntoIterator<Item = T>, bytes: usize) -> Fitting<T> {
    let (mut kept, mut used, mut more) = (Vec::new(), 0, false);
    for item in items {
        used += serde_json::to_vec(&item).map_or(0, |json| json.len() + 1);
        if used > bytes && !kept.is_empty() {
            more = true;
            break;
        }
        kept.push(item);
    }
    Fitting { items: kept, more }
}

/// Items that fit into an answer.
pub(crate) struct Fitting<T> {
    pub(crate) items: Vec<T>,
    /// True when others were left out.
    pub(crate) more: bool,
}

impl Api {
    /// Answers `who` with the page that `query` asks for. `load` reads at most so many rows after a position; `show` turns
    /// a row into the form that is answered.
    ///
    /// A page that would be too large is read again with fewer rows.
    pub(crate) async fn page<F, T, R, Loading>(
        &self,
        who: &PersonId,
        query: &PageQuery<F>,
        load: impl Fn(usize, Option<Position>) -> Loading,
        show: impl Fn(T) -> R,
    ) -> Result<Json<Listed<R>>, Problem>
    where
        R: Serialize,
        Loading: Future<Output = Result<Page<T>, Refused>>,
    {
        let after = match &query.cursor {
            Some(cursor) => Some(self.cursor_key().await?.position(cursor, who, &query.list)?),
            None => None,
        };
        let mut limit = query.limit;
        loop {
            let page = load(limit, after.clone()).await?;
            let items: Vec<R> = page.items.into_iter().map(&show).collect();
            let bytes = serde_json::to_vec(&items).map_or(0, |json| json.len());
            if bytes > MAX_BYTES && limit > 1 {
                // In proportion, and fewer in any case.
                limit = (limit * MAX_BYTES / bytes).clamp(1, limit - 1);
                continue;
            }
            let next_cursor = match page.next {
                Some(position) => self.cursor_key().await?.cursor(&position, who, &query.list),
                None => None,
            };
            return Ok(Json(Listed { items, next_cursor }));
        }
    }
}
