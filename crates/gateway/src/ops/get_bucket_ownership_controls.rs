use azekura_model::bucket_config::{Configured, ObjectOwnership};
use s3s::dto::{
    GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput, OwnershipControls,
    OwnershipControlsRule,
};
use s3s::{S3Error, S3ErrorCode, S3Request};

use super::{Answer, Context, answer};
use crate::auth::Caller;
use crate::convert::ownership;

/// A new bucket has *BucketOwnerEnforced*, as on AWS since April 2023.
pub(crate) fn get_bucket_ownership_controls(
    cx: &Context,
    request: &S3Request<GetBucketOwnershipControlsInput>,
) -> Answer<GetBucketOwnershipControlsOutput> {
    Caller::of(request)?;
    let controls: Configured<ObjectOwnership> = cx.setting(&request.input.bucket)?;
    let Some(set) = controls.or_default(ObjectOwnership::default()) else {
        let code = S3ErrorCode::OwnershipControlsNotFoundError;
        let message = "The bucket ownership controls were not found";
        return Err(S3Error::with_message(code, message));
    };
    answer(GetBucketOwnershipControlsOutput {
        ownership_controls: Some(OwnershipControls {
            rules: vec![OwnershipControlsRule {
                object_ownership: ownership::to_wire(set),
            }],
        }),
    })
}
