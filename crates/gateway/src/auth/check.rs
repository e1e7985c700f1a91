//! Runs the rule of access before the input of an operation is read, or, where a condition may ask for
//! what the body says, right after.

use std::sync::Arc;

use async_trait::async_trait;
use azekura_model::access::{Grant, Resource};
use azekura_model::audit::AuthMethod;
use azekura_model::tag::Tagged;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::{PutObjectLegalHoldInput, PutObjectRetentionInput, PutObjectTaggingInput};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::caller::Unjudged;
use super::facts::{Asked, BodyFacts, SignedBy};
use super::gate::{Gate, Place};
use super::{Authenticate, Origin};
use crate::audit::{self, Noted};
use crate::convert::{locks, tags};
use crate::guard::Anonymous;
use crate::guard::request::parse_query;
use crate::throttle::Throttle;

/// Operations that are judged once their body was read. DeleteObjects is judged key by key.
const BY_BODY: [&str; 4] = [
    "DeleteObjects",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
];

/// The access check of `s3s`.
pub(crate) struct AccessCheck {
    pub(crate) keys: Arc<dyn Authenticate>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) gate: Gate,
}

fn refused() -> S3Error {
    S3Error::new(S3ErrorCode::AccessDenied)
}

impl AccessCheck {
    /// Who asks. Nobody only where the guard saw no trace of a credential: what one of the two takes
    /// for a signature the other must too.
    fn grant(&self, cx: &mut S3AccessContext<'_>) -> S3Result<Grant> {
        let unsigned = cx.extensions_mut().get::<Anonymous>().is_some();
        let key_id = cx.credentials().map(|signed| signed.access_key.clone());
        match (key_id, unsigned) {
            (None, true) => Ok(Grant::nobody()),
            (Some(key_id), false) => {
                let credential = self.keys.credential(&key_id).ok_or_else(refused)?;
                let origin = cx.extensions_mut().get::<Origin>().ok_or_else(refused)?;
                if !self.keys.works_from(&key_id, &origin.peer) {
                    return Err(refused());
                }
                self.throttle
                    .admit_signer(&key_id, credential.limits, cx.extensions_mut())?;
                Ok(credential.grant)
            }
            _ => Err(refused()),
        }
    }

    fn unjudged(&self, cx: &mut S3AccessContext<'_>) -> S3Result<Unjudged> {
        let grant = self.grant(cx)?;
        if let Some(noted) = cx.extensions_mut().get::<Noted>().cloned() {
            let place = match cx.s3_path() {
                S3Path::Root => (None, None),
                S3Path::Bucket { bucket } => (Some(&**bucket), None),
                S3Path::Object { bucket, key } => (Some(&**bucket), Some(&**key)),
            };
            let auth = match grant.is_anonymous() {
                true => AuthMethod::Unverified,
                false => audit::method_of(cx.headers()),
            };
            noted.caller(&grant, auth, cx.s3_op().name(), place);
        }
        let query = parse_query(cx.uri().query().unwrap_or_default()).unwrap_or_default();
        let version = query.iter().find(|(name, _)| name == "versionId");
        let version = version.map(|(_, value)| value.clone());
        let origin = cx.extensions_mut().get::<Origin>().cloned();
        let origin = origin.ok_or_else(refused)?;
        let signed = if grant.is_anonymous() {
            SignedBy::Nobody
        } else if cx.headers().contains_key("authorization") {
            SignedBy::Header
        } else {
            SignedBy::Query
        };
        let asked = Asked {
            headers: cx.headers().clone(),
            query,
            peer: origin.peer.clone(),
            signed,
            now: self.gate.store().wall(),
            body: BodyFacts::None,
        };
        let place = Place::of(resource_of(cx.s3_path()), version);
        Unjudged::new(&self.gate, grant, cx.s3_op().name(), place, asked, origin)
    }
}

/// Judges by the body.
fn judge<T>(request: &mut S3Request<T>, body: BodyFacts) -> S3Result<()> {
    let caller = Unjudged::of(request)?.judge(body)?;
    if let Some(noted) = request.extensions.get::<Noted>() {
        noted.decided(caller.authorized().by());
    }
    request.extensions.insert(caller);
    Ok(())
}

#[async_trait]
impl S3Access for AccessCheck {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let unjudged = self.unjudged(cx)?;
        if BY_BODY.contains(&cx.s3_op().name()) {
            unjudged.precheck()?;
            cx.extensions_mut().insert(unjudged);
            return Ok(());
        }
        let caller = unjudged.judge(BodyFacts::None)?;
        if let Some(noted) = cx.extensions_mut().get::<Noted>() {
            noted.decided(caller.authorized().by());
        }
        caller.may_with(cx.headers())?;
        cx.extensions_mut().insert(caller);
        Ok(())
    }

    async fn put_object_tagging(
        &self,
        request: &mut S3Request<PutObjectTaggingInput>,
    ) -> S3Result<()> {
        let set = request.input.tagging.tag_set.clone();
        // A malformed set is told by the operation, to whoever may put any.
        let tags = tags::of_set(Tagged::Object, set).map(|set| set.into_pairs());
        judge(request, BodyFacts::Tags(tags.unwrap_or_default()))
    }

    async fn put_object_retention(
        &self,
        request: &mut S3Request<PutObjectRetentionInput>,
    ) -> S3Result<()> {
        let retention = locks::retention_of(request.input.retention.clone());
        judge(request, BodyFacts::Retention(retention.ok().flatten()))
    }

    async fn put_object_legal_hold(
        &self,
        request: &mut S3Request<PutObjectLegalHoldInput>,
    ) -> S3Result<()> {
        let hold = locks::legal_hold_of(request.input.legal_hold.clone());
        let body = hold.map_or(BodyFacts::None, BodyFacts::Hold);
        judge(request, body)
    }
}

/// What a path names.
fn resource_of(path: &S3Path) -> Resource {
    match path {
        S3Path::Root => Resource::Buckets,
        S3Path::Bucket { bucket } => Resource::Bucket(bucket.to_string()),
        S3Path::Object { bucket, key } => Resource::Object {
            bucket: bucket.to_string(),
            key: key.to_string(),
        },
    }
}
