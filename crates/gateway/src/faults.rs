//! What our own wrappers of a request body found wrong, kept beside the stream: `s3s` reduces a
//! failed stream to text or to an internal error.

use std::sync::Arc;

use azekura_store::body::BodyError;
use parking_lot::Mutex;

use crate::guard::Refusal;

/// Something wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// A fault that the store knows too.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// `Content-MD5` differs from the document.
    #[error("the Content-MD5 you specified did not match what we received")]
    BadDigest,
    /// `x-amz-checksum-*` differs from the document.
    #[error("the {0} you specified did not match the calculated checksum")]
    BadChecksum(&'static str),
    /// A rule that can be judged only while the body is read.
    #[error("{}", .0.message)]
    Refused(Refusal),
}

/// The first fault of one request; shared by the body wrapper and whoever answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<Option<Fault>>>);

impl Faults {
    /// Notes a fault, unless one is noted, and returns it as an error for the stream.
    pub(crate) fn note(&self, fault: Fault) -> Fault {
        self.0.lock().get_or_insert_with(|| fault.clone());
        fault
    }

    /// The fault noted, if any.
    pub(crate) fn first(&self) -> Option<Fault> {
        self.0.lock().clone()
    }
}
