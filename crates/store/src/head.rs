//! HEAD of an object.

use azekura_model::name::{BucketName, ObjectKey};

use crate::bucket::read;
use crate::error::StoreError;
use crate::find::{find, load};
use crate::inner::Inner;
use crate::object::{ObjectInfo, Which};

/// What is known of a version, from its record; the content is not read.
pub(crate) fn head(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
    which: Which,
) -> Result<ObjectInfo, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let found = find(inner, &bucket, key, which)?;
    Ok(load(inner, &bucket, &found)?.info)
}
