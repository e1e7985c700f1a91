//! Parts of records that are zeros already when a process ends, and what must hold of the files then.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use azekura_engine::seam::{Engine, Part, StoredRecord};
use azekura_model::position::{PartitionId, Sequence};
use azekura_store::vault::Places;
use azekura_store::vault::check::{CheckOptions, check};

use super::disk::places;

/// Every record of a partition.
pub(crate) fn records(engine: &dyn Engine, at: PartitionId) -> Vec<StoredRecord> {
    let heads = engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == at).unwrap().1;
    let limit = usize::try_from(head.0).unwrap().max(1);
    engine.journal(at, Sequence(1), limit).unwrap()
}

/// The particulars of a record that has them.
pub(crate) fn bytes(record: &StoredRecord) -> &[u8] {
    match &record.particulars {
        Part::Present(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

/// Which parts of a release are zeros already when its process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zeros {
    None,
    First,
    AllButFirst,
    HalfOfEach,
}

/// Zeroes parts of records in the files of the journal, found by their random salts.
pub(crate) fn zero(journal: &Path, listed: &[StoredRecord], zeros: Zeros) {
    for (number, record) in listed.iter().enumerate() {
        let sealed = bytes(record);
        let take = match (zeros, number) {
            (Zeros::None, _) | (Zeros::First, 1..) | (Zeros::AllButFirst, 0) => 0,
            (Zeros::HalfOfEach, _) => sealed.len() / 2,
            _ => sealed.len(),
        };
        let salt = 5;
        let found = places(journal, sealed.get(salt..).unwrap_or_default());
        assert_eq!(found.len(), 1);
        let (path, at): &(PathBuf, u64) = found.first().unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let at = at - salt as u64;
        file.write_all_at(&vec![0; take], at).unwrap();
    }
}

/// `vault check` with everything, and the index compared.
pub(crate) fn assert_checks(dir: &Path, what: &str) {
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
}

/// The reader that was written from the formats alone finds no damage, either. Only where Python has
/// what it needs.
pub(crate) fn assert_reads(dir: &Path, what: &str) {
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/reader/azekura_reader.py");
    let ran = std::process::Command::new("python3")
        .arg(reader)
        .arg("--verify")
        .arg(dir)
        .output();
    let Ok(ran) = ran else { return };
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !said.contains("ModuleNotFoundError") {
        assert!(said.contains(" 0 findings of damage"), "{what}: {said}");
        assert!(ran.status.success(), "{what}: {said}");
    }
}
