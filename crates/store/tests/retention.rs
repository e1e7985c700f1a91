//! Retention classes, events, limits, trials, changes in bulk, answers, undeletion.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use azekura_model::access::{Action, Authorized};
use azekura_model::bucket::Versioning;
use azekura_model::calendar::{CivilDate, DAY_MS};
use azekura_model::explain::{Deletable, VersionStanding, deletable};
use azekura_model::ident::VersionId;
use azekura_model::lock::{
    Bypass, DefaultRetention, Lock, LockAsked, LockState, Period, Retention, RetentionMode,
};
use azekura_model::retention_class::{ClassName, ClassRule};
use azekura_model::retention_limits::{KeyLockLimits, OverLimit, RetentionLimits};
use azekura_model::time::ComplianceTime;
use azekura_store::classes::catalog;
use azekura_store::error::StoreError;
use azekura_store::lock_bulk::{LockReport, LockSelection};
use azekura_store::object::Which;
use azekura_store::retention::bulk::BulkChange;
use azekura_store::retention::undelete::CameBack;
use azekura_store::store::StorePolicy;
use common::{BEGIN_MS, Vault, assert_rebuild_equals, bucket_name, by, key, put_request, writer};

const B: &str = "karte";
const C: RetentionMode = RetentionMode::Compliance;
const G: RetentionMode = RetentionMode::Governance;

fn with_classes() -> StorePolicy {
    StorePolicy {
        classes: Arc::new(catalog(None).unwrap()),
        ..common::policy()
    }
}

async fn locked(policy: StorePolicy) -> Vault {
    let vault = Vault::with_policy(policy).await;
    let made = vault
        .store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await;
    made.unwrap();
    vault
}

fn rule(prefix: &str, class: &str, mode: RetentionMode) -> ClassRule {
    ClassRule {
        prefix: prefix.to_owned(),
        tag: None,
        class: ClassName::parse(class).unwrap(),
        mode,
    }
}

async fn assign(vault: &Vault, rule: &ClassRule) {
    let added = vault
        .store
        .add_class_rule(&writer(), &bucket_name(B), rule)
        .await;
    added.unwrap();
}

fn lock(vault: &Vault, object: &str) -> Lock {
    let by = by(Action::GetObjectRetention);
    let state = vault
        .store
        .lock_state(&by, &bucket_name(B), &key(object), Which::Current);
    match state.unwrap().1 {
        LockState::Known(lock) => lock,
        LockState::Unknown(why) => panic!("{why}"),
    }
}

fn today() -> CivilDate {
    CivilDate::in_japan(ComplianceTime(BEGIN_MS)).unwrap()
}

fn years_from_today(years: u32) -> ComplianceTime {
    today().years_later(years).unwrap().ends()
}

fn all() -> LockSelection {
    LockSelection::Prefix {
        prefix: String::new(),
        all_versions: true,
    }
}

async fn change(vault: &Vault, by: &Authorized, change: BulkChange) -> LockReport {
    let (selection, bucket) = (all(), bucket_name(B));
    let page = (&selection, None);
    let changed = vault
        .store
        .change_locks_page(by, &bucket, page, (&change, &|_| true))
        .await;
    let (report, next) = changed.unwrap();
    assert_eq!(next, None);
    report
}

async fn put_until(vault: &Vault, object: &str, days: i64) -> Result<VersionId, StoreError> {
    let mut request = put_request(object, "0123456789");
    request.lock = LockAsked {
        retention: Some(Retention {
            mode: C,
            until: ComplianceTime(vault.now().0 + days * DAY_MS),
        }),
        hold: None,
    };
    let stored = vault.store.put(&writer(), &bucket_name(B), request).await?;
    Ok(stored.version)
}

