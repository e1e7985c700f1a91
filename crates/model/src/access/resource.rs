//! What an action is done to, and how policies name it.

use crate::ident::TenantId;

/// What an action is done to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resource {
    /// The vault.
    Vault,
    /// An institution.
    Tenant(TenantId),
    /// The list of buckets.
    Buckets,
    /// A bucket, by name, whether it is there or not.
    Bucket(String),
    /// An object of a bucket.
    Object {
        /// Name of the bucket.
        bucket: String,
        /// Key of the object.
        key: String,
    },
}

impl Resource {
    /// The name in policies: Amazon's form for what S3 knows.
    #[must_use]
    pub fn arn(&self) -> String {
        match self {
            Self::Vault => "arn:azekura:vault".to_owned(),
            Self::Tenant(id) => format!("arn:azekura:tenant:{id}"),
            Self::Buckets => "arn:aws:s3:::*".to_owned(),
            Self::Bucket(bucket) => format!("arn:aws:s3:::{bucket}"),
            Self::Object { bucket, key } => format!("arn:aws:s3:::{bucket}/{key}"),
        }
    }

    /// The bucket, if it is one or in one.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        match self {
            Self::Bucket(bucket) | Self::Object { bucket, .. } => Some(bucket),
            Self::Vault | Self::Tenant(_) | Self::Buckets => None,
        }
    }
}
