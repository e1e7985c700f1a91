//! What of an audit is past its period goes through the one door: by compliance time, by the policy in force,
//! across crashes, and nothing else with it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::sync::Arc;

use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{Engine, Part};
use azekura_model::audit::{AuditEntry, AuditMode, AuditPolicy, AuthMethod};
use azekura_model::ident::TenantId;
use azekura_model::identity::{Identity, IdentityName};
use azekura_model::position::{Incarnation, RegionName, Sequence};
use azekura_model::time::{ComplianceTime, WallTime};
use azekura_record::core::RecordKind;
use azekura_store::audit::{
    AuditDefaults, AuditFilter, AuditOptions, AuditRefused, AuditRowKind, Auditor, VAULT_AUDIT,
    audit_partition,
};
use azekura_store::clock::{Clock, ManualTimeSource};
use azekura_store::projector::Projector;
use azekura_store::store::{Store, StorePolicy};
use common::ending::{Ending, Ends, Hurt};
use common::{BEGIN_MS, assert_rebuild_equals, fresh_keys, parts, replay, writer};

const DAY: i64 = 86_400_000;

fn fresh() -> Arc<MemoryEngine> {
    let region = RegionName::parse("local").unwrap();
    Arc::new(MemoryEngine::new(region, Incarnation([7; 16])))
}

/// A process over an engine, so many days after the beginning.
async fn store(memory: &MemoryEngine, over: Arc<dyn Engine>, days: i64, wall_days: i64) -> Store {
    let time = Arc::new(ManualTimeSource::at(WallTime(BEGIN_MS + wall_days * DAY)));
    let clock = Arc::new(Clock::new(time, ComplianceTime(BEGIN_MS + days * DAY)));
    let keys = fresh_keys();
    replay(
        memory,
        &Projector::new(Arc::clone(&keys), Arc::clone(&clock)),
    );
    let policy = StorePolicy {
        audit: AuditDefaults {
            unsigned: AuditPolicy {
                keep_days: 365,
                ..AuditPolicy::default()
            },
            ..AuditDefaults::default()
        },
        ..StorePolicy::default()
    };
    let store = Store::with_policy(parts(over, clock, keys), policy);
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    store
}

async fn at(engine: &Arc<MemoryEngine>, days: i64) -> Store {
    let over = Arc::clone(engine);
    store(engine, over, days, days).await
}

fn tenant(store: &Store) -> TenantId {
    store.first_tenant().unwrap()
}

async fn keep(store: &Store, keep_days: u32, budget_bytes: Option<u64>) {
    let policy = AuditPolicy {
        mode: AuditMode::Strict,
        keep_days,
        budget_bytes,
    };
    let by = writer();
    let set = store.set_identity(&by, tenant(store), IdentityName::Audit, |_| {
        Ok(Identity::Audit(policy))
    });
    set.await.unwrap();
    assert_eq!(store.audit_policy(tenant(store)), policy);
}

fn auditor(store: &Store) -> Auditor {
    let options = AuditOptions {
        policies: store.audit_policies(),
        ..AuditOptions::default()
    };
    Auditor::start(store, options)
}

fn read(number: u64) -> AuditEntry {
    AuditEntry {
        request_id: number.to_string(),
        operation: "GetObject".to_owned(),
        principal: "山田".to_owned(),
        auth: AuthMethod::Header,
        key: Some("患者-0001".to_owned()),
        status: 200,
        ..AuditEntry::default()
    }
}

/// One batch an entry, for a tenant under `strict`.
async fn record(store: &Store, numbers: std::ops::Range<u64>) {
    let auditor = auditor(store);
    for number in numbers {
        auditor
            .record(Some(tenant(store)), read(number))
            .await
            .unwrap();
    }
    auditor.close().await.unwrap();
}

/// Kinds of the records of an audit partition, and whether each is erased.
fn kinds(engine: &MemoryEngine, tenant: TenantId) -> Vec<(RecordKind, bool)> {
    let records = engine.journal(audit_partition(tenant), Sequence(1), 10_000);
    let kind = |number| RecordKind::from_number(number).unwrap();
    let records = records.unwrap_or_default().into_iter();
    records
        .map(|record| (kind(record.kind), record.particulars == Part::Erased))
        .collect()
}

