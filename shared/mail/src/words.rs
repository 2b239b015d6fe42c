//! Numbers and lists in the words of a mail.

use gatepass_domain::Plan;
use gatepass_domain::plan::Limit;
use gatepass_domain::product::AuthMethod;
use jiff::Timestamp;

/// The limits of a plan, a phrase each: "25 requests per second", "keys expire after 30 days".
///
/// Always says something on the rate and on the life of what is issued, also when the plan does not
/// limit it: a missing line would leave the reader guessing.
pub fn limits(plan: &Plan, auth_method: AuthMethod) -> Vec<String> {
    let calls: Vec<_> = [plan.rate_limit, plan.quota].into_iter().flatten().map(rate).collect();
    let mut phrases = if calls.is_empty() { vec!["no limit on requests".to_owned()] } else { calls };

    let issued = match auth_method {
        AuthMethod::ApiKey => "keys",
        AuthMethod::OAuth2 => "client secrets",
    };
    phrases.push(match plan.key_expires_in_seconds {
        Some(seconds) => format!("{issued} expire after {}", duration(seconds)),
        None => format!("{issued} do not expire"),
    });
    if let Some(seconds) = plan.access_expires_in_seconds {
        phrases.push(format!("access ends after {}", duration(seconds)));
    }
    if !plan.scopes.is_empty() {
        phrases.push(format!("scopes: {}", plan.scopes.join(", ")));
    }
    phrases
}

/// "25 requests per second", "1,000 requests per 30 days".
fn rate(limit: Limit) -> String {
    let interval = duration(limit.per_seconds);
    let interval = interval.strip_prefix("1 ").filter(|unit| !unit.contains(' ')).unwrap_or(&interval);
    format!("{} per {interval}", counted(limit.requests, "request"))
}

/// A duration to the second: "30 days", "1 hour", "1 day, 2 hours and 5 seconds".
///
/// Days are the largest unit: months and years differ in length.
fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let parts = [(days, "day"), (hours % 24, "hour"), (minutes % 60, "minute"), (seconds % 60, "second")];
    let parts: Vec<_> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| counted(count, unit)).collect();
    if parts.is_empty() { counted(0, "second") } else { enumeration(&parts) }
}

/// "1 request", "2 requests", "1,000 requests".
pub(crate) fn counted(count: u64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {unit}{plural}", grouped(count))
}

/// "1 December 2026, 12:00 UTC".
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// "a", "a and b", "a, b and c".
pub(crate) fn enumeration(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Like [`enumeration`], with at most three named: "a, b, c and 2 more". Fits a subject line.
pub(crate) fn abridged(mut parts: Vec<String>) -> String {
    const NAMED: usize = 3;
    if parts.len() > NAMED {
        let more = parts.len() - NAMED;
        parts.truncate(NAMED);
        parts.push(format!("{more} more"));
    }
    enumeration(&parts)
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_to_the_second_in_the_units_people_use() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (90, "1 minute and 30 seconds"),
            (3_600, "1 hour"),
            (86_400, "1 day"),
            (129_600, "1 day and 12 hours"),
            (2_592_000, "30 days"),
            (31_536_000, "365 days"),
            (86_400_000, "1,000 days"),
            (93_784, "1 day, 2 hours, 3 minutes and 4 seconds"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn a_rate_is_per_unit_or_per_so_many_of_it() {
        for (requests, per_seconds, words) in [
            (25, 1, "25 requests per second"),
            (1, 1, "1 request per second"),
            (100, 60, "100 requests per minute"),
            (5, 10, "5 requests per 10 seconds"),
            (1_000, 86_400, "1,000 requests per day"),
            (1_234_567, 2_592_000, "1,234,567 requests per 30 days"),
            (3, 90, "3 requests per 1 minute and 30 seconds"),
            (u64::MAX, 3_600, "18,446,744,073,709,551,615 requests per hour"),
        ] {
            assert_eq!(rate(Limit { requests, per_seconds }), words);
        }
    }

    #[test]
    fn an_abridged_list_names_three() {
        let names = |count: usize| ["a", "b", "c", "d", "e"].iter().take(count).map(ToString::to_string).collect();
        for (count, words) in [(0, ""), (1, "a"), (2, "a and b"), (3, "a, b and c"), (5, "a, b, c and 2 more")] {
            assert_eq!(abridged(names(count)), words);
        }
    }
}
