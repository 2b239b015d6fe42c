//! Capacity units by the published rules, from the items that a call reads and writes.
//!
//! - A write takes one unit for each kilobyte that the larger of the old and the new item begins; two in a transaction.
//! - Each index that has the item takes units of its own: one write when it enters or leaves or when what the index holds of it
//!   changes, two when its key in the index changes. Transactions do not double these.
//! - A read takes one unit for each four kilobytes begun, half of it when it need not be consistent; a query takes that for the
//!   sum of what it reads, a batch for each item.
//!
//! Sources: "DynamoDB read and write operations", "DynamoDB item sizes and formats", "Using Global Secondary Indexes in DynamoDB"
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/>).

use serde_json::{Map, Value};

/// An item in the JSON of DynamoDB: `{"PK": {"S": "…"}, …}`.
pub(crate) type Item = Map<String, Value>;

/// Names of the table's indexes, the attributes of their keys, and those that they hold.
const INDEXES: [Index; 3] = [
    Index { keys: ["GSI1PK", "GSI1SK"], holds: Holds::All },
    Index { keys: ["GSI2PK", "GSI2SK"], holds: Holds::All },
    Index { keys: ["WORKPK", "WORKSK"], holds: Holds::Keys },
];

struct Index {
    keys: [&'static str; 2],
    holds: Holds,
}

#[derive(Clone, Copy)]
enum Holds {
    All,
    Keys,
}

/// The strength of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// On its own.
    Single,
    /// In a transaction.
    Transaction,
}

/// The units of a write that replaces `before` by `after`.
pub(crate) fn written(before: Option<&Item>, after: Option<&Item>, write: Write) -> f64 {
    let larger = size_of(before).max(size_of(after));
    let base = kilobytes(larger) * if write == Write::Transaction { 2.0 } else { 1.0 };
    base + INDEXES.iter().map(|index| index.written(before, after)).sum::<f64>()
}

/// The units of a read of so many bytes: one item, or everything that a query goes through.
pub(crate) fn read(bytes: usize, consistent: bool) -> f64 {
    let units = bytes.div_ceil(4096).max(1);
    as_units(units) * if consistent { 1.0 } else { 0.5 }
}

impl Index {
    fn written(&self, before: Option<&Item>, after: Option<&Item>) -> f64 {
        let (before, after) = (before.and_then(|item| self.entry(item)), after.and_then(|item| self.entry(item)));
        match (&before, &after) {
            (None, None) => 0.0,
            (Some(entry), None) | (None, Some(entry)) => kilobytes(bytes(entry)),
            (Some(old), Some(new)) if old == new => 0.0,
            (Some(old), Some(new)) if self.key(old) == self.key(new) => kilobytes(bytes(old).max(bytes(new))),
            (Some(old), Some(new)) => kilobytes(bytes(old)) + kilobytes(bytes(new)),
        }
    }

    /// The part of the item that the index holds, if it has the item.
    fn entry(&self, item: &Item) -> Option<Item> {
        let has_keys = self.keys.iter().all(|key| item.contains_key(*key));
        has_keys.then(|| match self.holds {
            Holds::All => item.clone(),
            Holds::Keys => {
                let kept = ["PK", "SK"].iter().chain(&self.keys);
                kept.filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone()))).collect()
            }
        })
    }

    fn key<'a>(&self, entry: &'a Item) -> [Option<&'a Value>; 2] {
        self.keys.map(|name| entry.get(name))
    }
}

fn size_of(item: Option<&Item>) -> usize {
    item.map_or(0, bytes)
}

fn kilobytes(bytes: usize) -> f64 {
    as_units(bytes.div_ceil(1024).max(1))
}

fn as_units(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The bytes of an item as DynamoDB counts them: names and values, and a little for each list and map.
pub(crate) fn bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    let Some((kind, content)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    match (kind.as_str(), content) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(number)) => number.len() / 2 + 2,
        ("B", Value::String(base64)) => base64.len() / 4 * 3,
        ("M", Value::Object(members)) => 3 + members.len() + bytes(members),
        ("L", Value::Array(values)) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        ("SS", Value::Array(texts)) => texts.iter().filter_map(Value::as_str).map(str::len).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(value: Value) -> Item {
        value.as_object().cloned().unwrap()
    }

    fn listed(partition: &str, text: &str) -> Item {
        item(json!({
            "PK": { "S": "a" }, "SK": { "S": "b" }, "GSI1PK": { "S": partition }, "GSI1SK": { "S": "1" },
            "WORKPK": { "S": "WORK" }, "WORKSK": { "S": "1" }, "text": { "S": text },
        }))
    }

    #[test]
    fn a_new_item_takes_a_unit_a_kilobyte_and_one_for_each_index() {
        let small = listed("x", "short");
        assert_eq!(written(None, Some(&small), Write::Single).to_bits(), 3.0_f64.to_bits());
        assert_eq!(written(None, Some(&small), Write::Transaction).to_bits(), 4.0_f64.to_bits());
        let large = listed("x", &"long".repeat(300));
        assert_eq!(written(None, Some(&large), Write::Single).to_bits(), (2.0 + 2.0 + 1.0_f64).to_bits());
    }

    #[test]
    fn an_index_is_written_twice_when_the_key_changes_and_not_at_all_when_nothing_of_it_does() {
        let (before, moved, changed) = (listed("x", "one"), listed("y", "one"), listed("x", "two"));
        assert_eq!(written(Some(&before), Some(&moved), Write::Single).to_bits(), (1.0 + 2.0_f64).to_bits());
        assert_eq!(written(Some(&before), Some(&changed), Write::Single).to_bits(), (1.0 + 1.0_f64).to_bits());
        assert_eq!(written(Some(&before), Some(&before), Write::Single).to_bits(), 1.0_f64.to_bits());
        assert_eq!(written(Some(&before), None, Write::Single).to_bits(), (1.0 + 1.0 + 1.0_f64).to_bits());
    }

    #[test]
    fn reads_are_counted_by_four_kilobytes() {
        assert_eq!(read(0, true).to_bits(), 1.0_f64.to_bits(), "also what is not there");
        assert_eq!(read(4096, false).to_bits(), 0.5_f64.to_bits());
        assert_eq!(read(4097, true).to_bits(), 2.0_f64.to_bits());
    }
}
