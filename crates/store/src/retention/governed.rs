//! Settings of a bucket that cool off: retention classes and limits.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket_config::{BucketSetting, ClassAssignment, Configured, GovernedLimits};
use azekura_model::cooling::Cooling;
use azekura_model::ident::BucketUuid;
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_model::retention_class::{CLASS_RULES_MAX, ClassRule, ClassRules};
use azekura_model::retention_limits::RetentionLimits;
use azekura_record::configured::BucketConfigured;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::configure::{read_setting, to_stored};
use crate::bucket::read;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed::documents::Weakens;
use crate::governed::{Wait, ask_setting};
use crate::inner::{Draft, Inner, Refused, unchanged};

/// Longest encoding of a setting in bytes: a value of the index.
const SETTING_BYTES_MAX: usize = 60 * 1024;

/// Rules of a bucket that give classes, and what waits.
pub(crate) fn class_rules(inner: &Inner, uuid: BucketUuid) -> Result<ClassAssignment, StoreError> {
    read_cooling(inner, uuid)
}

/// Limits of a bucket, and what waits.
pub(crate) fn limits(inner: &Inner, uuid: BucketUuid) -> Result<GovernedLimits, StoreError> {
    read_cooling(inner, uuid)
}

fn read_cooling<T: Default>(inner: &Inner, uuid: BucketUuid) -> Result<Cooling<T>, StoreError>
where
    Cooling<T>: BucketSetting,
{
    Ok(match read_setting::<Cooling<T>>(inner, uuid)? {
        Configured::Set(state) => state,
        Configured::Never | Configured::Cleared => Cooling::default(),
    })
}

/// Adds a rule. New versions follow it at once.
pub(crate) async fn add_rule(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    rule: &ClassRule,
) -> Result<ClassAssignment, StoreError> {
    if inner.policy.classes.get(&rule.class).is_none() {
        let what = format!("there is no retention class {}", rule.class);
        return Err(StoreError::InvalidArgument(what));
    }
    change(inner, by, name, |rules: &ClassRules| {
        let mut new = rules.clone();
        new.0.retain(|other| !same(other, rule));
        new.0.push(rule.clone());
        if new.0.len() > CLASS_RULES_MAX {
            let what = format!("a bucket has at most {CLASS_RULES_MAX} rules of retention classes");
            return Err(StoreError::InvalidArgument(what));
        }
        Ok(new)
    })
    .await
}

/// Takes a rule away, whatever its mode, after the cooling-off.
pub(crate) async fn remove_rule(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    rule: &ClassRule,
) -> Result<ClassAssignment, StoreError> {
    change(inner, by, name, |rules: &ClassRules| {
        let mut new = rules.clone();
        new.0.retain(|other| !same(other, rule));
        if new == *rules {
            let what = "the bucket has no such rule of retention classes".to_owned();
            return Err(StoreError::InvalidArgument(what));
        }
        Ok(new)
    })
    .await
}

/// The same but for the mode.
fn same(one: &ClassRule, other: &ClassRule) -> bool {
    (&one.prefix, &one.tag, &one.class) == (&other.prefix, &other.tag, &other.class)
}

/// Changes the limits. A lower floor and a higher ceiling act after the cooling-off.
pub(crate) async fn put_limits(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    new: impl Fn(&RetentionLimits) -> Result<RetentionLimits, StoreError> + Send + Sync,
) -> Result<GovernedLimits, StoreError> {
    change(inner, by, name, new).await
}

/// Asks for another value; `new` sees what was asked for last.
async fn change<T>(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    new: impl Fn(&T) -> Result<T, StoreError> + Send + Sync,
) -> Result<Cooling<T>, StoreError>
where
    T: Weakens + Default + Send + Sync,
    Cooling<T>: BucketSetting,
{
    let kind = <Cooling<T> as BucketSetting>::KIND;
    loop {
        let open = read::open(inner, name)?;
        let bucket = &open.bucket;
        let key = families::bucket_config(bucket.uuid, kind);
        let before = inner.get(CONFIGURATION, &key)?.map(|entry| entry.value);
        let stands: Cooling<T> = read_cooling(inner, bucket.uuid)?;
        let asked = new(stands.asked())?;
        let (state, wait) = ask_setting(inner, by.requester(), bucket, &stands, &asked).await?;
        let setting = to_stored(kind, Some(state.clone().into_configuration()));
        if setting.encode().len() > SETTING_BYTES_MAX {
            let what = format!("the setting takes more than {SETTING_BYTES_MAX} bytes");
            return Err(StoreError::InvalidArgument(what));
        }
        let guards = vec![
            Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
            unchanged(key, before),
        ];
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
                setting,
            }),
        };
        let class = CommitClass::Data;
        let marked = (by.requester(), wait.as_ref().and_then(Wait::permit));
        match inner
            .append_marked(marked, CONFIGURATION, class, guards, draft)
            .await
        {
            Ok(_) => return Ok(state),
            Err(Refused::Guard(0)) => return Err(StoreError::NoSuchBucket),
            Err(Refused::Guard(_)) => {}
            Err(Refused::Error(error)) => return Err(error),
        }
    }
}
