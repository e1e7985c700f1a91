use azekura_model::access::Action;
use azekura_model::bucket::Versioning;
use azekura_model::name::BucketName;
use azekura_store::object::Which;
use futures::StreamExt as _;
use s3s::dto::{
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, ETagCondition, Error,
    ObjectIdentifier,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::{Answer, Context, answer};
use crate::audit::Noted;
use crate::auth::{Place, Unjudged};
use crate::convert::{conditions, names};
use crate::errors;

/// Most keys in one request (S3).
const KEYS_MAX: usize = 1000;
/// Deletions under way at once: they share the group commits of the journal.
const AT_ONCE: usize = 32;

/// Each key stands for itself: refused or failed, it is reported and the others go on.
pub(crate) async fn delete_objects(
    cx: &Context,
    request: S3Request<DeleteObjectsInput>,
) -> Answer<DeleteObjectsOutput> {
    let caller = Unjudged::of(&request)?;
    let noted = request.extensions.get::<Noted>().cloned();
    let input = request.input;
    let bucket = names::bucket(&input.bucket)?;
    let versioning = cx.versioning(&bucket)?;
    let objects = input.delete.objects;
    if objects.is_empty() || objects.len() > KEYS_MAX {
        let message = "The request must name 1 to 1000 keys";
        return Err(S3Error::with_message(S3ErrorCode::MalformedXML, message));
    }
    let quiet = input.delete.quiet == Some(true);
    let of = Batch {
        caller: &caller,
        bucket: &bucket,
        versioning,
        bypass: input.bypass_governance_retention,
    };
    let one = |object| delete_one(cx, &of, object);
    let outcomes: Vec<_> = futures::stream::iter(objects)
        .map(one)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(_) if quiet => {}
            Ok(done) => deleted.push(done),
            Err(error) => {
                if let Some(noted) = &noted {
                    let key = error.key.as_deref().unwrap_or_default();
                    let code = error.code.as_deref().unwrap_or_default();
                    noted.refused(key, error.version_id.as_deref(), code);
                }
                failed.push(error);
            }
        }
    }
    answer(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(failed),
        ..DeleteObjectsOutput::default()
    })
}

/// What all deletions of a request share.
struct Batch<'a> {
    caller: &'a Unjudged,
    bucket: &'a BucketName,
    versioning: Versioning,
    /// Whether the header was sent.
    bypass: Option<bool>,
}

async fn delete_one(
    cx: &Context,
    of: &Batch<'_>,
    object: ObjectIdentifier,
) -> Result<DeletedObject, Error> {
    let (key, version) = (object.key.clone(), object.version_id.clone());
    let result = try_delete(cx, of, object).await;
    result.map_err(|error| Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id: version,
    })
}

/// The same primitive as DeleteObject: nothing that one key was allowed helps another.
async fn try_delete(
    cx: &Context,
    of: &Batch<'_>,
    object: ObjectIdentifier,
) -> S3Result<DeletedObject> {
    // An ETag stands here as text; `*` is any.
    let if_match = object.e_tag.map(|etag| match etag.into_value() {
        text if text == "*" => ETagCondition::Any,
        text => ETagCondition::ETag(ETag::Strong(text)),
    });
    let conditions = conditions::of_delete(if_match, object.last_modified_time, object.size)?;
    let key = names::key(&object.key)?;
    let which = names::which(object.version_id.as_deref())?;
    let action = match which {
        Which::Current => Action::DeleteObject,
        Which::Null | Which::Version(_) => Action::DeleteObjectVersion,
    };
    let version = object.version_id.as_deref();
    let place = Place::version_of(of.bucket.as_str(), &object.key, version);
    let by = of.caller.on(action, &place)?;
    let bypass = of.caller.bypass_on(&place, of.bypass);
    let done = cx
        .store
        .delete_if(&by, of.bucket, (&key, which), &conditions, bypass.as_ref())
        .await
        .map_err(errors::from_store)?;
    let shown = done
        .version
        .and_then(|id| names::shown_version(of.versioning, id, done.null));
    Ok(DeletedObject {
        delete_marker: (done.marker && shown.is_some()).then_some(true),
        delete_marker_version_id: shown.filter(|_| done.marker),
        key: Some(object.key),
        version_id: object.version_id,
    })
}
