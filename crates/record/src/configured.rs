//! Record kind 6: one sub-resource of a bucket's configuration is set, or cleared, as a whole.

use azekura_model::acl::Acl;
use azekura_model::bucket_config::{
    ClassAssignment, DefaultEncryption, GovernedLimits, ObjectOwnership, PublicAccessBlock,
};
use azekura_model::cors::CorsMethod;
use azekura_model::lock::{DefaultRetention, ObjectLock, Period, Probation};

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::lifecycle::StoredLifecycle;
use crate::particulars::EventFields;

/// One sub-resource from now on. Readers never merge: each record replaces the one before it of the
/// same bucket and sub-resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketConfigured {
    /// Name of the bucket.
    pub name: String,
    /// The sub-resource as it now is.
    pub setting: StoredSetting,
}

/// A sub-resource as stored; `None` = cleared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredSetting {
    /// Tags, in order.
    Tags(Option<Vec<(String, String)>>),
    /// Cross-origin rules, in order.
    Cors(Option<Vec<StoredCorsRule>>),
    /// Public-access block.
    PublicAccess(Option<PublicAccessBlock>),
    /// Object ownership.
    Ownership(Option<ObjectOwnership>),
    /// Default encryption.
    Encryption(Option<DefaultEncryption>),
    /// Lifecycle rules, in force and pending.
    Lifecycle(Option<StoredLifecycle>),
    /// Object lock; never cleared.
    ObjectLock(Option<ObjectLock>),
    /// Retention classes that the bucket gives.
    RetentionClasses(Option<ClassAssignment>),
    /// Limits on retention.
    RetentionLimits(Option<GovernedLimits>),
    /// Bucket policy, as it was written.
    Policy(Option<String>),
    /// Access-control list.
    Acl(Option<Acl>),
}

/// A cross-origin rule as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCorsRule {
    /// Name of the rule.
    pub id: Option<String>,
    /// Origins.
    pub origins: Vec<String>,
    /// Methods.
    pub methods: Vec<CorsMethod>,
    /// Headers that a preflight may ask for.
    pub allowed_headers: Vec<String>,
    /// Headers that a page may read.
    pub expose_headers: Vec<String>,
    /// Seconds for which a browser may keep the answer to a preflight.
    pub max_age_seconds: Option<u32>,
}

impl EventFields for BucketConfigured {
    fn write(&self, out: &mut FieldsWriter) {
        out.put(8, &self.name).put(9, &self.setting);
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.take(8)?,
            setting: input.take(9)?,
        })
    }
}

impl StoredSetting {
    /// Number of the sub-resource on disk. Never reused.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Self::Tags(_) => 1,
            Self::Cors(_) => 2,
            Self::PublicAccess(_) => 3,
            Self::Ownership(_) => 4,
            Self::Encryption(_) => 5,
            Self::Lifecycle(_) => 7,
            Self::ObjectLock(_) => 6,
            Self::RetentionClasses(_) => 8,
            Self::RetentionLimits(_) => 9,
            Self::Policy(_) => 10,
            Self::Acl(_) => 11,
        }
    }

    /// The value of the index: deterministic CBOR, never empty.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.put(self);
        out.into_bytes()
    }

    /// Reads a value of the index.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that [`encode`](Self::encode) does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::over_item(bytes)?;
        let setting = input.get()?;
        input.end()?;
        Ok(setting)
    }
}

/// `[code, content or null]`.
impl Value for StoredSetting {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.code());
        match self {
            Self::Tags(tags) => out.put(tags),
            Self::Cors(rules) => out.put(rules),
            Self::PublicAccess(block) => out.put(block),
            Self::Ownership(ownership) => out.put(ownership),
            Self::Encryption(encryption) => out.put(encryption),
            Self::Lifecycle(lifecycle) => out.put(lifecycle),
            Self::ObjectLock(lock) => out.put(lock),
            Self::RetentionClasses(rules) => out.put(rules),
            Self::RetentionLimits(limits) => out.put(limits),
            Self::Policy(text) => out.put(text),
            Self::Acl(acl) => out.put(acl),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "a setting")?;
        match input.get::<u16>()? {
            1 => input.get().map(Self::Tags),
            2 => input.get().map(Self::Cors),
            3 => input.get().map(Self::PublicAccess),
            4 => input.get().map(Self::Ownership),
            5 => input.get().map(Self::Encryption),
            7 => input.get().map(Self::Lifecycle),
            6 => input.get().map(Self::ObjectLock),
            8 => input.get().map(Self::RetentionClasses),
            9 => input.get().map(Self::RetentionLimits),
            10 => input.get().map(Self::Policy),
            11 => input.get().map(Self::Acl),
            other => Err(DecodeError::Newer(format!("bucket setting {other}"))),
        }
    }
}

