//! A record part as a map from field numbers to values, each value's encoding kept apart, so that
//! hashes over single fields can be computed without knowing what a field means.
//!
//! Field numbers from 0x8000 on are *ignorable*: a release that does not know one skips it. All
//! others are *critical*: a release that does not know one must not act on the record.

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

/// First ignorable field number.
pub const IGNORABLE_FROM: u16 = 0x8000;

/// Number of the salt seed in every particulars map. It is not a leaf of the commitment.
pub const SALT_SEED: u16 = 1;

/// One field as stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// Its number.
    pub number: u16,
    /// Its value, encoded.
    pub value: &'a [u8],
}

/// Splits an encoded map into its fields, in ascending order of number.
///
/// # Errors
/// [`DecodeError::NotCanonical`], [`DecodeError::Malformed`] when it is not a map of fields.
pub fn split(bytes: &[u8]) -> Result<Vec<Field<'_>>, DecodeError> {
    let mut input = Reader::over_item(bytes)?;
    let entries = input.map()?;
    let mut fields = Vec::with_capacity(entries.min(64));
    for _ in 0..entries {
        let number = input.get::<u16>()?;
        let value = input.raw_item()?;
        fields.push(Field { number, value });
    }
    input.end()?;
    Ok(fields)
}

/// Collects fields in ascending order.
pub(crate) struct FieldsWriter {
    body: Writer,
    /// Number, start and end of each value in `body`.
    spans: Vec<(u16, usize, usize)>,
}

impl FieldsWriter {
    pub(crate) fn new() -> Self {
        Self {
            body: Writer::new(),
            spans: Vec::with_capacity(24),
        }
    }

    /// Adds a field; `number` must be larger than all before.
    pub(crate) fn put<V: Value>(&mut self, number: u16, value: &V) -> &mut Self {
        debug_assert!(
            self.spans.last().is_none_or(|(last, ..)| *last < number),
            "fields must ascend"
        );
        self.body.put(&number);
        let start = self.body.bytes().len();
        self.body.put(value);
        self.spans.push((number, start, self.body.bytes().len()));
        self
    }

    /// Adds a field when there is a value.
    pub(crate) fn put_some<V: Value>(&mut self, number: u16, value: Option<&V>) -> &mut Self {
        if let Some(value) = value {
            self.put(number, value);
        }
        self
    }

    /// The fields so far.
    pub(crate) fn fields(&self) -> Vec<Field<'_>> {
        let bytes = self.body.bytes();
        self.spans
            .iter()
            .filter_map(|(number, start, end)| {
                bytes.get(*start..*end).map(|value| Field {
                    number: *number,
                    value,
                })
            })
            .collect()
    }

    /// The map.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut head = Writer::new();
        head.map(self.spans.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.body.bytes());
        bytes
    }
}

/// Hands out fields in ascending order and refuses what nobody asked for.
pub(crate) struct FieldsReader<'a> {
    fields: std::iter::Peekable<std::vec::IntoIter<Field<'a>>>,
    /// Of which record part, for messages.
    what: &'static str,
}

impl<'a> FieldsReader<'a> {
    pub(crate) fn new(
        bytes: &'a [u8],
        limit: usize,
        what: &'static str,
    ) -> Result<Self, DecodeError> {
        if bytes.len() > limit {
            return Err(DecodeError::TooLong {
                bytes: bytes.len(),
                limit,
            });
        }
        Ok(Self {
            fields: split(bytes)?.into_iter().peekable(),
            what,
        })
    }

    /// A field that must be there.
    pub(crate) fn take<V: Value>(&mut self, number: u16) -> Result<V, DecodeError> {
        self.take_some(number)?.ok_or_else(|| {
            DecodeError::malformed(format!("{}: field {number} is missing", self.what))
        })
    }

    /// A field that may be absent.
    pub(crate) fn take_some<V: Value>(&mut self, number: u16) -> Result<Option<V>, DecodeError> {
        match self.fields.peek().copied() {
            Some(field) if field.number < number => Err(self.unknown(field.number)),
            Some(field) if field.number == number => {
                let mut input = Reader::over_walked(field.value);
                let value = input.get().and_then(|value| input.end().map(|()| value));
                self.fields.next();
                value.map(Some).map_err(|error| match error {
                    DecodeError::Malformed(why) => {
                        DecodeError::Malformed(format!("{}: field {number}: {why}", self.what))
                    }
                    other => other,
                })
            }
            _ => Ok(None),
        }
    }

    /// After the last known field: what is left must be ignorable.
    pub(crate) fn finish(mut self) -> Result<(), DecodeError> {
        match self.fields.peek().map(|field| field.number) {
            Some(number) if number < IGNORABLE_FROM => Err(self.unknown(number)),
            _ => Ok(()),
        }
    }

    fn unknown(&self, number: u16) -> DecodeError {
        DecodeError::Newer(format!("{}: critical field {number}", self.what))
    }
}
