//! `GET /v1/admin/statistics`

use axum::Json;
use axum::extract::State;
use gatepass_app::statistics::{date_of, statistics};
use gatepass_domain::statistics::Statistics;
use gatepass_http::{Owner, Params, Problem};
use jiff::civil::Date;
use jiff::{ToSpan, Unit};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use crate::state::Api;

/// The most days at once.
const MOST_DAYS: i32 = 366;

/// Which days: the last 30, unless told.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// The first day, in UTC: `2026-11-01`.
    #[param(value_type = Option<String>, format = Date)]
    #[serde(default, deserialize_with = "day")]
    from: Option<Date>,
    /// The last day, in UTC: today, unless told.
    #[param(value_type = Option<String>, format = Date)]
    #[serde(default, deserialize_with = "day")]
    to: Option<Date>,
}

/// Reads a day, and says in plain words what is none.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| D::Error::custom("must be a day such as `2026-11-23`"))
}

/// Requests by day and outcome, how long decisions took, and how provisioning goes.
#[utoipa::path(get, path = "/v1/admin/statistics", tag = "admin: statistics", operation_id = "get_statistics",
    security(("bearer" = ["administrator"])), params(Span), responses((status = 200, body = Statistics)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Owner(owner): Owner,
    Params(span): Params<Span>,
) -> Result<Json<Statistics>, Problem> {
    let now = api.clock.now();
    let to = span.to.unwrap_or_else(|| date_of(now));
    let from = span.from.unwrap_or_else(|| to.saturating_sub(29.days()));
    let days = from.until((Unit::Day, to)).map_or(i32::MAX, |span| span.get_days()) + 1;
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Problem::parameter("from", "must be at most `to`, and at most 365 days before it"));
    }
    Ok(Json(statistics(&api.store, now, &owner, from, to).await?))
}
