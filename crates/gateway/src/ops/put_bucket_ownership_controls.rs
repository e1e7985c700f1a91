use s3s::dto::{PutBucketOwnershipControlsInput, PutBucketOwnershipControlsOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::{acl, ownership};

pub(crate) async fn put_bucket_ownership_controls(
    cx: &Context,
    request: S3Request<PutBucketOwnershipControlsInput>,
) -> Answer<PutBucketOwnershipControlsOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let [rule] = input.ownership_controls.rules.as_slice() else {
        let message = "OwnershipControls has exactly one Rule";
        return Err(S3Error::with_message(S3ErrorCode::MalformedXML, message));
    };
    let asked = ownership::of_wire(&rule.object_ownership)?;
    let access = cx.access(&input.bucket)?;
    let shared = access.acl.is_some_and(|list| list.is_shared());
    if shared && !asked.has_acls() {
        return Err(acl::not_with_ownership());
    }
    cx.configure(&caller, &input.bucket, asked).await?;
    answer(PutBucketOwnershipControlsOutput::default())
}
