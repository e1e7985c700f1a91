//! Upload by a browser's form (AWS S3 API, "POST Object", with Signature Version 4).
//!
//! `s3s` would hold the whole file in memory and leaves conditions of the policy unjudged, so it
//! is passed by: the fields before the file are read (bounded), the signature over the policy is
//! verified, the policy is judged, and the file streams into the store as that of a PUT does. From
//! then on a form *is* a PutObject: its fields become the headers of one.

mod answer;
mod disposition;
mod fields;
mod file;
mod multipart;
mod object;
mod policy;
mod signature;

use azekura_model::audit::AuthMethod;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response};
use s3s::dto::StreamingBlob;
use s3s::{S3Request, S3Result};

use azekura_model::access::Grant;

use self::fields::Fields;
use self::file::Lengths;
use crate::audit::Noted;
use crate::auth::{
    Asked, Authenticate, BodyFacts, Caller, Gate, Origin, Peer, Place, SignedBy, Unjudged,
};
use crate::errors;
use crate::faults::Faults;
use crate::guard::{FormHead, Refusal};
use crate::ops::{self, Context};
use crate::throttle::Throttle;

/// Says that the length of the content is known only at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unmeasured;

/// Where a form was posted and what signatures may name.
pub(crate) struct Posted<'a> {
    /// Bucket in the path or the host name.
    pub(crate) bucket: String,
    /// Host as the client gave it.
    pub(crate) host: String,
    /// Regions that a signature may name.
    pub(crate) regions: &'a [String],
    /// Head of the request.
    pub(crate) parts: Parts,
}

/// Who may sign, and what each may do.
pub(crate) struct Signers<'a> {
    /// Knows access keys.
    pub(crate) auth: &'a dyn Authenticate,
    /// The rule of access.
    pub(crate) gate: &'a Gate,
    /// What keys may do in a second.
    pub(crate) throttle: &'a Throttle,
}

/// Stores the file of a form.
///
/// # Errors
/// The S3 error to answer. Nothing is stored then.
pub(crate) async fn post_object<B>(
    cx: &Context,
    signers: Signers<'_>,
    posted: Posted<'_>,
    head: FormHead,
    origin: Origin,
    body: B,
) -> S3Result<Response<s3s::Body>>
where
    B: http_body::Body<Data = Bytes> + Send + Sync + Unpin + 'static,
{
    let refused = |refusal: Refusal| errors::from_refusal(refusal);
    let (fields, rest) = multipart::read(body, &head.boundary)
        .await
        .map_err(refused)?;
    let secure = origin.peer.secure;
    let (grant, lengths) = signer(cx, &signers, (&posted, &origin.peer), &fields)?;
    if let Some(noted) = posted.parts.extensions.get::<Noted>() {
        let place = (Some(posted.bucket.as_str()), fields.get("key"));
        let auth = match grant.is_anonymous() {
            true => AuthMethod::Unverified,
            false => AuthMethod::Form,
        };
        noted.caller(&grant, auth, "PostObject", place);
    }
    let faults = Faults::default();
    let file = rest.into_file(lengths, faults.clone());
    let object = object::of(&fields, &posted.bucket)?;
    let caller = admit(cx, &signers, &posted, &object, (grant, origin))?;
    let redirect = answer::Wanted::of(&fields);
    let key = object.input.key.clone();
    let mut input = object.input;
    input.body = Some(StreamingBlob::wrap(file));
    let mut request = S3Request {
        input,
        method: posted.parts.method,
        uri: posted.parts.uri,
        headers: object.headers,
        extensions: posted.parts.extensions,
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    };
    request.extensions.insert(caller);
    request.extensions.insert(faults.clone());
    request.extensions.insert(Unmeasured);
    let stored = ops::put_object(cx, request).await;
    match (faults.first(), stored) {
        (Some(fault), Err(_)) => Err(errors::from_fault(&fault)),
        (_, Err(error)) => Err(error),
        (_, Ok(stored)) => {
            let place = answer::Place {
                secure,
                host: &posted.host,
                bucket: &posted.bucket,
                key: &key,
            };
            Ok(answer::stored(&redirect, &place, stored))
        }
    }
}

/// Who signed the form, and how long its file may be.
fn signer(
    cx: &Context,
    signers: &Signers<'_>,
    (posted, peer): (&Posted<'_>, &Peer),
    fields: &Fields,
) -> S3Result<(Grant, Lengths)> {
    let refused = |refusal: Refusal| errors::from_refusal(refusal);
    let Some(claimed) = signature::claimed(fields, posted.regions).map_err(refused)? else {
        return Ok((Grant::nobody(), Lengths::default()));
    };
    let now = cx.store.wall();
    signature::check_time(&claimed, now).map_err(refused)?;
    let credential = errors::known_key(signers.auth.credential(&claimed.key_id))?;
    signature::verify(&claimed, &credential.secret).map_err(refused)?;
    if !signers.auth.works_from(&claimed.key_id, peer) {
        return Err(s3s::S3Error::new(s3s::S3ErrorCode::AccessDenied));
    }
    let policy = policy::Policy::parse(claimed.policy).map_err(refused)?;
    policy.judge(fields, &posted.bucket, now).map_err(refused)?;
    let extensions = &posted.parts.extensions;
    signers
        .throttle
        .admit_signer(&claimed.key_id, credential.limits, extensions)?;
    Ok((credential.grant, policy.lengths()))
}

/// Asks the rule of access.
fn admit(
    cx: &Context,
    signers: &Signers<'_>,
    posted: &Posted<'_>,
    object: &Object,
    (grant, origin): (Grant, Origin),
) -> S3Result<Caller> {
    let signed = if grant.is_anonymous() {
        SignedBy::Nobody
    } else {
        SignedBy::Form
    };
    let mut headers = object.headers.clone();
    for name in ["user-agent", "referer"] {
        if let Some(value) = posted.parts.headers.get(name) {
            headers.insert(name, value.clone());
        }
    }
    let asked = Asked {
        headers,
        query: Vec::new(),
        peer: origin.peer.clone(),
        signed,
        now: cx.store.wall(),
        body: BodyFacts::None,
    };
    let place = Place::version_of(&posted.bucket, &object.input.key, None);
    let unjudged = Unjudged::new(signers.gate, grant, "PostObject", place, asked, origin)?;
    let caller = unjudged.judge(BodyFacts::None)?;
    caller.may_with(&object.headers)?;
    Ok(caller)
}

/// What a form asks to store: the input of a PutObject and its headers.
struct Object {
    input: s3s::dto::PutObjectInput,
    headers: HeaderMap,
}

#[cfg(test)]
mod tests;
