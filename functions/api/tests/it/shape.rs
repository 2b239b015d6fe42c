//! Shows what differs from run to run as what it is, provided that it is that.

use std::collections::BTreeMap;

use gatepass_domain::key::PlainKey;
use jiff::Timestamp;
use serde_json::Value;

/// Names given to the ids of an answer, in the order in which they appear.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, usize>);

impl Names {
    /// `value` with ids, times, keys and cursors named. What has another shape stays and shows.
    pub(crate) fn shown(&mut self, value: &Value) -> Value {
        self.member("", value)
    }

    fn member(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::from(self.text(name, text)),
            Value::Array(items) => items.iter().map(|item| self.member(name, item)).collect(),
            Value::Object(members) => {
                // By name: the order must not depend on which features serde_json was built with.
                let members: BTreeMap<_, _> = members.iter().collect();
                members.into_iter().map(|(name, value)| (name.clone(), self.member(name, value))).collect()
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        let last_four = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match name {
            "last_four" if last_four(text) => return "[last four]".into(),
            "prefix" if text.len() == 7 && text.starts_with("gp_") => return "[prefix]".into(),
            "key" if PlainKey::parse(text).is_ok() => return "[key]".into(),
            "next_cursor" if is_cursor(text) => return "[cursor]".into(),
            _ if is_time(text) => return "[time]".into(),
            _ => {}
        }
        // Also inside of texts, such as a Location.
        let words: Vec<_> = text.split(['/', ' ']).map(|word| word.trim_end_matches(['.', ':', ','])).collect();
        let times = words.iter().filter(|word| is_time(word));
        let text = times.fold(text.to_owned(), |text, time| text.replace(time, "[time]"));
        let ids = words.iter().filter(|word| is_id(word));
        ids.fold(text, |text, id| text.replace(id, &self.id(id)))
    }

    fn id(&mut self, id: &str) -> String {
        let next = self.0.len() + 1;
        format!("[id {}]", self.0.entry(id.to_owned()).or_insert(next))
    }
}

/// A UUIDv7 (RFC 9562).
fn is_id(word: &str) -> bool {
    let groups: Vec<_> = word.split('-').map(str::len).collect();
    let hexadecimal = word.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    groups == [8, 4, 4, 4, 12] && hexadecimal && word.as_bytes().get(14) == Some(&b'7')
}

/// RFC 3339 in UTC, to the millisecond.
fn is_time(text: &str) -> bool {
    let fraction = text.trim_end_matches('Z').split_once('.').map_or(0, |(_, digits)| digits.len());
    text.ends_with('Z') && fraction <= 3 && text.parse::<Timestamp>().is_ok()
}

fn is_cursor(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    parts.len() == 2 && parts.iter().all(|part| part.len() > 20 && !part.contains(['/', '+', '=', '#']))
}
