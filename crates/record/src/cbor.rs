//! Deterministic CBOR (RFC 8949 §4.2.1), the subset that format v1 uses: integers, byte and text
//! strings, arrays, maps with unsigned keys, `false`, `true`, `null`. No tags, no floats, nothing of
//! indefinite length.
//!
//! `minicbor` writes the shortest heads, but reads longer ones too; so [`item_end`] walks the bytes
//! once before anything is decoded and refuses what a deterministic encoder cannot have written.

use std::convert::Infallible;

use minicbor::decode::{Decoder, Error as ReadFailure};
use minicbor::encode::{Encoder, Error as WriteFailure};

use crate::error::DecodeError;

/// Deepest nesting in an item; format v1 needs four.
const DEPTH_MAX: usize = 8;

/// Writes CBOR into memory.
pub(crate) struct Writer(Encoder<Vec<u8>>);

/// Writing into memory has no way to fail; the encoder's type only cannot say so.
fn written<T>(result: Result<T, WriteFailure<Infallible>>) {
    debug_assert!(result.is_ok(), "writing into memory failed");
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self(Encoder::new(Vec::new()))
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.writer()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_writer()
    }

    /// Appends a value.
    pub(crate) fn put<V: Value>(&mut self, value: &V) -> &mut Self {
        value.write(self);
        self
    }

    /// Begins an array of `items` items.
    pub(crate) fn array(&mut self, items: usize) -> &mut Self {
        written(self.0.array(items as u64));
        self
    }

    /// Begins a map of `entries` entries.
    pub(crate) fn map(&mut self, entries: usize) -> &mut Self {
        written(self.0.map(entries as u64));
        self
    }
}

/// Reads CBOR that [`item_end`] has walked.
pub(crate) struct Reader<'a>(Decoder<'a>);

fn unexpected(failure: &ReadFailure) -> DecodeError {
    DecodeError::Malformed(failure.to_string())
}

impl<'a> Reader<'a> {
    /// Over exactly one item.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`], also for bytes after the item.
    pub(crate) fn over_item(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let end = item_end(bytes)?;
        if end != bytes.len() {
            return Err(DecodeError::NotCanonical {
                at: end,
                what: "bytes after the end",
            });
        }
        Ok(Self(Decoder::new(bytes)))
    }

    /// Over bytes that were walked already as part of something larger.
    pub(crate) fn over_walked(bytes: &'a [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    pub(crate) fn get<V: Value>(&mut self) -> Result<V, DecodeError> {
        V::read(self)
    }

    /// The raw bytes of the next item.
    pub(crate) fn raw_item(&mut self) -> Result<&'a [u8], DecodeError> {
        let from = self.0.position();
        self.0.skip().map_err(|e| unexpected(&e))?;
        self.0
            .input()
            .get(from..self.0.position())
            .ok_or_else(|| DecodeError::malformed("an item ends beyond its bytes"))
    }

    /// Length of the array that begins here. Never larger than the bytes that remain, so that it
    /// may size an allocation.
    pub(crate) fn array(&mut self) -> Result<usize, DecodeError> {
        let length = self.0.array().map_err(|e| unexpected(&e))?;
        self.bounded(length)
    }

    /// Entries of the map that begins here; bounded like [`array`](Self::array).
    pub(crate) fn map(&mut self) -> Result<usize, DecodeError> {
        let length = self.0.map().map_err(|e| unexpected(&e))?;
        self.bounded(length)
    }

    /// Begins an array whose length the format fixes. A longer one comes from a newer release.
    pub(crate) fn array_of(
        &mut self,
        length: usize,
        what: &'static str,
    ) -> Result<(), DecodeError> {
        match self.array()? {
            found if found == length => Ok(()),
            found if found > length => Err(DecodeError::Newer(format!(
                "{what} of {found} items, {length} are known"
            ))),
            found => Err(DecodeError::malformed(format!(
                "{what} of {found} items instead of {length}"
            ))),
        }
    }

    fn bounded(&self, length: Option<u64>) -> Result<usize, DecodeError> {
        let remaining = self.0.input().len().saturating_sub(self.0.position());
        length
            .and_then(|length| usize::try_from(length).ok())
            .filter(|length| *length <= remaining)
            .ok_or_else(|| DecodeError::malformed("more items than bytes"))
    }

    /// After the last value of an item.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.0.position() == self.0.input().len() {
            Ok(())
        } else {
            Err(DecodeError::malformed("a value has more than one item"))
        }
    }
}

