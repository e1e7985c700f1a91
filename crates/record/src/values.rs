//! Encodings of the model's small nouns. Code numbers here are on disk: never reuse one.

use std::net::IpAddr;

use azekura_model::acl::AclPermission;
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::ObjectOwnership;
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ETag};
use azekura_model::cors::CorsMethod;
use azekura_model::ident::{BucketUuid, PayloadId, TenantId, UploadId, VersionId};
use azekura_model::lock::{Retention, RetentionMode};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;

macro_rules! wrapped_value {
    ($($name:ident($inner:ty)),* $(,)?) => {$(
        impl Value for $name {
            fn write(&self, out: &mut Writer) {
                out.put(&self.0);
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                input.get::<$inner>().map($name)
            }
        }
    )*};
}

wrapped_value!(
    TenantId([u8; 16]),
    BucketUuid([u8; 16]),
    VersionId([u8; 16]),
    UploadId([u8; 16]),
    PayloadId([u8; 16]),
    PartitionId(u64),
    Sequence(u64),
    WallTime(i64),
    ComplianceTime(i64),
);

impl Value for HybridTime {
    fn write(&self, out: &mut Writer) {
        out.put(&self.packed());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.get().map(Self::from_packed)
    }
}

/// A value with a code number on disk. An unknown number comes from a newer release.
macro_rules! coded_value {
    ($name:ident, $what:literal, $($variant:ident = $code:literal),* $(,)?) => {
        impl Value for $name {
            fn write(&self, out: &mut Writer) {
                let code: u16 = match self {
                    $(Self::$variant => $code,)*
                };
                out.put(&code);
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                match input.get::<u16>()? {
                    $($code => Ok(Self::$variant),)*
                    other => Err(DecodeError::Newer(format!("{} {other}", $what))),
                }
            }
        }
    };
}

coded_value!(
    ChecksumAlgorithm,
    "checksum algorithm",
    Crc32 = 1,
    Crc32c = 2,
    Crc64Nvme = 3,
    Sha1 = 4,
    Sha256 = 5,
);
coded_value!(ChecksumType, "checksum type", FullObject = 1, Composite = 2);
coded_value!(
    RetentionMode,
    "retention mode",
    Governance = 1,
    Compliance = 2
);
coded_value!(
    CorsMethod,
    "cross-origin method",
    Get = 1,
    Put = 2,
    Post = 3,
    Delete = 4,
    Head = 5,
);
coded_value!(
    ObjectOwnership,
    "object ownership",
    BucketOwnerEnforced = 1,
    BucketOwnerPreferred = 2,
    ObjectWriter = 3,
);

coded_value!(
    AclPermission,
    "permission of a list",
    Read = 1,
    Write = 2,
    ReadAcp = 3,
    WriteAcp = 4,
    FullControl = 5,
);
coded_value!(
    Versioning,
    "versioning state",
    Unversioned = 0,
    Enabled = 1,
    Suspended = 2,
);

impl Value for Retention {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.mode).put(&self.until);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "retention")?;
        Ok(Self {
            mode: input.get()?,
            until: input.get()?,
        })
    }
}

impl Value for Checksum {
    fn write(&self, out: &mut Writer) {
        out.array(4)
            .put(&self.algorithm)
            .put(&self.value)
            .put(&self.kind)
            .put(&self.parts);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(4, "checksum")?;
        let checksum = Self {
            algorithm: input.get()?,
            value: input.get()?,
            kind: input.get()?,
            parts: input.get()?,
        };
        if checksum.value.len() == checksum.algorithm.bytes() {
            Ok(checksum)
        } else {
            Err(DecodeError::malformed("a checksum of the wrong length"))
        }
    }
}

impl Value for ETag {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.md5).put(&self.parts);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "etag")?;
        Ok(Self {
            md5: input.get()?,
            parts: input.get()?,
        })
    }
}

impl Value for BlobId {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.intent).put(&self.attempt);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "blob id")?;
        Ok(Self {
            intent: input.get()?,
            attempt: input.get()?,
        })
    }
}

/// Four or sixteen bytes in network order.
impl Value for IpAddr {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::V4(address) => out.put(&address.octets()),
            Self::V6(address) => out.put(&address.octets()),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = input.get::<Vec<u8>>()?;
        if let Ok(four) = <[u8; 4]>::try_from(bytes.as_slice()) {
            return Ok(Self::from(four));
        }
        <[u8; 16]>::try_from(bytes.as_slice())
            .map(Self::from)
            .map_err(|_| DecodeError::malformed("an address that is neither 4 nor 16 bytes"))
    }
}
