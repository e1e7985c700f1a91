//! The release of audit batches on real files: the process ends before and after the erasure, with parts
//! of what is listed already zeros; then the next start, an index rebuilt, `vault check` and the reader.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::os::unix::fs::FileExt;
use std::path::Path;

use azekura_engine::seam::{Engine, Part, StoredRecord};
use azekura_model::audit::{AuditEntry, AuditMode, AuditPolicy, AuthMethod};
use azekura_model::identity::{Identity, IdentityName};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::time::{ComplianceTime, WallTime};
use azekura_record::core::RecordKind;
use azekura_store::audit::{AuditOptions, Auditor, VAULT_AUDIT, audit_partition};
use azekura_store::vault::Places;
use azekura_store::vault::check::{CheckOptions, check};
use common::disk::{Disk, copy, make, places};
use common::ending::Ends;
use common::{BEGIN_MS, writer};

const DAY: i64 = 86_400_000;

fn batches(engine: &dyn Engine, at: PartitionId) -> Vec<StoredRecord> {
    let mut records = engine.journal(at, Sequence(1), 1000).unwrap();
    records.retain(|record| record.kind == RecordKind::AuditBatch.number());
    records
}

fn sealed(record: &StoredRecord) -> &[u8] {
    match &record.particulars {
        Part::Present(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

async fn at(dir: &Path, days: i64, ends: Ends) -> Disk {
    let ms = BEGIN_MS + days * DAY;
    Disk::open_at(dir, WallTime(ms), ComplianceTime(ms), ends).await
}

async fn record(disk: &Disk, numbers: std::ops::Range<u64>) {
    let tenant = disk.store.first_tenant().unwrap();
    let options = AuditOptions {
        policies: disk.store.audit_policies(),
        ..AuditOptions::default()
    };
    let auditor = Auditor::start(&disk.store, options);
    for number in numbers {
        let entry = AuditEntry {
            request_id: number.to_string(),
            principal: "山田".to_owned(),
            auth: AuthMethod::Header,
            status: 200,
            ..AuditEntry::default()
        };
        auditor.record(Some(tenant), entry.clone()).await.unwrap();
        let unsigned = AuditEntry {
            auth: AuthMethod::Unverified,
            status: 403,
            ..entry
        };
        auditor.record(None, unsigned).await.unwrap();
    }
    auditor.close().await.unwrap();
}

/// A closed vault with four batches of a tenant that are due a year later, and two that are not.
async fn prepared(dir: &Path) {
    make(dir);
    for (days, numbers) in [(0, 0..4), (300, 4..6)] {
        let disk = at(dir, days, Ends::Never).await;
        let policy = AuditPolicy {
            mode: AuditMode::Strict,
            keep_days: 365,
            budget_bytes: None,
        };
        let tenant = disk.store.first_tenant().unwrap();
        let by = writer();
        let set = disk
            .store
            .set_identity(&by, tenant, IdentityName::Audit, |_| {
                Ok(Identity::Audit(policy))
            });
        set.await.unwrap();
        record(&disk, numbers).await;
        disk.store.tick().await.unwrap();
        disk.store.engine().close().unwrap();
    }
}

fn assert_sound(dir: &Path, what: &str) {
    let options = CheckOptions {
        tenant_passphrase: None,
        places: Places::in_dir(dir),
        passphrase: None,
        with_keys: true,
        compare_index: true,
    };
    let report = check(&options, &mut |_| {}).unwrap();
    assert_eq!(report.findings, [] as [String; 0], "{what}");
    assert!(report.damaged.is_empty(), "{what}: {:?}", report.damaged);
    // The reader that was written from the formats alone. Only where Python has what it needs.
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/reader/azekura_reader.py");
    let mut python = std::process::Command::new("python3");
    let Ok(ran) = python.arg(reader).arg("--verify").arg(dir).output() else {
        return;
    };
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !said.contains("ModuleNotFoundError") {
        assert!(said.contains(" 0 findings of damage"), "{what}: {said}");
        assert!(ran.status.success(), "{what}: {said}");
    }
}

/// Zeroes so many parts, or half of each, in the files of the journal.
fn zero(journal: &Path, listed: &[StoredRecord], (whole, share): (usize, usize)) {
    for record in listed.iter().take(whole) {
        let bytes = sealed(record);
        let found = places(journal, &bytes[5..]);
        assert_eq!(found.len(), 1);
        let (path, at) = &found[0];
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.write_all_at(&vec![0; bytes.len() / share], at - 5)
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_of_an_audit_ends_anywhere_and_is_finished() {
    let whole = tempfile::tempdir().unwrap();
    prepared(whole.path()).await;
    for (ends, zeros, rebuild) in [
        (Ends::Never, (0, 1), false),
        (Ends::BeforeErasing(0), (0, 1), false),
        (Ends::BeforeErasing(0), (1, 1), true),
        (Ends::BeforeErasing(0), (3, 1), false),
        (Ends::BeforeErasing(0), (4, 2), true),
        (Ends::AfterErasing(0), (0, 1), true),
    ] {
        let what = format!("{ends:?} {zeros:?} {rebuild}");
        let dir = tempfile::tempdir().unwrap();
        copy(whole.path(), dir.path());
        let disk = at(dir.path(), 366, ends).await;
        let tenant = disk.store.first_tenant().unwrap();
        let partition = audit_partition(tenant);
        let listed: Vec<_> = batches(&*disk.ending, partition)
            .into_iter()
            .take(4)
            .collect();
        let passed = disk.store.keep().await;
        assert_eq!(passed.is_ok(), ends == Ends::Never, "{what}");
        disk.store.engine().close().unwrap();
        drop(disk);
        let files = Places::in_dir(dir.path());
        zero(&files.journal(), &listed, zeros);
        if rebuild {
            std::fs::remove_dir_all(files.index()).unwrap();
        }
        let disk = at(dir.path(), 366, Ends::Never).await;
        let report = disk.store.keep().await.unwrap();
        assert_eq!(report.failed, 0, "{what}");
        for (partition, stays) in [(partition, 2), (audit_partition(VAULT_AUDIT), 2)] {
            let left = batches(&*disk.ending, partition);
            let there = left
                .iter()
                .filter(|record| record.particulars != Part::Erased);
            assert_eq!(there.count(), stays, "{what}");
        }
        record(&disk, 6..7).await;
        disk.store.tick().await.unwrap();
        disk.store.engine().close().unwrap();
        for record in &listed {
            assert_eq!(
                places(&files.journal(), &sealed(record)[5..37]),
                [],
                "{what}"
            );
        }
        drop(disk);
        assert_sound(dir.path(), &what);
    }
}
