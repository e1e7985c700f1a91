//! Object ownership on the wire.

use azekura_model::bucket_config::ObjectOwnership;
use s3s::dto;
use s3s::{S3Error, S3ErrorCode, S3Result};

/// Reads an ownership. The two under which ACLs would count are refused as an ACL is: with a code that
/// clients know.
pub(crate) fn of_wire(asked: &dto::ObjectOwnership) -> S3Result<ObjectOwnership> {
    match asked.as_str() {
        dto::ObjectOwnership::BUCKET_OWNER_ENFORCED => Ok(ObjectOwnership::BucketOwnerEnforced),
        dto::ObjectOwnership::BUCKET_OWNER_PREFERRED | dto::ObjectOwnership::OBJECT_WRITER => {
            let message = format!(
                "ACLs are disabled here, so the object ownership {} is not supported; use \
                 BucketOwnerEnforced",
                asked.as_str()
            );
            let code = S3ErrorCode::AccessControlListNotSupported;
            Err(S3Error::with_message(code, message))
        }
        _ => Err(crate::errors::invalid_argument(
            "Invalid x-amz-object-ownership: it must be BucketOwnerEnforced",
        )),
    }
}