#[tokio::test]
async fn the_longest_class_is_stored_with_the_version() {
    let vault = locked(with_classes()).await;
    assign(&vault, &rule("", "a207-3y", C)).await;
    assign(&vault, &rule("long/", "minpo-20y", G)).await;
    vault.put(B, "short", "x").await;
    vault.put(B, "long/1", "x").await;
    let short = lock(&vault, "short").retention.unwrap();
    assert_eq!((short.mode, short.until), (C, years_from_today(3)));
    let long = lock(&vault, "long/1");
    assert_eq!(long.retention.unwrap().until, years_from_today(20));
    assert_eq!(long.retention.unwrap().mode, C);
    assert_eq!(long.classes.len(), 2);
    // Later versions follow later rules; what is stored keeps what it has, across a restart too.
    let again = vault.restarted().await;
    assert_eq!(lock(&again, "long/1"), long);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_class_that_the_vault_does_not_know_is_refused() {
    let vault = locked(with_classes()).await;
    let none = rule("", "no-such-class", C);
    let refused = vault
        .store
        .add_class_rule(&writer(), &bucket_name(B), &none)
        .await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, StoreError::InvalidArgument(_)),
        "{refused}"
    );
}

#[tokio::test]
async fn a_rule_is_taken_away_only_after_the_cooling_off() {
    let vault = locked(with_classes()).await;
    let karte = rule("", "a207-3y", C);
    assign(&vault, &karte).await;
    let bucket = bucket_name(B);
    let removed = vault
        .store
        .remove_class_rule(&writer(), &bucket, &karte)
        .await;
    assert!(removed.unwrap().pending(vault.now()).is_some());
    vault.put(B, "during", "x").await;
    assert!(lock(&vault, "during").retention.is_some());
    vault.run(73 * 3_600_000);
    vault.put(B, "after", "x").await;
    assert_eq!(lock(&vault, "after").retention, None);
}

