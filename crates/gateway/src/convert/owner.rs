//! The owner of everything. Accounts are not known to this service, so there is one.

use s3s::dto;

/// Its id, as ListBuckets shows it and `x-amz-expected-bucket-owner` must name it.
pub(crate) const OWNER_ID: &str = "azekura";

/// The owner shown for every object and bucket.
pub(crate) fn owner() -> dto::Owner {
    dto::Owner {
        display_name: Some(OWNER_ID.to_owned()),
        id: Some(OWNER_ID.to_owned()),
    }
}
