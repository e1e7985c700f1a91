//! What stands in front of `s3s`. One rule a file; each refuses something that `s3s` 0.14.1 would
//! take, or bounds something that it would read without bound. None of them verifies a signature:
//! that follows, over exactly what is checked here.

mod acl;
mod chunks;
mod credentials;
mod document;
mod elements;
mod features;
mod form;
mod hoist;
pub(crate) mod host;
mod integrity;
mod limits;
mod locks;
mod path;
mod payload;
mod presign;
mod refusal;
pub(crate) mod request;
mod scope;
mod signed_headers;
mod subresource;
mod text;
mod token;
mod trailers;

pub use limits::RequestLimits;
pub use refusal::Refusal;

pub(crate) use chunks::ChunkedBody;
pub(crate) use credentials::ALGORITHM;
pub(crate) use document::{Document, DocumentBody};
pub(crate) use features::check as check_features;
pub(crate) use form::FormHead;
pub(crate) use scope::check_field as check_scope;

use http::Method;
use http::request::Parts;
use payload::Payload;
use request::View;

/// Marks a request with no trace of a credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anonymous;

/// The rules and what they are configured with.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// Regions that a signature may name; ours first.
    pub(crate) regions: Vec<String>,
    pub(crate) limits: RequestLimits,
}

/// How the body of a request that passed is to be read.
#[derive(Debug)]
pub(crate) enum BodyPlan {
    /// Content as it is.
    Plain,
    /// Content in chunks.
    Chunked {
        /// Longest signed chunk in bytes.
        chunk_bytes_max: u64,
        /// The trailer that was announced.
        trailer: Option<String>,
    },
    /// A document, with what is claimed of it.
    Document(Document),
    /// A form with a file.
    Form(FormHead),
}

impl Guard {
    /// Judges a request by its head alone, and completes its headers.
    ///
    /// # Errors
    /// [`Refusal`] of the first rule that is broken.
    pub(crate) fn inspect(&self, parts: &mut Parts) -> Result<BodyPlan, Refusal> {
        self.limits.check_head(parts)?;
        text::check(&parts.headers)?;
        host::check(parts)?;
        path::check(parts.uri.path())?;
        let view = View::new(parts)?;
        if let Some(form) = form::check(&view)? {
            return Ok(BodyPlan::Form(form));
        }
        let claimed = credentials::find(&view)?;
        token::check(&view)?;
        signed_headers::check_single(&view)?;
        let presigned = claimed.as_ref().is_some_and(|claimed| claimed.presigned);
        if let Some(claimed) = &claimed {
            scope::check(claimed, &self.regions)?;
            signed_headers::check(&view, claimed)?;
        }
        if presigned {
            presign::check(&view)?;
        }
        subresource::check(&view)?;
        let hoisted = hoist::hoisted(&view, presigned)?;
        parts.headers.extend(hoisted);
        if claimed.is_none() {
            parts.extensions.insert(Anonymous);
        }
        features::check(&parts.headers)?;
        features::check_read(parts)?;
        let view = View::new(parts)?;
        locks::check(&view)?;
        acl::check(&view)?;
        let payload = payload::check(&view, claimed.as_ref())?;
        self.plan(&view, payload)
    }

    /// Judges the head of a request that nobody signs and that reads nothing but rules.
    ///
    /// # Errors
    /// [`Refusal`] of the first rule that is broken.
    pub(crate) fn inspect_preflight(&self, parts: &Parts) -> Result<(), Refusal> {
        self.limits.check_head(parts)?;
        text::check(&parts.headers)?;
        host::check(parts)
    }

    fn plan(&self, view: &View<'_>, payload: Payload) -> Result<BodyPlan, Refusal> {
        if !view.carries_content() {
            let bytes = limits::check_document(view, &self.limits)?;
            integrity::check(view)?;
            return Document::claimed(view, bytes).map(BodyPlan::Document);
        }
        match payload {
            Payload::SignedChunks | Payload::UnsignedChunks => Ok(BodyPlan::Chunked {
                chunk_bytes_max: self.limits.signed_chunk_bytes,
                trailer: view.header("x-amz-trailer").map(str::to_owned),
            }),
            Payload::Hashed | Payload::Unsigned => {
                if view.method() == Method::PUT && !view.header_present("content-length") {
                    return Err(Refusal::length_required());
                }
                Ok(BodyPlan::Plain)
            }
        }
    }
}

#[cfg(test)]
mod tests;
