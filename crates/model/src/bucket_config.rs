//! What a bucket can be configured with beyond its versioning: one sub-resource of S3 a type, each
//! set or cleared as a whole.

use crate::acl::Acl;
use crate::cooling::Cooling;
use crate::cors::CorsRules;
use crate::lifecycle::LifecycleRules;
use crate::lock::ObjectLock;
use crate::retention_class::ClassRules;
use crate::retention_limits::RetentionLimits;
use crate::tag::TagSet;

/// Public-access block of a bucket (AWS S3 API reference, PublicAccessBlockConfiguration).
///
/// A new bucket has all four on, unless the operator accepts public buckets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicAccessBlock {
    /// Requests with public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// Public bucket policies are refused.
    pub block_public_policy: bool,
    /// A bucket with a public policy serves its own account only.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four on: what a new bucket has (AWS, since April 2023).
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// Who owns the objects of a bucket, and whether access-control lists count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ObjectOwnership {
    /// The owner of the bucket owns every object; ACLs have no effect.
    #[default]
    BucketOwnerEnforced,
    /// The owner of the bucket owns objects that are stored with `bucket-owner-full-control`; ACLs
    /// count.
    BucketOwnerPreferred,
    /// Who stores an object owns it; ACLs count.
    ObjectWriter,
}

impl ObjectOwnership {
    /// Whether access-control lists count.
    #[must_use]
    pub fn has_acls(self) -> bool {
        self != Self::BucketOwnerEnforced
    }
}

/// The policy of a bucket, as it was written. It was read once before it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketPolicyText(pub String);

/// Encryption of new objects. The algorithm is always AES-256 under keys of the vault (`AES256`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DefaultEncryption {
    /// `BucketKeyEnabled`: kept and shown. It saves calls to a key service, and there is none here.
    pub bucket_key_enabled: bool,
}

/// Rules that give retention classes, and what waits to replace them.
pub type ClassAssignment = Cooling<ClassRules>;

/// Limits on retention, and what waits to replace them.
pub type GovernedLimits = Cooling<RetentionLimits>;

/// Configuration of a bucket, one sub-resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BucketConfiguration {
    /// Tags.
    Tags(TagSet),
    /// Cross-origin rules.
    Cors(CorsRules),
    /// Public-access block.
    PublicAccess(PublicAccessBlock),
    /// Object ownership.
    Ownership(ObjectOwnership),
    /// Default encryption.
    Encryption(DefaultEncryption),
    /// Lifecycle rules, in force and pending.
    Lifecycle(Cooling<LifecycleRules>),
    /// Object lock: enabled, and the default retention.
    ObjectLock(ObjectLock),
    /// Retention classes that the bucket gives. A rule is taken away after a cooling-off.
    RetentionClasses(ClassAssignment),
    /// Floor and ceiling of retention. They are weakened after a cooling-off.
    RetentionLimits(GovernedLimits),
    /// Bucket policy.
    Policy(BucketPolicyText),
    /// Access-control list.
    Acl(Acl),
}

/// Which sub-resource.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "named as in `BucketConfiguration`")]
pub enum ConfigurationKind {
    Tags,
    Cors,
    PublicAccess,
    Ownership,
    Encryption,
    Lifecycle,
    ObjectLock,
    RetentionClasses,
    RetentionLimits,
    Policy,
    Acl,
}

impl ConfigurationKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Tags,
        Self::Cors,
        Self::PublicAccess,
        Self::Ownership,
        Self::Encryption,
        Self::Lifecycle,
        Self::ObjectLock,
        Self::RetentionClasses,
        Self::RetentionLimits,
        Self::Policy,
        Self::Acl,
    ];
}

impl BucketConfiguration {
    /// Which one it is.
    #[must_use]
    pub fn kind(&self) -> ConfigurationKind {
        match self {
            Self::Tags(_) => ConfigurationKind::Tags,
            Self::Cors(_) => ConfigurationKind::Cors,
            Self::PublicAccess(_) => ConfigurationKind::PublicAccess,
            Self::Ownership(_) => ConfigurationKind::Ownership,
            Self::Encryption(_) => ConfigurationKind::Encryption,
            Self::Lifecycle(_) => ConfigurationKind::Lifecycle,
            Self::ObjectLock(_) => ConfigurationKind::ObjectLock,
            Self::RetentionClasses(_) => ConfigurationKind::RetentionClasses,
            Self::RetentionLimits(_) => ConfigurationKind::RetentionLimits,
            Self::Policy(_) => ConfigurationKind::Policy,
            Self::Acl(_) => ConfigurationKind::Acl,
        }
    }
}

/// A type that is one kind of [`BucketConfiguration`].
pub trait BucketSetting: Sized {
    /// Which.
    const KIND: ConfigurationKind;

    /// As configuration.
    fn into_configuration(self) -> BucketConfiguration;

    /// Out of configuration, if it is of this kind.
    fn from_configuration(configuration: BucketConfiguration) -> Option<Self>;
}

macro_rules! setting {
    ($($kind:ident($name:ty)),* $(,)?) => {$(
        impl BucketSetting for $name {
            const KIND: ConfigurationKind = ConfigurationKind::$kind;

            fn into_configuration(self) -> BucketConfiguration {
                BucketConfiguration::$kind(self)
            }

            fn from_configuration(configuration: BucketConfiguration) -> Option<Self> {
                match configuration {
                    BucketConfiguration::$kind(setting) => Some(setting),
                    _ => None,
                }
            }
        }
    )*};
}

setting!(
    Tags(TagSet),
    Cors(CorsRules),
    PublicAccess(PublicAccessBlock),
    Ownership(ObjectOwnership),
    Encryption(DefaultEncryption),
    Lifecycle(Cooling<LifecycleRules>),
    ObjectLock(ObjectLock),
    RetentionClasses(ClassAssignment),
    RetentionLimits(GovernedLimits),
    Policy(BucketPolicyText),
    Acl(Acl),
);

/// Where a sub-resource of a bucket stands. *Never* and *cleared* differ: a new bucket has defaults,
/// and taking them away is a decision that S3 shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Configured<T> {
    /// Neither set nor cleared since the bucket was made.
    Never,
    /// Cleared.
    Cleared,
    /// Set.
    Set(T),
}

impl<T> Configured<T> {
    /// What counts, when a new bucket begins with `default`: `None` once it was cleared.
    pub fn or_default(self, default: T) -> Option<T> {
        match self {
            Self::Never => Some(default),
            Self::Cleared => None,
            Self::Set(value) => Some(value),
        }
    }

    /// What was set.
    pub fn set(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Never | Self::Cleared => None,
        }
    }
}
