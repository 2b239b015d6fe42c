//! Event patterns: what rules and stream filters ask of an event.
//!
//! Matched by quamina, which speaks the pattern language of EventBridge less `$or` and nested
//! `anything-but`. What it cannot do, and what it can do beyond EventBridge, is refused: a pattern
//! means here what it means on AWS, or it does not run.

use quamina::Quamina;
use serde_json::Value;

/// The operators of EventBridge ("Comparison operators", EventBridge user guide) that run here.
const OPERATORS: &[&str] =
    &["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"];

/// A pattern that cannot run here.
#[derive(Debug, thiserror::Error)]
#[error("this pattern cannot run here: {0}")]
pub struct NotMatchable(String);

/// Patterns, each of which leads to something.
pub struct Patterns {
    matcher: Quamina<usize>,
}

impl Patterns {
    /// Patterns that lead to their place in `patterns`.
    ///
    /// # Errors
    /// The first pattern that cannot run here.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a Value>) -> Result<Self, NotMatchable> {
        let mut matcher = Quamina::new();
        for (place, pattern) in patterns.into_iter().enumerate() {
            check(pattern)?;
            matcher.add_pattern(place, &pattern.to_string()).map_err(|error| NotMatchable(error.to_string()))?;
        }
        Ok(Self { matcher })
    }

    /// The places of the patterns that `event` matches, in order, each once.
    pub fn matching(&self, event: &Value) -> Vec<usize> {
        // Only what is not a JSON object fails, which an event always is; such a thing matches nothing.
        let mut places = self.matcher.matches_for_event(event.to_string().as_bytes()).unwrap_or_default();
        places.sort_unstable();
        places.dedup();
        places
    }
}

fn check(pattern: &Value) -> Result<(), NotMatchable> {
    match pattern {
        Value::Object(fields) => fields.values().try_for_each(check),
        Value::Array(choices) => choices.iter().try_for_each(|choice| match choice {
            Value::Object(operator) => match operator.keys().find(|name| !OPERATORS.contains(&name.as_str())) {
                Some(name) => Err(NotMatchable(format!("it uses `{name}`"))),
                None => Ok(()),
            },
            _ => Ok(()),
        }),
        other => Err(NotMatchable(format!("it has {other} where a list or an object must be"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_leads_to_the_patterns_it_matches() {
        let automatic = json!({"detail-type": ["Submitted"], "detail": {"data": {"review": ["automatic"]}}});
        let either = json!({"source": ["gatepass"], "detail-type": ["Submitted", {"prefix": "Access"}]});
        let nothing = json!({"source": ["other"]});
        let patterns = Patterns::new([&automatic, &either, &nothing]).unwrap();
        let event =
            json!({"source": "gatepass", "detail-type": "Submitted", "detail": {"data": {"review": "automatic"}}});
        assert_eq!(patterns.matching(&event), [0, 1]);
        let event = json!({"source": "gatepass", "detail-type": "AccessRevoked", "detail": {}});
        assert_eq!(patterns.matching(&event), [1]);
    }

    #[test]
    fn what_does_not_run_the_same_on_aws_is_refused() {
        for pattern in [
            json!({"$or": [{"source": ["a"]}, {"source": ["b"]}]}),
            json!({"source": [{"regexp": "a+"}]}),
            json!({"source": [{"shellstyle": "a*"}]}),
            json!({"source": "gatepass"}),
            json!({"source": [{"anything-but": {"prefix": "a"}}]}),
            json!([]),
        ] {
            assert!(Patterns::new([&pattern]).is_err(), "{pattern}");
        }
    }
}