/// A value that stands in a record.
pub(crate) trait Value: Sized {
    fn write(&self, out: &mut Writer);
    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

macro_rules! number_value {
    ($($number:ident),*) => {$(
        impl Value for $number {
            fn write(&self, out: &mut Writer) {
                written(out.0.$number(*self));
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                input.0.$number().map_err(|e| unexpected(&e))
            }
        }
    )*};
}

number_value!(bool, u16, u32, u64, i64);

impl Value for String {
    fn write(&self, out: &mut Writer) {
        written(out.0.str(self));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.0.str().map(str::to_owned).map_err(|e| unexpected(&e))
    }
}

/// A byte string of any length.
impl Value for Vec<u8> {
    fn write(&self, out: &mut Writer) {
        written(out.0.bytes(self));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input
            .0
            .bytes()
            .map(<[u8]>::to_vec)
            .map_err(|e| unexpected(&e))
    }
}

/// A byte string of fixed length.
impl<const N: usize> Value for [u8; N] {
    fn write(&self, out: &mut Writer) {
        written(out.0.bytes(self));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = input.0.bytes().map_err(|e| unexpected(&e))?;
        bytes
            .try_into()
            .map_err(|_| DecodeError::malformed(format!("{} bytes instead of {N}", bytes.len())))
    }
}

/// `null` stands for none. Only inside arrays: in a map an absent field does.
impl<V: Value> Value for Option<V> {
    fn write(&self, out: &mut Writer) {
        match self {
            Some(value) => value.write(out),
            None => written(out.0.null()),
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let next = input.0.datatype().map_err(|e| unexpected(&e))?;
        if next == minicbor::data::Type::Null {
            input.0.null().map_err(|e| unexpected(&e))?;
            Ok(None)
        } else {
            V::read(input).map(Some)
        }
    }
}

/// An array.
impl<V: Value> Value for Vec<V> {
    fn write(&self, out: &mut Writer) {
        out.array(self.len());
        self.iter().for_each(|item| item.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items = input.array()?;
        (0..items).map(|_| V::read(input)).collect()
    }
}

/// An array of two.
impl<A: Value, B: Value> Value for (A, B) {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.0).put(&self.1);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "a pair")?;
        Ok((input.get()?, input.get()?))
    }
}

/// Length in bytes of the item at the start of `input`, which must be deterministic CBOR of the
/// subset above.
///
/// # Errors
/// [`DecodeError::NotCanonical`] names the first offence.
pub(crate) fn item_end(input: &[u8]) -> Result<usize, DecodeError> {
    Walk { input }.item(0, 0)
}

struct Walk<'a> {
    input: &'a [u8],
}

/// A decoded head: major type, argument, offset after it.
struct Head {
    major: u8,
    argument: u64,
    end: usize,
}

fn offence<T>(at: usize, what: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::NotCanonical { at, what })
}

impl Walk<'_> {
    fn head(&self, at: usize) -> Result<Head, DecodeError> {
        let Some(initial) = self.input.get(at).copied() else {
            return offence(at, "the bytes end inside an item");
        };
        let (major, info) = (initial >> 5, initial & 31);
        let after = at.saturating_add(1);
        if info < 24 {
            return Ok(Head {
                major,
                argument: u64::from(info),
                end: after,
            });
        }
        // The smallest argument that needs this width.
        let (width, least) = match info {
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return offence(at, "indefinite length or reserved head"),
        };
        let end = after.saturating_add(width);
        let Some(bytes) = self.input.get(after..end) else {
            return offence(at, "the bytes end inside a head");
        };
        let argument = bytes
            .iter()
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        if argument < least || major == 7 {
            return offence(at, "not the shortest head, or a float");
        }
        Ok(Head {
            major,
            argument,
            end,
        })
    }

    /// Offset after the item at `at`.
    fn item(&self, at: usize, depth: usize) -> Result<usize, DecodeError> {
        if depth > DEPTH_MAX {
            return offence(at, "nested too deeply");
        }
        let head = self.head(at)?;
        match head.major {
            0 | 1 => Ok(head.end),
            2 | 3 => self.string(at, &head),
            4 => (0..head.argument).try_fold(head.end, |next, _| self.item(next, depth + 1)),
            5 => self.map(&head, depth),
            6 => offence(at, "tags are not used"),
            _ if (20..=22).contains(&head.argument) => Ok(head.end),
            _ => offence(at, "simple value other than false, true, null"),
        }
    }

    fn string(&self, at: usize, head: &Head) -> Result<usize, DecodeError> {
        let end = usize::try_from(head.argument)
            .ok()
            .and_then(|length| head.end.checked_add(length));
        let content = end.and_then(|end| self.input.get(head.end..end));
        match (content, end) {
            (Some(content), Some(_))
                if head.major == 3 && std::str::from_utf8(content).is_err() =>
            {
                offence(at, "text that is not UTF-8")
            }
            (Some(_), Some(end)) => Ok(end),
            _ => offence(at, "a string is longer than the bytes"),
        }
    }

    fn map(&self, head: &Head, depth: usize) -> Result<usize, DecodeError> {
        let mut next = head.end;
        let mut previous = None;
        for _ in 0..head.argument {
            let key = self.head(next)?;
            if key.major != 0 {
                return offence(next, "a map key that is not an unsigned integer");
            }
            if previous.is_some_and(|previous| previous >= key.argument) {
                return offence(next, "map keys that do not ascend");
            }
            previous = Some(key.argument);
            next = self.item(key.end, depth + 1)?;
        }
        Ok(next)
    }
}
