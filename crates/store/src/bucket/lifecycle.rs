//! Lifecycle rules of a bucket, and the days of its history: what weakens waits (cooling-off).

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::bucket_config::{BucketConfiguration, ConfigurationKind, Configured};
use azekura_model::cooling::{Cooling, HistoryDays, Pending};
use azekura_model::governed::Permit;
use azekura_model::ident::BucketUuid;
use azekura_model::lifecycle::{
    Expiration, LifecycleFilter, LifecycleRule, LifecycleRules, NoncurrentExpiration,
};
use azekura_model::lock::Lock;
use azekura_model::name::BucketName;
use azekura_model::requester::Requester;
use azekura_record::bucket::BucketChanged;
use azekura_record::configured::BucketConfigured;
use azekura_record::lifecycle::{StoredExpiration, StoredLifecycle, StoredLifecycleRule};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::configure::{read_setting, to_stored};
use crate::bucket::read::{self, OpenBucket};
use crate::entry::{self, BucketSettings};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed::{self, Wait};
use crate::inner::{Draft, Inner, Refused, unchanged};

/// Longest encoding of the rules in force and of those that wait, together, in bytes: a value of the
/// index.
const SETTING_BYTES_MAX: usize = 60 * 1024;

/// The rules of a bucket as they stand; settled and empty when none were ever put.
pub(crate) fn read_rules(
    inner: &Inner,
    uuid: BucketUuid,
) -> Result<Cooling<LifecycleRules>, StoreError> {
    let setting = read_setting::<Cooling<LifecycleRules>>(inner, uuid)?;
    Ok(match setting {
        Configured::Set(state) => state,
        Configured::Never | Configured::Cleared => Cooling::default(),
    })
}

/// Asks for other rules; empty = none. What would hide more, or sooner, than the rules in force acts
/// only after the cooling-off.
pub(crate) async fn put_rules(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    rules: LifecycleRules,
) -> Result<Cooling<LifecycleRules>, StoreError> {
    loop {
        let open = read::open(inner, name)?;
        let bucket = &open.bucket;
        let key = families::bucket_config(bucket.uuid, ConfigurationKind::Lifecycle);
        let before = inner.get(CONFIGURATION, &key)?.map(|entry| entry.value);
        let stands = read_rules(inner, bucket.uuid)?;
        let (state, wait) =
            governed::ask_setting(inner, by.requester(), bucket, &stands, &rules).await?;
        let cleared = rules.rules().is_empty();
        let configuration = (!cleared).then(|| BucketConfiguration::Lifecycle(state.clone()));
        let setting = to_stored(ConfigurationKind::Lifecycle, configuration);
        if setting.encode().len() > SETTING_BYTES_MAX {
            let what = format!(
                "the lifecycle rules, with those still in force, take more than \
                 {SETTING_BYTES_MAX} bytes"
            );
            return Err(StoreError::InvalidRequest(what));
        }
        let guards = vec![
            Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
            unchanged(key, before),
        ];
        let event = Event::BucketConfigured(BucketConfigured {
            name: name.as_str().to_owned(),
            setting,
        });
        let marked = (by.requester(), wait.as_ref().and_then(Wait::permit));
        if append(inner, marked, &open, guards, event).await? {
            return Ok(state);
        }
    }
}

/// Asks for other days of history. More act at once, fewer after the cooling-off.
pub(crate) async fn put_history_days(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    days: HistoryDays,
) -> Result<Cooling<HistoryDays>, StoreError> {
    if days > HistoryDays::MAX {
        let why = format!("history has at most {} days", HistoryDays::MAX.0);
        return Err(StoreError::InvalidArgument(why));
    }
    // A pass of the keeper may be under way: once this answers, nothing goes by the days before.
    let _alone = inner.history_days.write().await;
    loop {
        let open = read::open(inner, name)?;
        let bucket = &open.bucket;
        let stands = &bucket.history;
        let (state, wait) =
            governed::ask_setting(inner, by.requester(), bucket, stands, &days).await?;
        if state == bucket.history {
            return Ok(state);
        }
        let guards = vec![
            Guard::Equals(families::bucket(name.as_str()), open.raw.clone()),
            Guard::Equals(
                families::bucket_settings(bucket.uuid),
                entry::encode(&BucketSettings::new(bucket.versioning, &bucket.history)),
            ),
        ];
        let (history_days, pending_history_days) = stored_days(&state);
        let event = Event::BucketChanged(BucketChanged {
            name: name.as_str().to_owned(),
            versioning: bucket.versioning,
            history_days,
            pending_history_days,
        });
        let marked = (by.requester(), wait.as_ref().and_then(Wait::permit));
        if append(inner, marked, &open, guards, event).await? {
            return Ok(state);
        }
    }
}

