//! Retention classes and limits of a bucket as stored: settings 8 and 9. Both cool off: `[in force,
//! null or [value, acts at]]`.

use azekura_model::cooling::{Cooling, Governed, Pending};
use azekura_model::lock::RetentionMode;
use azekura_model::retention_class::{ClassRule, ClassRules};
use azekura_model::retention_limits::RetentionLimits;
use azekura_model::time::ComplianceTime;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

/// `[value in force, null or [value, acts at]]`.
impl<T: Value + Governed> Value for Cooling<T> {
    fn write(&self, out: &mut Writer) {
        let (in_force, pending) = self.parts();
        out.array(2).put(in_force);
        match pending {
            None => out.put(&None::<bool>),
            Some(pending) => out.array(2).put(&pending.value).put(&pending.acts_at),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "a setting that cools off")?;
        let in_force = input.get()?;
        let waits: Option<Waits<T>> = input.get()?;
        Ok(Self::stored(in_force, waits.map(|waits| waits.0)))
    }
}

struct Waits<T>(Pending<T>);

impl<T: Value> Value for Waits<T> {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.0.value).put(&self.0.acts_at);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "a change that waits")?;
        let value = input.get()?;
        let acts_at: ComplianceTime = input.get()?;
        Ok(Self(Pending { value, acts_at }))
    }
}

/// `[prefix, null or [tag name, tag value], class, mode]`.
impl Value for ClassRule {
    fn write(&self, out: &mut Writer) {
        out.array(4)
            .put(&self.prefix)
            .put(&self.tag)
            .put(&self.class)
            .put(&self.mode);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(4, "a rule of retention classes")?;
        Ok(Self {
            prefix: input.get()?,
            tag: input.get()?,
            class: input.get()?,
            mode: input.get::<RetentionMode>()?,
        })
    }
}

/// The rules in order.
impl Value for ClassRules {
    fn write(&self, out: &mut Writer) {
        out.put(&self.0);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.get().map(Self)
    }
}

/// `[floor in days or null, ceiling in days or null]`.
impl Value for RetentionLimits {
    fn write(&self, out: &mut Writer) {
        out.array(2)
            .put(&self.floor_days())
            .put(&self.ceiling_days());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "limits of retention")?;
        Self::new(input.get()?, input.get()?)
            .map_err(|error| DecodeError::malformed(error.to_string()))
    }
}
