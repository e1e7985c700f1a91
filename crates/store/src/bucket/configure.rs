//! Sub-resources of a bucket: one record sets or clears one, whole.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket_config::{
    BucketConfiguration, BucketPolicyText, BucketSetting, ConfigurationKind, Configured,
};
use azekura_model::cors::{CorsRule, CorsRules};
use azekura_model::ident::BucketUuid;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_model::tag::TagSet;
use azekura_record::configured::{BucketConfigured, StoredCorsRule, StoredSetting};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::object_lock::refuse_elsewhere;
use crate::bucket::{lifecycle, opening, read};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Draft, Inner, Refused};

/// Sets one sub-resource (`Some`), or clears that of `kind`. The last one to commit decides: nothing
/// is merged, so nothing but the bucket itself is guarded, which must not be another of its name by
/// then.
pub(crate) async fn configure(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    kind: ConfigurationKind,
    configuration: Option<BucketConfiguration>,
) -> Result<(), StoreError> {
    refuse_elsewhere(kind, configuration.as_ref())?;
    let open = read::open(inner, name)?;
    let bucket = &open.bucket;
    let key = families::bucket(name.as_str());
    let permit = opening::permit(inner, by, bucket, kind, configuration.as_ref()).await?;
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::BucketConfigured(BucketConfigured {
            name: name.as_str().to_owned(),
            setting: to_stored(kind, configuration),
        }),
    };
    let guards = vec![Guard::Equals(key, open.raw.clone())];
    let class = CommitClass::Data;
    let marked = (by.requester(), permit.as_ref());
    match inner
        .append_marked(marked, CONFIGURATION, class, guards, draft)
        .await
    {
        Ok(_) => Ok(()),
        // Of the bucket that was asked for, the name is gone.
        Err(Refused::Guard(_)) => Err(StoreError::NoSuchBucket),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// Where a sub-resource of a bucket stands.
pub(crate) fn read_setting<T: BucketSetting>(
    inner: &Inner,
    uuid: BucketUuid,
) -> Result<Configured<T>, StoreError> {
    let key = families::bucket_config(uuid, T::KIND);
    match inner.get(CONFIGURATION, &key)? {
        Some(entry) => decode_setting(uuid, &entry.value),
        None => Ok(Configured::Never),
    }
}

/// Reads a sub-resource out of its entry.
pub(crate) fn decode_setting<T: BucketSetting>(
    uuid: BucketUuid,
    value: &[u8],
) -> Result<Configured<T>, StoreError> {
    let stored = StoredSetting::decode(value)
        .map_err(|error| StoreError::Internal(format!("setting of bucket {uuid}: {error}")))?;
    match from_stored(stored) {
        None => Ok(Configured::Cleared),
        Some(configuration) => T::from_configuration(configuration)
            .map(Configured::Set)
            .ok_or_else(|| StoreError::Internal(format!("setting of bucket {uuid}: wrong kind"))),
    }
}

/// Which sub-resource a stored setting is.
pub(crate) fn kind_of(setting: &StoredSetting) -> ConfigurationKind {
    match setting {
        StoredSetting::Tags(_) => ConfigurationKind::Tags,
        StoredSetting::Cors(_) => ConfigurationKind::Cors,
        StoredSetting::PublicAccess(_) => ConfigurationKind::PublicAccess,
        StoredSetting::Ownership(_) => ConfigurationKind::Ownership,
        StoredSetting::Encryption(_) => ConfigurationKind::Encryption,
        StoredSetting::Lifecycle(_) => ConfigurationKind::Lifecycle,
        StoredSetting::ObjectLock(_) => ConfigurationKind::ObjectLock,
        StoredSetting::RetentionClasses(_) => ConfigurationKind::RetentionClasses,
        StoredSetting::RetentionLimits(_) => ConfigurationKind::RetentionLimits,
        StoredSetting::Policy(_) => ConfigurationKind::Policy,
        StoredSetting::Acl(_) => ConfigurationKind::Acl,
    }
}

pub(crate) fn to_stored(
    kind: ConfigurationKind,
    configuration: Option<BucketConfiguration>,
) -> StoredSetting {
    match (configuration, kind) {
        (Some(BucketConfiguration::Tags(tags)), _) => StoredSetting::Tags(Some(tags.into_pairs())),
        (Some(BucketConfiguration::Cors(rules)), _) => {
            StoredSetting::Cors(Some(rules.rules().iter().map(rule_to_stored).collect()))
        }
        (Some(BucketConfiguration::PublicAccess(block)), _) => {
            StoredSetting::PublicAccess(Some(block))
        }
        (Some(BucketConfiguration::Ownership(ownership)), _) => {
            StoredSetting::Ownership(Some(ownership))
        }
        (Some(BucketConfiguration::Encryption(encryption)), _) => {
            StoredSetting::Encryption(Some(encryption))
        }
        (Some(BucketConfiguration::Lifecycle(state)), _) => {
            StoredSetting::Lifecycle(Some(lifecycle::rules_to_stored(&state)))
        }
        (Some(BucketConfiguration::ObjectLock(lock)), _) => StoredSetting::ObjectLock(Some(lock)),
        (Some(BucketConfiguration::RetentionClasses(rules)), _) => {
            StoredSetting::RetentionClasses(Some(rules))
        }
        (Some(BucketConfiguration::RetentionLimits(limits)), _) => {
            StoredSetting::RetentionLimits(Some(limits))
        }
        (Some(BucketConfiguration::Policy(text)), _) => StoredSetting::Policy(Some(text.0)),
        (Some(BucketConfiguration::Acl(acl)), _) => StoredSetting::Acl(Some(acl)),
        (None, ConfigurationKind::Tags) => StoredSetting::Tags(None),
        (None, ConfigurationKind::Cors) => StoredSetting::Cors(None),
        (None, ConfigurationKind::PublicAccess) => StoredSetting::PublicAccess(None),
        (None, ConfigurationKind::Ownership) => StoredSetting::Ownership(None),
        (None, ConfigurationKind::Encryption) => StoredSetting::Encryption(None),
        (None, ConfigurationKind::Lifecycle) => StoredSetting::Lifecycle(None),
        (None, ConfigurationKind::ObjectLock) => StoredSetting::ObjectLock(None),
        (None, ConfigurationKind::RetentionClasses) => StoredSetting::RetentionClasses(None),
        (None, ConfigurationKind::RetentionLimits) => StoredSetting::RetentionLimits(None),
        (None, ConfigurationKind::Policy) => StoredSetting::Policy(None),
        (None, ConfigurationKind::Acl) => StoredSetting::Acl(None),
    }
}

fn from_stored(setting: StoredSetting) -> Option<BucketConfiguration> {
    Some(match setting {
        StoredSetting::Tags(tags) => BucketConfiguration::Tags(TagSet::stored(tags?)),
        StoredSetting::Cors(rules) => {
            let rules = rules?.into_iter().map(rule_from_stored).collect();
            BucketConfiguration::Cors(CorsRules::stored(rules))
        }
        StoredSetting::PublicAccess(block) => BucketConfiguration::PublicAccess(block?),
        StoredSetting::Ownership(ownership) => BucketConfiguration::Ownership(ownership?),
        StoredSetting::Encryption(encryption) => BucketConfiguration::Encryption(encryption?),
        StoredSetting::Lifecycle(stored) => {
            BucketConfiguration::Lifecycle(lifecycle::rules_from_stored(stored?))
        }
        StoredSetting::ObjectLock(lock) => BucketConfiguration::ObjectLock(lock?),
        StoredSetting::RetentionClasses(rules) => BucketConfiguration::RetentionClasses(rules?),
        StoredSetting::RetentionLimits(limits) => BucketConfiguration::RetentionLimits(limits?),
        StoredSetting::Policy(text) => BucketConfiguration::Policy(BucketPolicyText(text?)),
        StoredSetting::Acl(acl) => BucketConfiguration::Acl(acl?),
    })
}

fn rule_to_stored(rule: &CorsRule) -> StoredCorsRule {
    StoredCorsRule {
        id: rule.id.clone(),
        origins: rule.origins.clone(),
        methods: rule.methods.clone(),
        allowed_headers: rule.allowed_headers.clone(),
        expose_headers: rule.expose_headers.clone(),
        max_age_seconds: rule.max_age_seconds,
    }
}

fn rule_from_stored(rule: StoredCorsRule) -> CorsRule {
    CorsRule {
        id: rule.id,
        origins: rule.origins,
        methods: rule.methods,
        allowed_headers: rule.allowed_headers,
        expose_headers: rule.expose_headers,
        max_age_seconds: rule.max_age_seconds,
    }
}
