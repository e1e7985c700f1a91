//! Object ownership on the wire.

use azekura_model::bucket_config::ObjectOwnership;
use s3s::S3Result;
use s3s::dto;

/// Reads an ownership.
///
/// # Errors
/// `InvalidArgument`.
pub(crate) fn of_wire(asked: &dto::ObjectOwnership) -> S3Result<ObjectOwnership> {
    match asked.as_str() {
        dto::ObjectOwnership::BUCKET_OWNER_ENFORCED => Ok(ObjectOwnership::BucketOwnerEnforced),
        dto::ObjectOwnership::BUCKET_OWNER_PREFERRED => Ok(ObjectOwnership::BucketOwnerPreferred),
        dto::ObjectOwnership::OBJECT_WRITER => Ok(ObjectOwnership::ObjectWriter),
        _ => Err(crate::errors::invalid_argument(
            "Invalid x-amz-object-ownership: it must be BucketOwnerEnforced, BucketOwnerPreferred or \
             ObjectWriter",
        )),
    }
}

/// An ownership of an answer.
pub(crate) fn to_wire(ownership: ObjectOwnership) -> dto::ObjectOwnership {
    dto::ObjectOwnership::from_static(match ownership {
        ObjectOwnership::BucketOwnerEnforced => dto::ObjectOwnership::BUCKET_OWNER_ENFORCED,
        ObjectOwnership::BucketOwnerPreferred => dto::ObjectOwnership::BUCKET_OWNER_PREFERRED,
        ObjectOwnership::ObjectWriter => dto::ObjectOwnership::OBJECT_WRITER,
    })
}
