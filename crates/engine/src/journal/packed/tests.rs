use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_model::position::Incarnation;

use super::*;
use crate::disk::faulty::FaultyDisk;
use crate::disk::{Access, Disk};
use crate::journal::layout::SegmentFiles;
use crate::journal::pack;

const DIR: &str = "/journal";
const INCARNATION: Incarnation = Incarnation([3; 16]);

fn path() -> PathBuf {
    Path::new(DIR).join("00000000.seg")
}

/// A segment file of pieces at offsets, and its content.
fn segment(pieces: &[(usize, usize)], length: usize) -> (FaultyDisk, SegmentFiles, Vec<u8>) {
    let mut content = vec![0; length];
    for (number, (at, bytes)) in pieces.iter().enumerate() {
        let value = u8::try_from(number % 250).unwrap() + 1;
        content[*at..*at + *bytes].fill(value);
    }
    let disk = FaultyDisk::default();
    let file = disk.create(&path(), Access::Cached).unwrap();
    file.write_at(&content, 0).unwrap();
    file.sync_data().unwrap();
    disk.sync_dir(Path::new(DIR)).unwrap();
    let files = SegmentFiles::new(Arc::new(disk.clone()), PathBuf::from(DIR));
    (disk, files, content)
}

fn whole(files: &SegmentFiles) -> Vec<u8> {
    let file = files.file(0).unwrap();
    disk::read_range(&*file, 0, length(file.length().unwrap())).unwrap()
}

const PIECES: [(usize, usize); 7] = [
    (0, 4096),
    (4096, 1),
    (5000, 100),
    (9_999, 3),
    (50_000, 5_000),
    (55_100, 10),
    (99_999, 1),
];

#[test]
fn a_packed_segment_reads_as_it_did_at_every_offset() {
    let (disk, files, content) = segment(&PIECES, 100_000);
    pack::pack(&files, 0, INCARNATION).unwrap();
    assert!(disk.content(&path()).unwrap().len() < 30_000);
    let reopened = SegmentFiles::new(Arc::new(disk), PathBuf::from(DIR));
    for files in [&files, &reopened] {
        assert!(whole(files) == content);
        let file = files.file(0).unwrap();
        for from in (0..100_000).step_by(777) {
            for bytes in [1, 15, 16, 200, 6_000, 200_000] {
                let read = disk::read_range(&*file, from as u64, bytes).unwrap();
                let until = content.len().min(from + bytes);
                assert!(read == content[from..until], "{from} {bytes}");
            }
        }
        assert_eq!(file.read_at(&mut [0; 4], 100_000).unwrap(), 0);
    }
}

#[test]
fn a_packed_segment_takes_zeros_only_and_is_packed_again() {
    let (disk, files, mut content) = segment(&PIECES, 100_000);
    pack::pack(&files, 0, INCARNATION).unwrap();
    let before = disk.content(&path()).unwrap().len();
    let file = files.file(0).unwrap();
    assert!(file.write_at(&[0, 1], 50_000).is_err());
    assert!(file.truncate(1).is_err());
    file.write_at(&[0; 10_000], 49_000).unwrap();
    file.punch(49_000, 10_000).unwrap();
    file.sync_data().unwrap();
    content[49_000..59_000].fill(0);
    assert!(whole(&files) == content);
    pack::pack(&files, 0, INCARNATION).unwrap();
    assert!(whole(&files) == content);
    assert!(disk.content(&path()).unwrap().len() < before - 4_900);
}

/// An extent may be written before its segment is sealed and packed, and its record be the last one
/// before a crash: recovery then writes the extent again (`embedded/recover.rs`).
#[test]
fn a_packed_segment_takes_the_bytes_that_it_holds_again() {
    let (_, files, content) = segment(&PIECES, 100_000);
    pack::pack(&files, 0, INCARNATION).unwrap();
    let file = files.file(0).unwrap();
    file.write_at(&content[49_000..56_000], 49_000).unwrap();
    file.sync_data().unwrap();
    assert!(whole(&files) == content);
    // Where nothing is held, nothing but zeros is taken.
    assert!(file.write_at(&[1], 56_000).is_err());
    assert!(file.write_at(&[1, 1], 99_999).is_err());
}

#[test]
fn an_empty_and_a_full_segment_are_packed_too() {
    for pieces in [&[][..], &[(0, 8192)]] {
        let (_, files, content) = segment(pieces, 8192);
        pack::pack(&files, 0, INCARNATION).unwrap();
        assert!(whole(&files) == content);
    }
}

#[test]
fn either_copy_of_header_and_table_is_enough() {
    let (disk, files, content) = segment(&PIECES, 100_000);
    pack::pack(&files, 0, INCARNATION).unwrap();
    let length = disk.content(&path()).unwrap().len();
    let table = 5 * RUN_BYTES;
    let first_table = length - 4096 - 2 * table;
    for (damage, readable) in [
        (vec![100], true),
        (vec![length - 100], true),
        (vec![first_table], true),
        (vec![first_table + table], true),
        (vec![100, first_table], true),
        (vec![first_table, first_table + table], false),
        (vec![100, length - 100], false),
    ] {
        let decayed = disk.crash(0);
        for at in &damage {
            assert!(decayed.corrupt(&path(), *at, |bytes| bytes[0] ^= 1));
        }
        let files = SegmentFiles::new(Arc::new(decayed), PathBuf::from(DIR));
        assert_eq!(whole(&files) == content, readable, "{damage:?}");
    }
}

#[test]
fn a_crash_leaves_the_old_segment_or_the_packed_one() {
    for point in 1..40 {
        let (disk, files, content) = segment(&PIECES, 100_000);
        let (operations, ..) = disk.counts();
        disk.set_faults(disk::faulty::Faults {
            power_off: Some(operations + point),
            ..Default::default()
        });
        let finished = pack::pack(&files, 0, INCARNATION).is_ok();
        for seed in 0..8 {
            let after = disk.crash(seed);
            let files = SegmentFiles::new(Arc::new(after.clone()), PathBuf::from(DIR));
            assert!(whole(&files) == content, "{point} {seed}");
            assert_eq!(files.list().unwrap().len(), 1);
            files.remove_unfinished_packings().unwrap();
            assert_eq!(after.list(Path::new(DIR)).unwrap().len(), 1);
            pack::pack(&files, 0, INCARNATION).unwrap();
            assert!(whole(&files) == content, "{point} {seed}");
        }
        if finished {
            assert!(point > 5, "the fault must strike");
            return;
        }
    }
    panic!("packing never finished");
}

/// The file that the reader in `tools/reader` is tested with too.
#[test]
fn the_frozen_packed_segment_is_made_and_read() {
    let pieces = [(0, 64), (4096, 32), (10_000, 4_000), (19_984, 16)];
    let (disk, _, content) = segment(&pieces, 20_000);
    let from = Path::new(DIR).join("00000005.seg");
    disk.rename(&path(), &from).unwrap();
    let files = SegmentFiles::new(Arc::new(disk.clone()), PathBuf::from(DIR));
    pack::pack(&files, 5, INCARNATION).unwrap();
    let frozen = include_bytes!("../../../testdata/packed.seg");
    assert!(disk.content(&from).unwrap() == frozen);
    let file = files.file(5).unwrap();
    assert!(disk::read_range(&*file, 0, 20_000).unwrap() == content);
}
