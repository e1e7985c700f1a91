//! Record kind 34: a request for what needs two people is asked, approved, vetoed, over or used up. And
//! the mark that every record made under such a request carries for ever.

use azekura_model::governed::{Approval, ApprovalRequest, PermittedBy, RequestStage, Veto};
use azekura_model::ident::RequestId;

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// A request, whole: readers never merge, the last record of an id counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestChanged(pub ApprovalRequest);

/// What the operation part of a text begins with, after the line before.
const OPERATION: &str = "\noperation: ";

/// The operation part stands once, as the end of the text. No line before it can hold a line break.
fn operation_of(text: &str) -> Result<String, DecodeError> {
    text.find(OPERATION)
        .and_then(|at| text.get(at.saturating_add(1)..))
        .map(str::to_owned)
        .ok_or_else(|| DecodeError::malformed("a request without an operation"))
}

impl EventFields for RequestChanged {
    fn write(&self, out: &mut FieldsWriter) {
        let request = &self.0;
        out.put(8, &request.id)
            .put(9, &request.tenant)
            .put(10, &request.text)
            .put_some(11, request.document.as_ref())
            .put(12, &request.asked_by)
            .put(13, &request.asked_key)
            .put(14, &request.asked)
            .put(15, &request.asked_at)
            .put(16, &request.approve_before)
            .put(17, &request.cooling_off)
            .put_some(18, request.alone_at.as_ref())
            .put_some(19, request.approval.as_ref())
            .put(20, &request.stage);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        let (id, tenant) = (input.take(8)?, input.take(9)?);
        let text: String = input.take(10)?;
        Ok(Self(ApprovalRequest {
            id,
            tenant,
            operation: operation_of(&text)?,
            text,
            document: input.take_some(11)?,
            asked_by: input.take(12)?,
            asked_key: input.take(13)?,
            asked: input.take(14)?,
            asked_at: input.take(15)?,
            approve_before: input.take(16)?,
            cooling_off: input.take(17)?,
            alone_at: input.take_some(18)?,
            approval: input.take_some(19)?,
            stage: input.take(20)?,
        }))
    }
}

/// `[approver, public key, signature, at, acts at]`.
impl Value for Approval {
    fn write(&self, out: &mut Writer) {
        out.array(5)
            .put(&self.approver)
            .put(&self.public_key)
            .put(&self.signature)
            .put(&self.at)
            .put(&self.acts_at);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(5, "an approval")?;
        Ok(Self {
            approver: input.get()?,
            public_key: input.get()?,
            signature: input.get()?,
            at: input.get()?,
            acts_at: input.get()?,
        })
    }
}

/// `[0]` asked, `[1]` approved, `[2, by, at, reason]` vetoed, `[3]` over, `[4, at]` executed.
impl Value for RequestStage {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Asked => out.array(1).put(&0_u16),
            Self::Approved => out.array(1).put(&1_u16),
            Self::Vetoed(veto) => out
                .array(4)
                .put(&2_u16)
                .put(&veto.by)
                .put(&veto.at)
                .put(&veto.reason),
            Self::Expired => out.array(1).put(&3_u16),
            Self::Executed(at) => out.array(2).put(&4_u16).put(at),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items = input.array()?;
        match (input.get::<u16>()?, items) {
            (0, 1) => Ok(Self::Asked),
            (1, 1) => Ok(Self::Approved),
            (2, 4) => Ok(Self::Vetoed(Veto {
                by: input.get()?,
                at: input.get()?,
                reason: input.get()?,
            })),
            (3, 1) => Ok(Self::Expired),
            (4, 2) => input.get().map(Self::Executed),
            (0..=4, _) => Err(DecodeError::malformed("a stage of the wrong length")),
            (other, _) => Err(DecodeError::Newer(format!("request stage {other}"))),
        }
    }
}

/// `[1, request, approver]` two people, `[2, request]` alone after the longer wait, `[3]` dual control
/// off.
impl Value for PermittedBy {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::TwoPeople { request, approver } => {
                out.array(3).put(&1_u16).put(request).put(approver)
            }
            Self::AloneAfterCooling { request } => out.array(2).put(&2_u16).put(request),
            Self::DualControlOff => out.array(1).put(&3_u16),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items = input.array()?;
        match (input.get::<u16>()?, items) {
            (1, 3) => Ok(Self::TwoPeople {
                request: input.get()?,
                approver: input.get()?,
            }),
            (2, 2) => input
                .get()
                .map(|request| Self::AloneAfterCooling { request }),
            (3, 1) => Ok(Self::DualControlOff),
            (1..=3, _) => Err(DecodeError::malformed("a permit of the wrong length")),
            (other, _) => Err(DecodeError::Newer(format!("permit {other}"))),
        }
    }
}

impl Value for RequestId {
    fn write(&self, out: &mut Writer) {
        out.put(&self.0);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.get().map(Self)
    }
}