/// `[id or null, origins, methods, allowed headers, exposed headers, seconds or null]`.
impl Value for StoredCorsRule {
    fn write(&self, out: &mut Writer) {
        out.array(6)
            .put(&self.id)
            .put(&self.origins)
            .put(&self.methods)
            .put(&self.allowed_headers)
            .put(&self.expose_headers)
            .put(&self.max_age_seconds);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(6, "a cross-origin rule")?;
        Ok(Self {
            id: input.get()?,
            origins: input.get()?,
            methods: input.get()?,
            allowed_headers: input.get()?,
            expose_headers: input.get()?,
            max_age_seconds: input.get()?,
        })
    }
}

/// Flags: 1 block public ACLs, 2 ignore public ACLs, 4 block public policy, 8 restrict public buckets.
impl Value for PublicAccessBlock {
    fn write(&self, out: &mut Writer) {
        let flag = |set, flag: u16| if set { flag } else { 0 };
        let flags = flag(self.block_public_acls, 1)
            | flag(self.ignore_public_acls, 2)
            | flag(self.block_public_policy, 4)
            | flag(self.restrict_public_buckets, 8);
        out.put(&flags);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = input.get::<u16>()?;
        if flags > 15 {
            let what = format!("public-access flags {flags:#x}");
            return Err(DecodeError::Newer(what));
        }
        Ok(Self {
            block_public_acls: flags & 1 != 0,
            ignore_public_acls: flags & 2 != 0,
            block_public_policy: flags & 4 != 0,
            restrict_public_buckets: flags & 8 != 0,
        })
    }
}

/// Code of AES-256 under keys of the vault.
const AES256: u16 = 1;

/// `[algorithm, bucket key]`.
impl Value for DefaultEncryption {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&AES256).put(&self.bucket_key_enabled);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "default encryption")?;
        match input.get::<u16>()? {
            AES256 => Ok(Self {
                bucket_key_enabled: input.get()?,
            }),
            other => Err(DecodeError::Newer(format!(
                "encryption algorithm {other} of a bucket"
            ))),
        }
    }
}

/// `[default or null, end of its probation or null]`.
impl Value for ObjectLock {
    fn write(&self, out: &mut Writer) {
        let ends = self.probation.map(|probation| probation.ends);
        out.array(2).put(&self.default).put(&ends);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "object lock")?;
        Ok(Self {
            default: input.get()?,
            probation: input.get::<Option<_>>()?.map(|ends| Probation { ends }),
        })
    }
}

/// Codes of the units of a period.
const DAYS: u16 = 1;
const YEARS: u16 = 2;

/// `[mode, unit, number]`: unit 1 days, 2 years.
impl Value for DefaultRetention {
    fn write(&self, out: &mut Writer) {
        let (unit, number) = match (self.period.in_days(), self.period.in_years()) {
            (Some(days), _) => (DAYS, days),
            (None, years) => (YEARS, years.unwrap_or_default()),
        };
        out.array(3).put(&self.mode).put(&unit).put(&number);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(3, "default retention")?;
        let mode = input.get()?;
        let unit = input.get::<u16>()?;
        let number = input.get::<u32>()?;
        let period = match unit {
            DAYS => Period::days(number),
            YEARS => Period::years(number),
            other => {
                let what = format!("unit {other} of a retention period");
                return Err(DecodeError::Newer(what));
            }
        };
        Ok(Self {
            mode,
            period: period.map_err(|error| DecodeError::malformed(error.to_string()))?,
        })
    }
}