/// Door D21: who may post events must not free anything early.
#[tokio::test]
async fn an_event_is_posted_once_never_back_and_then_only_later() {
    let vault = locked(with_classes()).await;
    assign(&vault, &rule("", "karte-5y", G)).await;
    vault.put(B, "k", "x").await;
    let waiting = lock(&vault, "k");
    assert_eq!(waiting.event.as_ref().unwrap().floor, years_from_today(5));
    // While it waits, nobody deletes it, bypass or not.
    let bypass = Bypass::claimed(&by(Action::BypassGovernanceRetention), true);
    let always = azekura_model::condition::DeleteConditions::default();
    let version = vault
        .store
        .answer(&writer(), &bucket_name(B), &key("k"), Which::Current)
        .unwrap()
        .version;
    let (bucket, object) = (bucket_name(B), key("k"));
    let which = Which::Version(version);
    let deleted = vault
        .store
        .delete_if(
            &writer(),
            &bucket,
            (&object, which),
            &always,
            bypass.as_ref(),
        )
        .await;
    assert!(matches!(deleted, Err(StoreError::Locked(_))));

    let post = by(Action::PostRetentionEvent);
    let event = |date: &str| BulkChange::Event(CivilDate::parse(date).unwrap());
    let back = change(&vault, &post, event("2020-01-01")).await;
    assert_eq!((back.changed, back.refused), (0, 1));
    assert!(
        back.refusals[0]
            .why
            .contains("dating back takes two people")
    );
    assert_eq!(lock(&vault, "k"), waiting);

    let posted = change(&vault, &post, event("2027-03-31")).await;
    assert_eq!((posted.changed, posted.refused), (1, 0));
    let until = |date: &str| CivilDate::parse(date).unwrap().ends();
    let started = lock(&vault, "k");
    assert_eq!(started.event, None);
    assert_eq!(
        started.retention,
        Some(Retention {
            mode: C,
            until: until("2032-03-31")
        })
    );
    let earlier = change(&vault, &post, event("2027-03-30")).await;
    assert_eq!((earlier.changed, earlier.refused), (0, 1));
    assert_eq!(lock(&vault, "k"), started);
    let later = change(&vault, &post, event("2028-03-31")).await;
    assert_eq!(later.changed, 1);
    assert_eq!(
        lock(&vault, "k").retention.unwrap().until,
        until("2033-03-31")
    );
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn the_uploader_may_name_the_date_but_not_shorten() {
    let vault = locked(with_classes()).await;
    assign(&vault, &rule("", "karte-5y", C)).await;
    let put = async |object: &str, date: &str| {
        let mut request = put_request(object, "x");
        request.attributes.metadata = vec![("kanketsu-date".to_owned(), date.to_owned())];
        vault.store.put(&writer(), &bucket_name(B), request).await
    };
    put("old", "1999-01-01").await.unwrap();
    assert_eq!(
        lock(&vault, "old").retention.unwrap().until,
        years_from_today(5)
    );
    let bad = put("bad", "平成11年").await.unwrap_err();
    assert!(matches!(bad, StoreError::InvalidArgument(_)), "{bad}");
    assert_eq!(vault.get_text(B, "bad").await, None);
}

#[tokio::test]
async fn classes_are_given_to_what_is_stored_and_only_strengthen() {
    let vault = locked(with_classes()).await;
    put_until(&vault, "k1", 20_000).await.unwrap();
    vault.put(B, "k2", "x").await;
    let long = lock(&vault, "k1").retention;
    assign(&vault, &rule("", "a207-3y", G)).await;
    assign(&vault, &rule("k2", "c-kanen", G)).await;
    let lock_by = by(Action::PutObjectRetention);
    change(&vault, &lock_by, BulkChange::ApplyClasses).await;
    assert_eq!(lock(&vault, "k1").retention, long);
    let second = lock(&vault, "k2");
    assert_eq!(second.retention.unwrap().until, years_from_today(3));
    assert_eq!((second.hold, second.classes.len()), (Some(true), 2));
    let again = change(&vault, &lock_by, BulkChange::ApplyClasses).await;
    assert_eq!(again.changed, 0);
}

#[tokio::test]
async fn limits_of_a_bucket_stand_before_the_commit() {
    let vault = locked(common::policy()).await;
    let bucket = bucket_name(B);
    let set = async |floor, ceiling| {
        let new = move |_: &RetentionLimits| Ok(RetentionLimits::new(floor, ceiling).unwrap());
        vault
            .store
            .put_retention_limits(&writer(), &bucket, new)
            .await
    };
    set(Some(10), Some(100)).await.unwrap();
    let over = |days| Err(StoreError::OverLimit(OverLimit::Ceiling { days }));
    assert_eq!(put_until(&vault, "k", 36_500).await, over(100));
    let under = put_until(&vault, "k", 5).await;
    assert_eq!(under, Err(OverLimit::Floor { days: 10 }.into()));
    assert_eq!(vault.get_text(B, "k").await, None, "nothing is stored");
    put_until(&vault, "k", 50).await.unwrap();
    let extend = |days| BulkChange::Extend(ComplianceTime(vault.now().0 + days * DAY_MS));
    let lock_by = by(Action::PutObjectRetention);
    let refused = change(&vault, &lock_by, extend(101)).await;
    assert_eq!((refused.changed, refused.refused), (0, 1));
    let default = Some(DefaultRetention {
        mode: C,
        period: Period::days(101).unwrap(),
    });
    let put = vault
        .store
        .put_object_lock(&writer(), &bucket, default)
        .await;
    assert_eq!(put, Err(OverLimit::Ceiling { days: 100 }.into()));
    // A higher ceiling waits; a lower one does not.
    set(Some(10), Some(200)).await.unwrap();
    assert_eq!(put_until(&vault, "k3", 150).await, over(100));
    vault.run(73 * 3_600_000);
    put_until(&vault, "k3", 150).await.unwrap();
    set(Some(10), Some(20)).await.unwrap();
    assert_eq!(put_until(&vault, "k4", 21).await, over(20));
}

/// Attack A7: a principal that fills the disk with locks is stopped, also across a restart, and
/// others still write.
#[tokio::test]
async fn a_retention_bomb_is_stopped_by_the_limits_of_the_key() {
    let bomber = Authorized::internal("bomber", Action::PutObject);
    let limits = KeyLockLimits {
        days_max: Some(365),
        bytes_per_day: Some(30),
    };
    let policy = StorePolicy {
        lock_limits: Arc::new(BTreeMap::from([(
            bomber.requester().key_id.clone(),
            limits,
        )])),
        ..common::policy()
    };
    let vault = locked(policy).await;
    assert_eq!(
        put_until(&vault, "far", 366).await,
        Err(OverLimit::KeyDays { days: 365 }.into())
    );
    for object in ["1", "2"] {
        put_until(&vault, object, 365).await.unwrap();
    }
    let vault = vault.restarted().await;
    put_until(&vault, "3", 365).await.unwrap();
    let full = Err(OverLimit::KeyBytes {
        bytes: 30,
        used: 30,
    }
    .into());
    assert_eq!(put_until(&vault, "4", 1).await, full);
    assert_eq!(vault.get_text(B, "4").await, None);
    // Unlocked bytes are not counted; extending is; the next day begins anew.
    vault.put(B, "plain", "0123456789").await;
    let extend = BulkChange::Extend(ComplianceTime(vault.now().0 + 365 * DAY_MS + 1));
    let (selection, bucket) = (all(), bucket_name(B));
    vault.run(60_000);
    let extended = vault
        .store
        .change_locks_page(&bomber, &bucket, (&selection, None), (&extend, &|_| true))
        .await;
    assert!(matches!(extended, Err(StoreError::OverLimit(_))));
    vault.run(DAY_MS);
    put_until(&vault, "5", 365).await.unwrap();
}

fn compliance_days(days: u32) -> Option<DefaultRetention> {
    Some(DefaultRetention {
        mode: C,
        period: Period::days(days).unwrap(),
    })
}

fn on_trial() -> StorePolicy {
    StorePolicy {
        probation: Duration::from_hours(72),
        ..common::policy()
    }
}

#[tokio::test]
async fn a_compliance_default_is_on_trial_and_then_final() {
    let vault = locked(on_trial()).await;
    let bucket = bucket_name(B);
    let put = vault
        .store
        .put_object_lock(&writer(), &bucket, compliance_days(30))
        .await;
    put.unwrap();
    vault.put(B, "k", "0123456789").await;
    put_until(&vault, "explicit", 30).await.unwrap();
    assert_eq!(
        lock(&vault, "k").retention.unwrap().mode,
        G,
        "shown truthfully"
    );
    assert_eq!(
        lock(&vault, "explicit").retention.unwrap().mode,
        C,
        "final at once"
    );
    let preview = vault.store.preview_trial(&bucket).unwrap().unwrap();
    assert_eq!((preview.versions, preview.bytes), (1, 10));
    vault.run(71 * 3_600_000);
    assert_eq!(vault.store.end_trials().await.unwrap(), 0);
    // A restart in between changes nothing.
    vault.store.tick().await.unwrap();
    let vault = vault.restarted().await;
    vault.run(2 * 3_600_000);
    let until = lock(&vault, "k").retention.unwrap().until;
    assert_eq!(vault.store.end_trials().await.unwrap(), 1);
    let upgraded = lock(&vault, "k");
    assert_eq!(upgraded.retention, Some(Retention { mode: C, until }));
    assert_eq!(upgraded.probation, None);
    assert_eq!(vault.store.preview_trial(&bucket).unwrap(), None);
    vault.put(B, "later", "x").await;
    assert_eq!(lock(&vault, "later").retention.unwrap().mode, C);
    assert_eq!(vault.store.end_trials().await.unwrap(), 0);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_default_that_is_withdrawn_on_trial_stays_governance() {
    let vault = locked(on_trial()).await;
    let bucket = bucket_name(B);
    let put = vault
        .store
        .put_object_lock(&writer(), &bucket, compliance_days(36_500))
        .await;
    put.unwrap();
    vault.put(B, "mistake", "x").await;
    let withdrawn = vault.store.put_object_lock(&writer(), &bucket, None).await;
    withdrawn.unwrap();
    vault.run(80 * 3_600_000);
    assert_eq!(vault.store.end_trials().await.unwrap(), 0);
    let lock = lock(&vault, "mistake");
    assert_eq!(lock.retention.unwrap().mode, G);
    assert_eq!(
        deletable(&LockState::Known(lock), vault.now()),
        Deletable::WithBypass
    );
}

#[tokio::test]
async fn answers_name_where_a_version_stands() {
    let vault = locked(common::policy()).await;
    let by = by(Action::GetObjectRetention);
    let answer = |which| {
        vault
            .store
            .answer(&by, &bucket_name(B), &key("k"), which)
            .unwrap()
    };
    let first = vault.put(B, "k", "1").await.version;
    let second = put_until(&vault, "k", 10).await.unwrap();
    assert_eq!(answer(Which::Current).standing, VersionStanding::Current);
    assert_eq!(
        answer(Which::Version(first)).standing,
        VersionStanding::Noncurrent
    );
    vault.delete(B, "k", Which::Current).await.unwrap();
    assert_eq!(answer(Which::Current).standing, VersionStanding::Marker);
    let under = answer(Which::Version(second));
    assert_eq!(under.standing, VersionStanding::UnderMarker);
    assert!(matches!(
        deletable(&under.state, under.now),
        Deletable::NotBefore(_)
    ));
    vault.run(60_000);
    vault.delete(B, "k", Which::Version(first)).await.unwrap();
    let hidden = answer(Which::Version(first)).standing;
    let VersionStanding::Hidden { since, until } = hidden else {
        panic!("{hidden:?}");
    };
    assert!(since.0 >= BEGIN_MS + 60_000);
    assert_eq!(until.0 - since.0, 30 * DAY_MS);
    let none = vault
        .store
        .answer(&by, &bucket_name(B), &key("none"), Which::Current);
    assert!(matches!(none, Err(StoreError::NoSuchKey { .. })));
}

#[tokio::test]
async fn counts_add_up_over_what_keeps_versions() {
    let vault = locked(with_classes()).await;
    assign(&vault, &rule("c/", "karte-5y", C)).await;
    put_until(&vault, "a", 10).await.unwrap();
    vault.put(B, "c/1", "12345").await;
    let plain = vault.put(B, "plain", "1").await.version;
    vault
        .delete(B, "plain", Which::Version(plain))
        .await
        .unwrap();
    let by = by(Action::GetObjectRetention);
    let counts = vault.store.count_locks(&by, &bucket_name(B), None).unwrap();
    assert_eq!((counts.all.versions, counts.all.bytes), (3, 16));
    assert_eq!((counts.hidden.versions, counts.hidden.bytes), (1, 1));
    let versions = |name| counts.by_lock.get(name).map(|amount| amount.versions);
    assert_eq!(versions("compliance"), Some(1));
    assert_eq!(versions("event"), Some(1));
    assert_eq!(versions("none"), Some(1));
    assert_eq!(counts.by_class["karte-5y"].bytes, 5);
    assert_eq!(counts.next, None);
}

#[tokio::test]
async fn what_was_deleted_comes_back() {
    let vault = Vault::with_bucket(B, Versioning::Enabled).await;
    let (bucket, object) = (bucket_name(B), key("k"));
    let undelete = async |version| {
        let (hide, put) = (by(Action::DeleteObjectVersion), writer());
        vault
            .store
            .undelete((&hide, &put), &bucket, &object, version)
            .await
    };
    assert!(matches!(
        undelete(None).await,
        Err(StoreError::NoSuchKey { .. })
    ));
    let first = vault.put(B, "k", "content").await.version;
    assert!(matches!(
        undelete(None).await,
        Err(StoreError::InvalidArgument(_))
    ));
    vault.delete(B, "k", Which::Current).await.unwrap();
    vault.delete(B, "k", Which::Current).await.unwrap();
    assert_eq!(undelete(None).await, Ok(CameBack::MarkersHidden(first)));
    assert_eq!(vault.get_text(B, "k").await.as_deref(), Some("content"));
    // Deleted by its id: the content comes back as a new version.
    vault.delete(B, "k", Which::Version(first)).await.unwrap();
    let back = undelete(None).await.unwrap();
    assert!(matches!(back, CameBack::NewVersion(new) if new != first));
    assert_eq!(vault.get_text(B, "k").await.as_deref(), Some("content"));
    assert!(matches!(
        undelete(Some(first)).await,
        Ok(CameBack::NewVersion(_))
    ));
}

#[tokio::test]
async fn an_unversioned_object_comes_back_too() {
    let vault = Vault::with_bucket(B, Versioning::Unversioned).await;
    vault.put(B, "k", "content").await;
    vault.delete(B, "k", Which::Current).await.unwrap();
    assert_eq!(vault.get_text(B, "k").await, None);
    let (hide, put) = (by(Action::DeleteObjectVersion), writer());
    let (bucket, object) = (bucket_name(B), key("k"));
    let back = vault
        .store
        .undelete((&hide, &put), &bucket, &object, None)
        .await;
    assert!(matches!(back, Ok(CameBack::NewVersion(_))));
    assert_eq!(vault.get_text(B, "k").await.as_deref(), Some("content"));
}
