use azekura_model::access::Action;
use azekura_model::acl::Acl;
use azekura_model::bucket_config::ObjectOwnership;
use azekura_store::error::StoreError;
use http::HeaderMap;
use s3s::dto::{CreateBucketConfiguration, CreateBucketInput, CreateBucketOutput};
use s3s::region::Region;
use s3s::{S3Request, S3Result};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::acl::{self, Owners};
use crate::convert::{names, ownership};
use crate::errors;

pub(crate) async fn create_bucket(
    cx: &Context,
    request: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let again = may_be_there(&input, request.region.as_ref().map(Region::as_str));
    let ownership = input.object_ownership.as_ref();
    let ownership = ownership.map(ownership::of_wire).transpose()?;
    check_location(cx, input.create_bucket_configuration)?;
    let name = names::bucket(&input.bucket)?;
    let list = list(cx, &caller, &request.headers, ownership)?;
    let locked = input.object_lock_enabled_for_bucket == Some(true);
    if locked {
        caller.may(Action::PutBucketVersioning)?;
        caller.may(Action::PutBucketObjectLockConfiguration)?;
    }
    let made = if locked {
        let made = cx.store.create_bucket_locked(caller.authorized(), &name);
        made.await
    } else {
        cx.store.create_bucket(caller.authorized(), &name).await
    };
    match made {
        Err(StoreError::BucketAlreadyOwnedByYou) if again && list.is_none() => {}
        made => {
            made.map_err(errors::from_store)?;
            if let Some(ownership) = ownership {
                caller.may(Action::PutBucketOwnershipControls)?;
                cx.configure(&caller, &input.bucket, ownership).await?;
            }
            if let Some(list) = list {
                cx.configure(&caller, &input.bucket, list).await?;
            }
        }
    }
    answer(CreateBucketOutput {
        location: Some(format!("/{name}")),
    })
}

/// The list of a bucket to be; `None` = its owner's alone.
fn list(
    cx: &Context,
    caller: &Caller,
    headers: &HeaderMap,
    ownership: Option<ObjectOwnership>,
) -> S3Result<Option<Acl>> {
    let Some(owner) = caller.authorized().tenant() else {
        return Ok(None);
    };
    let owners = Owners {
        owner,
        bucket: owner,
    };
    let asked = acl::of_headers(cx, headers, owners)?;
    let Some(list) = asked.filter(Acl::is_shared) else {
        return Ok(None);
    };
    let by_default = cx
        .store
        .new_bucket_ownership(owner)
        .map_err(errors::from_store)?;
    if !ownership.unwrap_or(by_default).has_acls() {
        return Err(acl::not_with_ownership());
    }
    // A new bucket has a public-access block, unless the operator accepts public buckets.
    if list.is_public() && !by_default.has_acls() {
        return Err(acl::blocked());
    }
    caller.may(Action::PutBucketAcl)?;
    Ok(Some(list))
}

/// Whether a bucket that is there already is no error: a plain creation, signed for `us-east-1`, as
/// S3 answers there ("for legacy compatibility, if you re-create an existing bucket that you already
/// own in us-east-1, Amazon S3 returns 200 OK"). Nothing of the bucket changes.
fn may_be_there(input: &CreateBucketInput, signed_for: Option<&str>) -> bool {
    signed_for == Some("us-east-1")
        && input.create_bucket_configuration.is_none()
        && input.object_lock_enabled_for_bucket != Some(true)
        && input.object_ownership.is_none()
}

/// Only this region can be asked for. `us-east-1`, which clients sign with by default, is never a
/// place: data is in Japan or the bucket is not made.
fn check_location(cx: &Context, asked: Option<CreateBucketConfiguration>) -> S3Result<()> {
    let Some(asked) = asked else {
        return Ok(());
    };
    if asked.location.is_some() || asked.bucket.is_some() {
        return Err(errors::not_built("CreateBucket for a directory bucket"));
    }
    let Some(location) = asked.location_constraint else {
        return Ok(());
    };
    let location = location.as_str();
    if location.is_empty() || cx.locations.iter().any(|ours| ours == location) {
        return Ok(());
    }
    Err(errors::answer(
        "InvalidLocationConstraint",
        400,
        format!(
            "The specified location-constraint '{location}' is not valid: this endpoint keeps \
             buckets in '{}'",
            cx.region
        ),
    ))
}
