//! A strict reading of JSON bodies and query parameters, with errors in plain words.
//!
//! Serde's own reading is lenient where a format leaves it a choice: it takes a list for an object (its items for the
//! members in their order) and `{"name": null}` for the variant `name`. Clients that rely on it break as soon as a
//! member moves. Its messages are in the words of the compiler (`expected u64`), which are not the reader's.

use std::fmt;
use std::str::FromStr;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::Value;

/// A JSON document, or the parameters of a query. An object still has every member that was sent, doubles too.
#[derive(Debug)]
pub(crate) enum Json {
    Object(Vec<(String, Json)>),
    List(Vec<Json>),
    Scalar(Value),
    /// The text of a query parameter, which may stand for a number or a truth value.
    Parameter(String),
}

/// A member or parameter that cannot be used, in words that follow its name: `must be a text`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unusable(String);

impl serde::de::Error for Unusable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // The one type of another crate that says by itself what is wrong with a text, and says it to programmers.
        match message.starts_with("UUID parsing failed") {
            true => Self("must be an id as it was answered, such as `01a20a74-9f66-7afd-a35f-7727d0d6eaed`".to_owned()),
            false => Self(message),
        }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("must be {}", plain(&expected.to_string())))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("must be {}", plain(&expected.to_string())))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let named: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
        match named.as_slice() {
            [only] => Self(format!("must be {only}")),
            several => Self(format!("must be one of {}", several.join(", "))),
        }
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        let named: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
        Self(format!("has a member that is not known; it may have {}", named.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("`{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("`{field}` is there twice"))
    }
}

/// The expectation of a deserializer in plain words.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative and not too large",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number, not too large",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a string" | "string or map" | "identifier" => "a text",
        "a sequence" | "a tuple" => "a list",
        "a map" => "a JSON object",
        other if other.starts_with("struct ") => "a JSON object",
        other => other,
    }
}

/// Members that nobody knows, and the first that cannot be used; each with its path.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A member that cannot be used.
    Unusable {
        /// Its path as serde writes it; `.` is the document itself.
        path: String,
        /// The reason.
        why: Unusable,
    },
    /// The paths of members that are not known.
    Unknown(Vec<String>),
}

impl Json {
    /// The value that the document stands for, to its last member.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        let mut unknown = Vec::new();
        let parsed: Result<T, _> = {
            let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
            serde_path_to_error::deserialize(serde_ignored::Deserializer::new(self, &mut note))
        };
        let value = parsed.map_err(|error| {
            let path = error.path().to_string();
            Refusal::Unusable { path, why: error.into_inner() }
        })?;
        if unknown.is_empty() { Ok(value) } else { Err(Refusal::Unknown(unknown)) }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Scalar(text.into()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Scalar(flag.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Scalar(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Scalar(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Scalar(number.into()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Scalar(Value::Null))
    }
}

impl<'de> IntoDeserializer<'de, Unusable> for Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Numbers in query parameters.
macro_rules! parsed {
    ($($method:ident $number:ty => $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
            match self {
                Self::Parameter(text) => {
                    let number = number::<$number>(&text, &visitor)?;
                    visitor.$visit(number)
                }
                other => other.deserialize_any(visitor),
            }
        }
    )*};
}

fn number<T: FromStr>(text: &str, expected: &dyn Expected) -> Result<T, Unusable> {
    text.parse().map_err(|_| Unusable::invalid_type(Unexpected::Str(text), expected))
}

impl<'de> Deserializer<'de> for Json {
    type Error = Unusable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        match self {
            Self::Object(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Scalar(value) => visit_scalar(value, visitor),
            Self::Parameter(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusable> {
        match self {
            Self::Object(_) => self.deserialize_any(visitor),
            _ => Err(Unusable::custom("must be a JSON object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusable> {
        match self {
            Self::Scalar(Value::String(text)) | Self::Parameter(text) => {
                let text: serde::de::value::StringDeserializer<Unusable> = text.into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            _ => Err(Unusable::custom("must be a text")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        match self {
            Self::Scalar(Value::Null) => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unusable> {
        visitor.visit_newtype_struct(self)
    }

    parsed! {
        deserialize_bool bool => visit_bool,
        deserialize_u8 u8 => visit_u8,
        deserialize_u16 u16 => visit_u16,
        deserialize_u32 u32 => visit_u32,
        deserialize_u64 u64 => visit_u64,
        deserialize_i64 i64 => visit_i64,
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// A scalar by hand: serde_json's own messages are not wanted.
fn visit_scalar<'de, V: Visitor<'de>>(value: Value, visitor: V) -> Result<V::Value, Unusable> {
    match value {
        Value::String(text) => visitor.visit_string(text),
        Value::Bool(flag) => visitor.visit_bool(flag),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => visitor.visit_u64(number),
            (None, Some(number), _) => visitor.visit_i64(number),
            (None, None, Some(number)) => visitor.visit_f64(number),
            (None, None, None) => Err(Unusable::custom("must be a number in the usual range")),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => visitor.visit_unit(),
    }
}
