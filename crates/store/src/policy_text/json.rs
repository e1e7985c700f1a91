//! JSON in which nothing is written twice. `serde_json` would keep the last of two equal keys and say
//! nothing; a Deny could vanish so.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Most entries of all lists and objects together; a document of the largest size that means
/// something has fewer.
const ENTRIES_MAX: usize = 8_192;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Json {
    Null,
    /// Text, or a number or boolean as it is written: AWS takes both for text.
    Scalar(String, Quoted),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Whether a scalar stood in quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quoted {
    Yes,
    No,
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Json, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if entries(&json) > ENTRIES_MAX {
        return Err(format!("more than {ENTRIES_MAX} entries"));
    }
    Ok(json)
}

/// Nesting is bounded by `serde_json`.
fn entries(json: &Json) -> usize {
    match json {
        Json::Null | Json::Scalar(..) => 1,
        Json::List(items) => 1 + items.iter().map(entries).sum::<usize>(),
        Json::Object(members) => 1 + members.iter().map(|(_, json)| entries(json)).sum::<usize>(),
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string(), Quoted::No))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string(), Quoted::No))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string(), Quoted::No))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string(), Quoted::No))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_owned(), Quoted::Yes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!(
                    "`{key}` stands twice in one object"
                )));
            }
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}
