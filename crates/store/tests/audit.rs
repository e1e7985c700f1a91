//! Audit: what strict acknowledged is durable, whatever happens; floods stay within bounds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{
    BlobWriter, Commit, CommitClass, CommitError, Committed, Engine, Entry, Freed, Key, Part,
    ReadError, Scan, ScanPage, Status, StoredRecord,
};
use azekura_model::audit::{AuditEntry, AuditMode, AuditPolicy, AuthMethod};
use azekura_model::bucket::Versioning;
use azekura_model::ident::TenantId;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::{BlobId, ReleaseProof, SweepProof};
use azekura_record::particulars::Event;
use azekura_store::audit::{
    AuditFilter, AuditOptions, AuditRefused, AuditRow, AuditRowKind, Auditor, SOURCES_MAX,
    VAULT_AUDIT, VERBATIM_PER_HOUR, VERBATIM_PER_SOURCE, audit_partition,
};
use azekura_store::keys::Keys;
use azekura_store::object::Which;
use azekura_store::seal::record::open_record;
use azekura_store::vault::Places;
use azekura_store::vault::check::{CheckOptions, check};
use bytes::Bytes;
use common::disk::{make, opened};
use common::{Vault, assert_rebuild_equals};

const TENANT: TenantId = TenantId([0x42; 16]);

/// An engine that fails where it is told to.
struct Failing {
    engine: Arc<MemoryEngine>,
    /// Audit commits that are left until the process ends.
    left: AtomicUsize,
    /// No space for the audit.
    full: AtomicBool,
}