/// The days of history as records and index keep them.
pub(crate) fn stored_days(
    state: &Cooling<HistoryDays>,
) -> (u32, Option<(azekura_model::time::ComplianceTime, u32)>) {
    let (in_force, pending) = state.parts();
    let pending = pending.map(|pending| (pending.acts_at, pending.value.0));
    (in_force.0, pending)
}

/// `false` = something that was read has changed.
async fn append(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    open: &OpenBucket,
    guards: Vec<Guard>,
    event: Event,
) -> Result<bool, StoreError> {
    let draft = Draft {
        tenant: open.bucket.tenant,
        bucket: Some(open.bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        payload: Bytes::new(),
        lock: Lock::default(),
        event,
    };
    let class = CommitClass::Data;
    let appended = inner
        .append_marked(by, CONFIGURATION, class, guards, draft)
        .await;
    match appended {
        Ok(_) => Ok(true),
        Err(Refused::Guard(_)) => Ok(false),
        Err(Refused::Error(error)) => Err(error),
    }
}

/// As stored.
pub(crate) fn rules_to_stored(state: &Cooling<LifecycleRules>) -> StoredLifecycle {
    let (in_force, pending) = state.parts();
    let list = |rules: &LifecycleRules| rules.rules().iter().map(rule_to_stored).collect();
    StoredLifecycle {
        in_force: list(in_force),
        pending: pending.map(|pending| (pending.acts_at, list(&pending.value))),
    }
}

/// As the model has it.
pub(crate) fn rules_from_stored(stored: StoredLifecycle) -> Cooling<LifecycleRules> {
    let list = |rules: Vec<StoredLifecycleRule>| {
        LifecycleRules::stored(rules.into_iter().map(rule_from_stored).collect())
    };
    let pending = stored.pending.map(|(acts_at, rules)| Pending {
        value: list(rules),
        acts_at,
    });
    Cooling::stored(list(stored.in_force), pending)
}

fn rule_to_stored(rule: &LifecycleRule) -> StoredLifecycleRule {
    StoredLifecycleRule {
        id: rule.id.clone(),
        enabled: rule.enabled,
        legacy_prefix: rule.legacy_prefix,
        prefix: rule.filter.prefix.clone(),
        tags: rule.filter.tags.clone(),
        larger_than: rule.filter.larger_than,
        smaller_than: rule.filter.smaller_than,
        expiration: rule.expiration.map(|expiration| match expiration {
            Expiration::Days(days) => StoredExpiration::Days(days),
            Expiration::Date(date) => StoredExpiration::Date(date),
            Expiration::ExpiredObjectDeleteMarker(goes) => {
                StoredExpiration::ExpiredObjectDeleteMarker(goes)
            }
        }),
        noncurrent: rule.noncurrent.map(|rule| (rule.days, rule.newer_versions)),
        abort_multipart_days: rule.abort_multipart_days,
    }
}

fn rule_from_stored(rule: StoredLifecycleRule) -> LifecycleRule {
    LifecycleRule {
        id: rule.id,
        enabled: rule.enabled,
        legacy_prefix: rule.legacy_prefix,
        filter: LifecycleFilter {
            prefix: rule.prefix,
            tags: rule.tags,
            larger_than: rule.larger_than,
            smaller_than: rule.smaller_than,
        },
        expiration: rule.expiration.map(|expiration| match expiration {
            StoredExpiration::Days(days) => Expiration::Days(days),
            StoredExpiration::Date(date) => Expiration::Date(date),
            StoredExpiration::ExpiredObjectDeleteMarker(goes) => {
                Expiration::ExpiredObjectDeleteMarker(goes)
            }
        }),
        noncurrent: rule
            .noncurrent
            .map(|(days, newer_versions)| NoncurrentExpiration {
                days,
                newer_versions,
            }),
        abort_multipart_days: rule.abort_multipart_days,
    }
}
