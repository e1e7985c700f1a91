//! A request document: bounded, and verified against what the client claims of it. `s3s` verifies
//! neither `Content-MD5` nor `x-amz-checksum-*`, and answers a wrong SHA-256 with an internal error.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_lc_rs::digest;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm};
use azekura_store::body::BodyError;
use azekura_store::error::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body::{Body, Frame};
use md5::{Digest as _, Md5};

use super::elements::{self, UnreadElement};
use super::refusal::Refusal;
use super::request::View;
use crate::convert::checksums;
use crate::faults::{Fault, Faults};
use crate::held::Held;

/// Memory of a document in times its length: as read, and as parsed.
const DOCUMENT_COPIES: u64 = 4;

/// What is claimed of a document.
#[derive(Debug, Default)]
pub(crate) struct Document {
    bytes: u64,
    sha256: Option<Vec<u8>>,
    md5: Option<Vec<u8>>,
    checksums: Vec<Checksum>,
    unread: Option<UnreadElement>,
}

impl Document {
    /// Reads the claims of a document of `bytes` bytes.
    pub(crate) fn claimed(view: &View<'_>, bytes: u64) -> Result<Self, Refusal> {
        // At completion the checksum headers speak of the object, not of the document.
        let of_object = view.has("uploadId") || view.header_present("x-amz-copy-source");
        let checksums = if of_object {
            Vec::new()
        } else {
            checksums::claimed(view.headers()).map_err(Refusal::invalid_request)?
        };
        let md5 = match view.header("content-md5") {
            None => None,
            Some(text) => match STANDARD.decode(text) {
                Ok(value) if value.len() == 16 => Some(value),
                _ => return Err(Refusal::invalid_digest()),
            },
        };
        let sha256 = view.header("x-amz-content-sha256");
        Ok(Self {
            bytes,
            sha256: sha256.and_then(|text| hex::decode(text).ok()),
            md5,
            checksums,
            unread: elements::unread(view),
        })
    }

    fn verify(&self, content: &[u8]) -> Result<(), Fault> {
        let sha256 = || digest::digest(&digest::SHA256, content);
        if let Some(expected) = &self.sha256
            && sha256().as_ref() != expected.as_slice()
        {
            return Err(Fault::Body(BodyError::BadSha256));
        }
        if let Some(expected) = &self.md5
            && Md5::digest(content).as_slice() != expected.as_slice()
        {
            return Err(Fault::BadDigest);
        }
        for claimed in &self.checksums {
            if compute(claimed.algorithm, content) != claimed.value {
                return Err(Fault::BadChecksum(claimed.algorithm.as_str()));
            }
        }
        match self.unread {
            Some(element) => element.check(content).map_err(Fault::Refused),
            None => Ok(()),
        }
    }
}

fn compute(algorithm: ChecksumAlgorithm, content: &[u8]) -> Vec<u8> {
    use crc_fast::CrcAlgorithm as Crc;
    let crc32 = |kind| {
        let value = u32::try_from(crc_fast::checksum(kind, content)).unwrap_or_default();
        value.to_be_bytes().to_vec()
    };
    match algorithm {
        ChecksumAlgorithm::Crc32 => crc32(Crc::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => crc32(Crc::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => crc_fast::checksum(Crc::Crc64Nvme, content)
            .to_be_bytes()
            .to_vec(),
        ChecksumAlgorithm::Sha1 => {
            let kind = &digest::SHA1_FOR_LEGACY_USE_ONLY;
            digest::digest(kind, content).as_ref().to_vec()
        }
        ChecksumAlgorithm::Sha256 => digest::digest(&digest::SHA256, content).as_ref().to_vec(),
    }
}

/// A request body that yields a document once it is whole and verified.
pub(crate) struct DocumentBody<B> {
    inner: B,
    claims: Document,
    read: Vec<u8>,
    /// Waits for memory before anything is read.
    reserving: Option<Reserving>,
    faults: Faults,
    done: bool,
}

type Reserving = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + Sync>>;

impl<B> DocumentBody<B> {
    pub(crate) fn new(inner: B, claims: Document, held: Held, faults: Faults) -> Self {
        let bytes = claims.bytes.saturating_mul(DOCUMENT_COPIES);
        let reserving: Option<Reserving> = match bytes {
            0 => None,
            bytes => Some(Box::pin(held.reserve(bytes))),
        };
        Self {
            inner,
            claims,
            read: Vec::new(),
            reserving,
            faults,
            done: false,
        }
    }

    fn fail(&mut self, fault: Fault) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.done = true;
        Poll::Ready(Some(Err(self.faults.note(fault))))
    }

    fn whole(&mut self) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if let Err(fault) = self.claims.verify(&self.read) {
            return self.fail(fault);
        }
        self.done = true;
        let content = std::mem::take(&mut self.read);
        if content.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(content.into()))))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for DocumentBody<B> {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if let Some(reserving) = &mut self.reserving {
            let reserved = ready!(reserving.as_mut().poll(cx));
            self.reserving = None;
            if reserved.is_err() {
                return self.fail(Fault::Body(BodyError::Busy));
            }
        }
        while !self.done {
            let bytes = u64::try_from(self.read.len()).unwrap_or(u64::MAX);
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
            match frame {
                None if bytes == self.claims.bytes => return self.whole(),
                None | Some(Err(_)) => return self.fail(Fault::Body(BodyError::Incomplete)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.read.extend_from_slice(&data);
                    }
                    let read = u64::try_from(self.read.len()).unwrap_or(u64::MAX);
                    if read > self.claims.bytes {
                        return self.fail(Fault::Body(BodyError::Incomplete));
                    }
                }
            }
        }
        Poll::Ready(None)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(if self.done { 0 } else { self.claims.bytes })
    }
}