impl Failing {
    fn over(engine: Arc<MemoryEngine>) -> Arc<Self> {
        Arc::new(Self {
            engine,
            left: AtomicUsize::new(usize::MAX),
            full: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl Engine for Failing {
    async fn commit(
        &self,
        partition: PartitionId,
        commit: Commit,
    ) -> Result<Committed, CommitError> {
        if commit.class == CommitClass::Audit {
            if self.full.load(Ordering::SeqCst) {
                return Err(CommitError::NoSpace {
                    place: "disk".to_owned(),
                    free_bytes: 1,
                    floor_bytes: 2,
                });
            }
            let left = self.left.load(Ordering::SeqCst);
            if left == 0 {
                return Err(CommitError::Poisoned("the process ended".to_owned()));
            }
            self.left.store(left - 1, Ordering::SeqCst);
        }
        self.engine.commit(partition, commit).await
    }

    fn get(&self, partition: PartitionId, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.engine.get(partition, key)
    }

    fn scan(&self, partition: PartitionId, scan: &Scan) -> Result<ScanPage, ReadError> {
        self.engine.scan(partition, scan)
    }

    fn journal(
        &self,
        partition: PartitionId,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        self.engine.journal(partition, from, limit)
    }

    fn payload(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        from: u64,
        until: u64,
    ) -> Result<Bytes, ReadError> {
        self.engine.payload(partition, sequence, from, until)
    }

    fn create_blob(&self, blob: BlobId) -> Result<Box<dyn BlobWriter>, CommitError> {
        self.engine.create_blob(blob)
    }

    fn read_blob(&self, blob: BlobId, from: u64, until: u64) -> Result<Bytes, ReadError> {
        self.engine.read_blob(blob, from, until)
    }

    fn list_blobs(&self) -> Result<Vec<(BlobId, u64)>, ReadError> {
        self.engine.list_blobs()
    }

    fn sweep_blob(&self, proof: SweepProof) -> Result<(), CommitError> {
        self.engine.sweep_blob(proof)
    }

    fn release(&self, proof: ReleaseProof) -> Result<Freed, CommitError> {
        self.engine.release(proof)
    }

    fn status(&self) -> Status {
        self.engine.status()
    }

    fn close(&self) -> Result<(), CommitError> {
        self.engine.close()
    }
}

fn options(mode: AuditMode, budget_bytes: Option<u64>) -> AuditOptions {
    AuditOptions {
        policies: Arc::new(AuditPolicy {
            mode,
            budget_bytes,
            ..AuditPolicy::default()
        }),
        ..AuditOptions::default()
    }
}

fn read(number: usize) -> AuditEntry {
    AuditEntry {
        request_id: format!("{number}"),
        operation: "GetObject".to_owned(),
        principal: "山田".to_owned(),
        key_id: "AZK".to_owned(),
        auth: AuthMethod::Header,
        method: "GET".to_owned(),
        bucket: Some("images".to_owned()),
        key: Some(format!("ssmix2/standard/000/000/00000{number:05}/x")),
        status: 200,
        ..AuditEntry::default()
    }
}

fn refusal(source: u32) -> AuditEntry {
    AuditEntry {
        operation: String::new(),
        principal: String::new(),
        auth: AuthMethod::Unverified,
        source: Some(IpAddr::V6(Ipv6Addr::from_bits(u128::from(source) << 64))),
        status: 403,
        error_code: Some("AccessDenied".to_owned()),
        ..read(0)
    }
}

/// Entries on record in a tenant's audit, and the stored bytes of them.
fn on_record(engine: &MemoryEngine, keys: &Keys, tenant: TenantId) -> (Vec<AuditEntry>, u64) {
    let partition = audit_partition(tenant);
    let records = engine
        .journal(partition, Sequence(1), 1_000_000)
        .unwrap_or_default();
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for record in records {
        let opened = open_record(keys, record.kind, &record.core, &record.particulars).unwrap();
        let Event::AuditBatch(batch) = opened.particulars.event else {
            panic!("not a batch");
        };
        assert_eq!(batch.first, entries.len() as u64, "numbers have no gaps");
        assert_eq!(batch.bytes_before, bytes);
        if let Part::Present(sealed) = &record.particulars {
            bytes += sealed.len() as u64;
        }
        entries.extend(batch.entries);
    }
    (entries, bytes)
}

fn ids(entries: &[AuditEntry]) -> BTreeSet<String> {
    entries.iter().map(|e| e.request_id.clone()).collect()
}

async fn tenant_of(vault: &Vault) -> TenantId {
    TenantId::parse(&vault.store.info().unwrap().tenant).unwrap()
}

#[tokio::test]
async fn strict_is_durable_before_the_answer_and_batched_within_a_second() {
    let vault = Vault::new().await;
    let tenant = tenant_of(&vault).await;
    let strict = Auditor::start(&vault.store, options(AuditMode::Strict, None));
    strict.record(Some(tenant), read(1)).await.unwrap();
    let (keys, _) = vault.learnt();
    let (entries, _) = on_record(&vault.engine, &keys, tenant);
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(entry.patient.as_deref(), Some("0000000001"));
    assert_eq!(entry.time, vault.store.wall());
    strict.close().await.unwrap();

    let batched = Auditor::start(&vault.store, options(AuditMode::Batched, None));
    for number in 2..1000 {
        batched.record(Some(tenant), read(number)).await.unwrap();
    }
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    tokio::time::timeout(Duration::from_secs(1), async {
        while on_record(&vault.engine, &keys, tenant).0.len() < 999 {
            pause.tick().await;
        }
    })
    .await
    .unwrap();
    batched.close().await.unwrap();
    assert!(batched.counters().batches < 10, "many share one commit");
    let late = batched.record(Some(tenant), read(1)).await;
    assert!(matches!(late, Err(AuditRefused::Stopped(_))));
    assert_rebuild_equals(&vault.engine);
    // The next process goes on where this one ended.
    let next = vault.restarted().await;
    let again = Auditor::start(&next.store, options(AuditMode::Strict, None));
    again.record(Some(tenant), read(1000)).await.unwrap();
    assert_eq!(on_record(&next.engine, &keys, tenant).0.len(), 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strict_acknowledged_survives_an_end_at_every_commit() {
    for end in 0..12 {
        let mut failing = None;
        let vault = Vault::over(|engine| {
            let over = Failing::over(engine);
            failing = Some(Arc::clone(&over));
            over
        })
        .await;
        let failing = failing.unwrap();
        let tenant = tenant_of(&vault).await;
        failing.left.store(end, Ordering::SeqCst);
        let auditor = Auditor::start(&vault.store, options(AuditMode::Strict, None));
        let mut tasks = Vec::new();
        for client in 0..8 {
            let auditor = auditor.clone();
            tasks.push(tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0..20 {
                    let number = client * 100 + n;
                    match auditor.record(Some(tenant), read(number)).await {
                        Ok(()) => acknowledged.push(number.to_string()),
                        Err(AuditRefused::Stopped(_)) => break,
                        Err(other) => panic!("{other}"),
                    }
                }
                acknowledged
            }));
        }
        let mut acknowledged = BTreeSet::new();
        for task in tasks {
            acknowledged.extend(task.await.unwrap());
        }
        let (keys, _) = vault.learnt();
        let (entries, _) = on_record(&vault.engine.reopen(), &keys, tenant);
        let found = ids(&entries);
        assert!(acknowledged.is_subset(&found), "end {end}");
        assert!(acknowledged.len() < 160, "end {end}: the process ended");
        let after = auditor.record(Some(tenant), read(7)).await;
        assert!(matches!(after, Err(AuditRefused::Stopped(_))), "poisoned");
    }
}

#[tokio::test]
async fn on_a_full_disk_strict_refuses_and_batched_catches_up() {
    let mut failing = None;
    let vault = Vault::over(|engine| {
        let over = Failing::over(engine);
        failing = Some(Arc::clone(&over));
        over
    })
    .await;
    let failing = failing.unwrap();
    let tenant = tenant_of(&vault).await;
    let (keys, _) = vault.learnt();
    let strict = Auditor::start(&vault.store, options(AuditMode::Strict, None));
    strict.record(Some(tenant), read(1)).await.unwrap();
    failing.full.store(true, Ordering::SeqCst);
    for number in 2..5 {
        let refused = strict.record(Some(tenant), read(number)).await;
        assert!(matches!(refused, Err(AuditRefused::NoSpace(_))));
    }
    assert_eq!(strict.counters().refused, 3);
    failing.full.store(false, Ordering::SeqCst);
    strict.record(Some(tenant), read(5)).await.unwrap();
    let (entries, _) = on_record(&vault.engine, &keys, tenant);
    assert_eq!(ids(&entries), ["1", "5"].map(str::to_owned).into());
    strict.close().await.unwrap();

    failing.full.store(true, Ordering::SeqCst);
    let batched = Auditor::start(&vault.store, options(AuditMode::Batched, None));
    for number in 10..6000 {
        batched.record(Some(tenant), read(number)).await.unwrap();
    }
    failing.full.store(false, Ordering::SeqCst);
    batched.close().await.unwrap();
    let (entries, _) = on_record(&vault.engine, &keys, tenant);
    let counted: u64 = entries.iter().map(|entry| entry.count).sum();
    assert_eq!(counted, 2 + 5990, "what had no room is there as a count");
}

#[tokio::test]
async fn a_flood_of_unsigned_requests_stays_within_its_bounds() {
    let vault = Vault::new().await;
    let (keys, _) = vault.learnt();
    let auditor = Auditor::start(&vault.store, options(AuditMode::Strict, None));
    let total = 200_000_u32;
    for number in 0..total {
        // It names a tenant's bucket and key: that takes nothing from the tenant.
        let source = if number % 2 == 0 { 1 } else { number };
        auditor.record(Some(TENANT), refusal(source)).await.unwrap();
    }
    auditor.close().await.unwrap();
    let (entries, bytes) = on_record(&vault.engine, &keys, VAULT_AUDIT);
    let most = VERBATIM_PER_HOUR as usize + SOURCES_MAX + 1;
    assert!(entries.len() <= most, "{} entries", entries.len());
    assert!(bytes <= most as u64 * 512, "{bytes} bytes");
    let counted: u64 = entries.iter().map(|entry| entry.count).sum();
    assert_eq!(counted, u64::from(total), "every request counts");
    let of_one = |entry: &&AuditEntry| entry.source == refusal(1).source;
    let verbatim = entries.iter().filter(of_one).filter(|e| e.count == 1);
    assert_eq!(verbatim.count() as u64, VERBATIM_PER_SOURCE);
    let heads = vault.engine.status().heads;
    let of_tenant = heads.iter().find(|(p, ..)| *p == audit_partition(TENANT));
    assert_eq!(of_tenant, None);
    assert_rebuild_equals(&vault.engine);
}

#[tokio::test]
async fn a_spent_budget_refuses_under_strict_and_counts_under_batched() {
    let vault = Vault::new().await;
    let tenant = tenant_of(&vault).await;
    let (keys, _) = vault.learnt();
    let budget = 20_000;
    let strict = Auditor::start(&vault.store, options(AuditMode::Strict, Some(budget)));
    let mut recorded = 0;
    let refused = loop {
        match strict.record(Some(tenant), read(recorded)).await {
            Ok(()) => recorded += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(
        refused,
        AuditRefused::BudgetSpent {
            budget_bytes: budget
        }
    );
    assert!(recorded > 10);
    strict.close().await.unwrap();
    let batched = Auditor::start(&vault.store, options(AuditMode::Batched, Some(budget)));
    for number in 0..500 {
        batched.record(Some(tenant), read(number)).await.unwrap();
    }
    batched.close().await.unwrap();
    let (entries, bytes) = on_record(&vault.engine, &keys, tenant);
    assert_eq!(entries.len(), recorded + 1, "one count stands for all");
    assert_eq!(entries.last().unwrap().count, 500);
    assert!(bytes < budget + 2000, "{bytes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_on_disk_is_found_by_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    make(&dir);
    let (store, ticker) = opened(&dir).await;
    let tenant = TenantId::parse(&store.info().unwrap().tenant).unwrap();
    let auditor = Auditor::start(&store, options(AuditMode::Strict, None));
    for number in 0..20 {
        auditor.record(Some(tenant), read(number)).await.unwrap();
        auditor.record(None, refusal(number as u32)).await.unwrap();
    }
    auditor.close().await.unwrap();
    store.engine().close().unwrap();
    drop((auditor, store, ticker));
    let checked = || {
        let options = CheckOptions {
            tenant_passphrase: None,
            places: Places::in_dir(&dir),
            passphrase: None,
            with_keys: true,
            compare_index: true,
        };
        check(&options, &mut |_| {}).unwrap()
    };
    let report = checked();
    assert!(report.is_sound(), "{report:?}");
    let frames = batches(&dir);
    assert!(frames.len() >= 2, "{}", frames.len());
    // One of the vault's own audit, one of the tenant's; a check costs a second.
    for (path, offset, length) in frames.into_iter().take(2) {
        let whole = std::fs::read(&path).unwrap();
        // Core, particulars: every edit is seen, wherever it is made.
        for part in [2, 5, 8] {
            let mut bytes = whole.clone();
            bytes[offset + length * part / 9] ^= 4;
            std::fs::write(&path, &bytes).unwrap();
            let report = checked();
            assert!(
                !report.is_sound(),
                "{} +{}",
                path.display(),
                offset + length * part / 9
            );
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(checked().is_sound());
}

/// Places of the audit batches of a closed vault: file, offset, length.
fn batches(dir: &std::path::Path) -> Vec<(std::path::PathBuf, usize, usize)> {
    use azekura_engine::disk::real::RealDisk;
    use azekura_engine::journal::scan::{Depth, Item, Scanner};
    let journal = dir.join("journal");
    let depth = Depth {
        extents: false,
        signatures: false,
    };
    let scanner = Scanner::open(Arc::new(RealDisk), &journal, depth).unwrap();
    scanner
        .filter_map(|item| match item.unwrap() {
            Item::Record(record) if record.record.kind == 35 => Some(record.locator),
            _ => None,
        })
        .map(|at| {
            let path = journal.join(format!("{:08x}.seg", at.segment));
            let offset = usize::try_from(at.offset).unwrap();
            (path, offset, at.bytes as usize)
        })
        .collect()
}

fn answer(auditor: &Auditor, tenant: TenantId, filter: AuditFilter) -> Vec<AuditRow> {
    let mut query = auditor.query(tenant, filter).unwrap();
    let mut rows = Vec::new();
    loop {
        let page = query.next_rows(3).unwrap();
        if page.is_empty() {
            assert_eq!(query.unreadable(), 0);
            return rows;
        }
        rows.extend(page);
    }
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from its beginning to its end"
)]
async fn a_question_is_answered_from_reads_and_changes_together() {
    let vault = Vault::with_bucket("images", Versioning::Enabled).await;
    let tenant = tenant_of(&vault).await;
    let auditor = Auditor::start(&vault.store, options(AuditMode::Strict, None));
    let path = |number: usize| read(number).key.unwrap();
    for number in [1, 2] {
        vault.put("images", &path(number), "x").await;
        auditor.record(Some(tenant), read(number)).await.unwrap();
    }
    vault.run(3_600_000);
    let between = vault.store.wall();
    vault.run(3_600_000);
    let denied = AuditEntry {
        status: 403,
        principal: "鈴木".to_owned(),
        ..read(1)
    };
    auditor.record(Some(tenant), denied).await.unwrap();
    vault
        .delete("images", &path(1), Which::Current)
        .await
        .unwrap();
    let mut elsewhere = refusal(7);
    elsewhere.bucket = Some("others".to_owned());
    auditor.record(None, elsewhere).await.unwrap();
    auditor.record(None, refusal(8)).await.unwrap();

    let named = |rows: &[AuditRow]| -> Vec<String> {
        rows.iter().map(|row| row.entry.operation.clone()).collect()
    };
    let all = answer(&auditor, tenant, AuditFilter::default());
    let what = named(&all);
    let expected = [
        "azekura:TenantCreated",
        "CreateBucket",
        "azekura:ConfigureBucket",
        "PutObject",
        "GetObject",
        "PutObject",
        "GetObject",
        "GetObject",
        "DeleteObject",
        "",
    ];
    assert_eq!(what, expected);
    assert!(all.is_sorted_by_key(|row| row.entry.hybrid));

    let of_patient = AuditFilter {
        patient: Some("0000000001".to_owned()),
        ..AuditFilter::default()
    };
    let rows = answer(&auditor, tenant, of_patient.clone());
    assert_eq!(
        named(&rows),
        ["PutObject", "GetObject", "GetObject", "DeleteObject"]
    );
    assert_eq!(rows[0].kind, AuditRowKind::Change);
    let later = AuditFilter {
        from: Some(between),
        ..of_patient.clone()
    };
    assert_eq!(
        named(&answer(&auditor, tenant, later)),
        ["GetObject", "DeleteObject"]
    );
    let earlier = AuditFilter {
        to: Some(between),
        ..of_patient.clone()
    };
    assert_eq!(
        named(&answer(&auditor, tenant, earlier)),
        ["PutObject", "GetObject"]
    );
    let refused = AuditFilter {
        refused: Some(true),
        principal: Some("鈴木".to_owned()),
        ..of_patient
    };
    assert_eq!(answer(&auditor, tenant, refused).len(), 1);
    let prefix = AuditFilter {
        bucket: Some("images".to_owned()),
        prefix: Some("ssmix2/standard/000/000/0000000002/".to_owned()),
        ..AuditFilter::default()
    };
    assert_eq!(
        named(&answer(&auditor, tenant, prefix)),
        ["PutObject", "GetObject"]
    );
    let operator = AuditFilter {
        unsigned: true,
        refused: Some(true),
        ..AuditFilter::default()
    };
    assert_eq!(answer(&auditor, tenant, operator).len(), 3);
    // Another tenant sees nothing of it.
    assert_eq!(answer(&auditor, TENANT, AuditFilter::default()), []);
}
