//! JSON whose members stay in the order in which they were given, so that bytes never change.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    Text(String),
    /// A whole number of units of the last decimal, and the number of decimals.
    Decimal(u64, u32),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            // Both are exact and IEEE 754 rounds a quotient in one way only: the same everywhere.
            Self::Decimal(units, decimals) => {
                let units = f64::from(u32::try_from(*units).unwrap_or(u32::MAX));
                serializer.serialize_f64(units / f64::from(10_u32.pow(*decimals)))
            }
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl Json {
    /// UTF-8, on one line. Text cannot fail to be written into memory.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Text.
pub(crate) fn text(text: impl Into<String>) -> Json {
    Json::Text(text.into())
}

/// An object.
pub(crate) fn object<const N: usize>(members: [(&'static str, Json); N]) -> Json {
    Json::Object(members.into())
}

/// A list of one.
pub(crate) fn one(value: Json) -> Json {
    Json::List(vec![value])
}
