//! GET of an object.

use azekura_model::name::BucketName;

use crate::bucket::read;
use crate::error::StoreError;
use crate::find::{find, load};
use crate::inner::Inner;
use crate::object::{GetOutcome, GetRequest};
use crate::outflow::stream;

/// Content of a version, whole, a range, or one part.
pub(crate) async fn get(
    inner: &Inner,
    bucket: &BucketName,
    request: GetRequest,
) -> Result<GetOutcome, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let found = find(inner, &bucket, &request.key, request.which)?;
    let loaded = load(inner, &bucket, &found)?;
    let info = &loaded.info;
    request.conditions.judge_read(&info.etag, info.modified)?;
    let range = match (request.range, request.part) {
        (Some(range), None) => range.resolve(info.bytes)?,
        (None, Some(number)) => {
            let part = loaded.info.part(number);
            let part = part.ok_or(StoreError::InvalidPartNumber { number })?;
            part.0
        }
        (None, None) => 0..info.bytes,
        (Some(_), Some(_)) => {
            let why = "a range and a part number cannot be asked for together".to_owned();
            return Err(StoreError::InvalidArgument(why));
        }
    };
    let pieces = loaded.pieces(&inner.keys)?;
    let body = stream(
        &inner.engine,
        &inner.memory,
        bucket.uuid,
        pieces,
        range.clone(),
    )
    .await?;
    Ok(GetOutcome {
        info: loaded.info,
        range,
        body,
    })
}
