use azekura_model::bucket::Versioning;
use s3s::dto::{BucketVersioningStatus, PutBucketVersioningInput, PutBucketVersioningOutput};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::names;
use crate::errors;

pub(crate) async fn put_bucket_versioning(
    cx: &Context,
    request: S3Request<PutBucketVersioningInput>,
) -> Answer<PutBucketVersioningOutput> {
    let caller = Caller::of(&request)?;
    let input = request.input;
    let asked = input.versioning_configuration;
    if asked
        .mfa_delete
        .is_some_and(|mfa| mfa.as_str() != "Disabled")
    {
        return Err(errors::not_built("MfaDelete"));
    }
    let status = asked.status.as_ref().map(BucketVersioningStatus::as_str);
    let versioning = match status {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => {
            let message = "Status must be Enabled or Suspended";
            return Err(S3Error::with_message(S3ErrorCode::MalformedXML, message));
        }
    };
    let name = names::bucket(&input.bucket)?;
    cx.store
        .put_versioning(caller.authorized(), &name, versioning)
        .await
        .map_err(errors::from_store)?;
    answer(PutBucketVersioningOutput::default())
}
