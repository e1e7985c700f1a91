//! Encoding of a lock state: inside records of many locks, and as the value of the index.

use azekura_model::lock::{EventHold, Lock};
use azekura_model::retention_class::ClassName;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

/// The value of the index: deterministic CBOR, never empty.
#[must_use]
pub fn encode(lock: &Lock) -> Vec<u8> {
    let mut out = Writer::new();
    out.put(lock);
    out.into_bytes()
}

/// Reads a value of the index.
///
/// # Errors
/// [`DecodeError`] for anything that [`encode`] does not write.
pub fn decode(bytes: &[u8]) -> Result<Lock, DecodeError> {
    let mut input = Reader::over_item(bytes)?;
    let lock = input.get()?;
    input.end()?;
    Ok(lock)
}

/// `[retention or null, hold or null, event or null, probation or null, classes]`.
impl Value for Lock {
    fn write(&self, out: &mut Writer) {
        out.array(5)
            .put(&self.retention)
            .put(&self.hold)
            .put(&self.event)
            .put(&self.probation)
            .put(&self.classes);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(5, "a lock")?;
        Ok(Self {
            retention: input.get()?,
            hold: input.get()?,
            event: input.get()?,
            probation: input.get()?,
            classes: input.get()?,
        })
    }
}

/// `[class, floor]`.
impl Value for EventHold {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.class).put(&self.floor);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "an event hold")?;
        Ok(Self {
            class: input.get()?,
            floor: input.get()?,
        })
    }
}

impl Value for ClassName {
    fn write(&self, out: &mut Writer) {
        out.put(&self.as_str().to_owned());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = input.get::<String>()?;
        Self::parse(&name).map_err(|error| DecodeError::malformed(error.to_string()))
    }
}
