//! Who asks, once the rule of access let it through.

use std::sync::Arc;

use azekura_model::access::{Action, AllowedBy, Authorized, Grant};
use azekura_model::lock::Bypass;
use azekura_store::error::StoreError;
use http::HeaderMap;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::facts::{Asked, BodyFacts};
use super::gate::{Gate, Place};
use super::{Origin, action_of, actions_of};
use crate::errors;

/// Somebody whose signature was verified, or who did not sign, and whose operation was not judged yet:
/// what decides stands in the body.
#[derive(Clone)]
pub(crate) struct Unjudged {
    gate: Gate,
    grant: Arc<Grant>,
    asked: Arc<Asked>,
    place: Place,
    action: Action,
}

/// A caller whose operation was allowed.
#[derive(Clone)]
pub(crate) struct Caller {
    of: Unjudged,
    authorized: Authorized,
}

impl Unjudged {
    /// Whoever asks for an operation.
    ///
    /// # Errors
    /// `NotImplemented` for an operation that is not served; `AccessDenied` for one on a bucket of
    /// another owner than is expected.
    pub(crate) fn new(
        gate: &Gate,
        grant: Grant,
        operation: &str,
        place: Place,
        asked: Asked,
        origin: Origin,
    ) -> S3Result<Self> {
        let Some(action) = action_of(operation, place.version.is_some()) else {
            return Err(errors::not_built(operation));
        };
        if let Some(bucket) = place.resource.bucket() {
            gate.check_owner(&asked, "x-amz-expected-bucket-owner", bucket)?;
        }
        let mut grant = gate.at_home(grant)?;
        grant.requester.source = origin.peer.address;
        grant.requester.tls_identity = origin.peer.certificate.map(|shown| shown.subject);
        grant.requester.request_id = origin.request_id;
        Ok(Self {
            gate: gate.clone(),
            grant: Arc::new(grant),
            asked: Arc::new(asked),
            place,
            action,
        })
    }

    /// Refuses at once whom nothing could let in, before a body is read.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn precheck(&self) -> S3Result<()> {
        if self.grant.is_anonymous() && !self.gate.is_open(&self.place.resource)? {
            self.gate
                .ask(&self.grant, &self.asked, self.action, &self.place)?;
        }
        Ok(())
    }

    /// Judges the operation by what its body says.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn judge(mut self, body: BodyFacts) -> S3Result<Caller> {
        if !matches!(body, BodyFacts::None) {
            let mut asked = Arc::unwrap_or_clone(self.asked);
            asked.body = body;
            self.asked = Arc::new(asked);
        }
        let authorized = self.on(self.action, &self.place)?;
        Ok(Caller {
            of: self,
            authorized,
        })
    }

    /// Whether an action is allowed on something that the body names.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn on(&self, action: Action, place: &Place) -> S3Result<Authorized> {
        self.gate.ask(&self.grant, &self.asked, action, place)
    }

    /// The bypass of GOVERNANCE retention: header *and* right. Without the right the header does
    /// nothing, as clients send it by default; then a locked version refuses.
    pub(crate) fn bypass_on(&self, place: &Place, header: Option<bool>) -> Option<Bypass> {
        if header != Some(true) {
            return None;
        }
        let by = self.on(Action::BypassGovernanceRetention, place).ok()?;
        Bypass::claimed(&by, true)
    }

    /// The unjudged caller of a request.
    ///
    /// # Errors
    /// `AccessDenied` when the access check did not run.
    pub(crate) fn of<T>(request: &S3Request<T>) -> S3Result<Self> {
        let found = request.extensions.get::<Self>().cloned();
        found.ok_or_else(|| S3Error::new(S3ErrorCode::AccessDenied))
    }
}

impl Caller {
    /// Whether all is allowed that the headers ask for beyond the operation itself.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may_with(&self, headers: &HeaderMap) -> S3Result<()> {
        for action in actions_of(headers) {
            // Whoever a list lets store an object says what the object is like; locks it does not.
            let listed = self.authorized.by() == &AllowedBy::Acl;
            if listed && action == Action::PutObjectTagging {
                continue;
            }
            let judged = self.may(action);
            if judged.is_err() && action == Action::PutObjectTagging && self.may_tag_new() {
                continue;
            }
            judged?;
        }
        Ok(())
    }

    /// Whether what is stored may have tags although those of what is there may not be changed. What
    /// forbids `s3:PutObjectTagging` by name forbids both.
    fn may_tag_new(&self) -> bool {
        let of = &self.of;
        let forbidden = of
            .gate
            .forbids(&of.grant, &of.asked, Action::PutObjectTagging, &of.place);
        matches!(forbidden, Ok(false)) && self.may(Action::TagNewObject).is_ok()
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// `AccessDenied` when the access check did not run: nothing is done without it.
    pub(crate) fn of<T>(request: &S3Request<T>) -> S3Result<Self> {
        let caller = request.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| S3Error::new(S3ErrorCode::AccessDenied))
    }

    /// What was allowed for the operation as a whole.
    pub(crate) fn authorized(&self) -> &Authorized {
        &self.authorized
    }

    /// See [`Unjudged::bypass_on`].
    pub(crate) fn bypass(&self, header: Option<bool>) -> Option<Bypass> {
        self.of.bypass_on(&self.of.place, header)
    }

    /// Whether a further action is allowed on what the request names.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may(&self, action: Action) -> S3Result<Authorized> {
        self.of.on(action, &self.of.place)
    }

    /// Whether an action is allowed on something else than what the request names.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may_on(&self, action: Action, place: &Place) -> S3Result<Authorized> {
        self.of.on(action, place)
    }

    /// Whether the bucket may be listed where the object of the request would stand.
    pub(crate) fn may_list(&self) -> bool {
        let listing = self.of.place.listing();
        let by = listing.map(|listing| self.of.on(Action::ListBucket, &listing));
        by.is_some_and(|by| by.is_ok())
    }

    /// An error of the store about what the request names. Whoever may not list the bucket is not told
    /// that an object is missing (S3 API reference, GetObject, "Permissions").
    pub(crate) fn error(&self, error: StoreError) -> S3Error {
        self.error_on(&self.of.place, error)
    }

    /// The same for something else than what the request names.
    pub(crate) fn error_on(&self, place: &Place, error: StoreError) -> S3Error {
        let of = &self.of;
        of.gate.veil(&of.grant, &of.asked, place, error)
    }

    /// Judges `x-amz-source-expected-bucket-owner`.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn check_source_owner(&self, bucket: &str) -> S3Result<()> {
        let name = "x-amz-source-expected-bucket-owner";
        self.of.gate.check_owner(&self.of.asked, name, bucket)
    }
}