fn count(engine: &MemoryEngine, tenant: TenantId, what: (RecordKind, bool)) -> usize {
    kinds(engine, tenant)
        .iter()
        .filter(|one| **one == what)
        .count()
}

const THERE: (RecordKind, bool) = (RecordKind::AuditBatch, false);
const GONE: (RecordKind, bool) = (RecordKind::AuditBatch, true);

/// Request ids of the answer, and how many batches it says are gone.
fn answer(store: &Store, filter: AuditFilter) -> (Vec<String>, u64) {
    let mut query = auditor(store).query(tenant(store), filter).unwrap();
    let (mut ids, mut gone) = (Vec::new(), 0);
    loop {
        let page = query.next_rows(2).unwrap();
        if page.is_empty() {
            assert_eq!(query.unreadable(), 0);
            return (ids, gone);
        }
        for row in page {
            match row.kind {
                AuditRowKind::Released => gone += row.entry.count,
                AuditRowKind::Request => ids.push(row.entry.request_id),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn what_is_past_its_period_goes_and_the_answer_says_so() {
    let engine = fresh();
    let first = at(&engine, 0).await;
    keep(&first, 365, None).await;
    record(&first, 0..3).await;
    let later = at(&engine, 200).await;
    record(&later, 3..5).await;
    assert_eq!(later.keep().await.unwrap().audit_batches, 0);

    let early = at(&engine, 364).await;
    assert_eq!(
        early.keep().await.unwrap().audit_batches,
        0,
        "not a day sooner"
    );
    let due = at(&engine, 366).await;
    let report = due.keep().await.unwrap();
    assert_eq!((report.audit_batches, report.failed), (3, 0));
    assert!(report.released_bytes > 300);
    let tenant = tenant(&due);
    assert_eq!(count(&engine, tenant, GONE), 3);
    assert_eq!(count(&engine, tenant, THERE), 2);
    assert_rebuild_equals(&engine);
    let all = AuditFilter {
        patient: None,
        principal: Some("山田".to_owned()),
        ..AuditFilter::default()
    };
    let (ids, gone) = answer(&due, all.clone());
    assert_eq!((ids, gone), (vec!["3".to_owned(), "4".to_owned()], 3));
    let since = AuditFilter {
        from: Some(WallTime(BEGIN_MS + 100 * DAY)),
        ..all
    };
    assert_eq!(
        answer(&due, since).1,
        0,
        "that window has all of its entries"
    );

    // Done again it changes nothing, and numbers go on.
    assert_eq!(due.keep().await.unwrap().audit_batches, 0);
    record(&due, 5..6).await;
    let last = at(&engine, 366 + 366).await;
    assert_eq!(last.keep().await.unwrap().audit_batches, 3);
    assert_eq!(count(&engine, tenant, THERE), 0);
    record(&last, 6..7).await;
    let (ids, gone) = answer(&at(&engine, 800).await, AuditFilter::default());
    assert_eq!((ids, gone), (vec!["6".to_owned()], 6));
    assert_rebuild_equals(&engine);
}

#[tokio::test]
async fn entries_that_are_gone_take_no_space_of_the_budget() {
    let engine = fresh();
    let first = at(&engine, 0).await;
    record(&first, 0..3).await;
    keep(&first, 365, Some(1000)).await;
    let auditor_of = |store: &Store| auditor(store);
    let spent = auditor_of(&first)
        .record(Some(tenant(&first)), read(9))
        .await;
    assert!(spent.is_ok(), "{spent:?}");
    let mut taken = 0;
    let filling = auditor_of(&first);
    while filling.record(Some(tenant(&first)), read(9)).await.is_ok() {
        taken += 1;
        assert!(taken < 50);
    }
    let refused = filling.record(Some(tenant(&first)), read(9)).await;
    assert!(matches!(refused, Err(AuditRefused::BudgetSpent { .. })));
    let due = at(&engine, 366).await;
    let before = auditor_of(&due);
    let refused = before.record(Some(tenant(&due)), read(9)).await;
    assert!(matches!(refused, Err(AuditRefused::BudgetSpent { .. })));
    due.keep().await.unwrap();
    before.record(Some(tenant(&due)), read(10)).await.unwrap();
    let restarted = at(&engine, 366).await;
    auditor_of(&restarted)
        .record(Some(tenant(&restarted)), read(11))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_crash_left_is_done_by_the_next_process_once() {
    let steps = [
        Ends::AtCommit(0),
        Ends::AtCommit(1),
        Ends::BeforeErasing(0),
        Ends::AfterErasing(0),
        Ends::AtCommit(2),
    ];
    for ends in steps {
        let engine = fresh();
        let first = at(&engine, 0).await;
        keep(&first, 365, None).await;
        record(&first, 0..4).await;
        // The start commits nothing: the first commit is the pass's.
        let ending = Ending::new(Arc::clone(&engine) as Arc<dyn Engine>, ends);
        let dying = store(&engine, ending.clone(), 366, 366).await;
        assert!(dying.keep().await.is_err(), "{ends:?}");
        assert!(ending.is_gone(), "{ends:?}");

        let next = at(&engine, 367).await;
        next.keep().await.unwrap();
        let tenant = tenant(&next);
        assert_eq!(count(&engine, tenant, GONE), 4, "{ends:?}");
        let of = |kind| {
            kinds(&engine, tenant)
                .iter()
                .filter(|one| one.0 == kind)
                .count()
        };
        assert_eq!(of(RecordKind::AuditReleased), 1, "{ends:?}");
        assert_eq!(of(RecordKind::Released), 1, "{ends:?}");
        assert_eq!(of(RecordKind::Freed), 1, "{ends:?}");
        assert_rebuild_equals(&engine);
        record(&next, 4..5).await;
        assert_eq!(
            answer(&next, AuditFilter::default()),
            (vec!["4".to_owned()], 4)
        );
    }
}

#[tokio::test]
async fn the_wall_clock_ends_no_period_and_damage_keeps_everything() {
    let engine = fresh();
    let first = at(&engine, 0).await;
    keep(&first, 365, None).await;
    record(&first, 0..2).await;
    let jumped = store(&engine, Arc::clone(&engine) as Arc<dyn Engine>, 1, 4000).await;
    assert_eq!(jumped.keep().await.unwrap().audit_batches, 0);

    let tenant = tenant(&first);
    let partition = audit_partition(tenant);
    for hurt in [
        Hurt::Reported,
        Hurt::Missing(partition, Sequence(1)),
        Hurt::Particulars(partition, Sequence(2)),
    ] {
        let ending = Ending::new(Arc::clone(&engine) as Arc<dyn Engine>, Ends::Never);
        let due = store(&engine, ending.clone(), 400, 400).await;
        ending.hurt(Some(hurt));
        assert_eq!(due.keep().await.unwrap().audit_batches, 0, "{hurt:?}");
        assert_eq!(count(&engine, tenant, GONE), 0, "{hurt:?}");
    }
    let due = at(&engine, 401).await;
    assert_eq!(due.keep().await.unwrap().audit_batches, 2);
}

#[tokio::test]
async fn the_operators_file_takes_nothing_from_a_tenant_and_unsigned_requests_have_their_own_period()
 {
    let engine = fresh();
    let first = at(&engine, 0).await;
    let policy = first.audit_policy(tenant(&first));
    assert_eq!(policy, AuditPolicy::default());
    let audits = auditor(&first);
    audits.record(Some(tenant(&first)), read(1)).await.unwrap();
    let unsigned = AuditEntry {
        auth: AuthMethod::Unverified,
        status: 403,
        ..read(2)
    };
    audits.record(None, unsigned).await.unwrap();
    audits.close().await.unwrap();
    let due = at(&engine, 400).await;
    assert_eq!(due.keep().await.unwrap().audit_batches, 1);
    assert_eq!(count(&engine, VAULT_AUDIT, GONE), 1);
    assert_eq!(count(&engine, tenant(&due), THERE), 1);
    assert_rebuild_equals(&engine);
    let after = at(&engine, 1900).await;
    assert_eq!(after.keep().await.unwrap().audit_batches, 1);
}

#[tokio::test]
async fn more_than_one_release_at_a_time() {
    let engine = fresh();
    let first = at(&engine, 0).await;
    keep(&first, 365, None).await;
    record(&first, 0..1100).await;
    let due = at(&engine, 366).await;
    assert_eq!(due.keep().await.unwrap().audit_batches, 1100);
    let of = kinds(&engine, tenant(&due));
    let marks = of.iter().filter(|one| one.0 == RecordKind::AuditReleased);
    assert_eq!(marks.count(), 2);
    assert_rebuild_equals(&engine);
}
