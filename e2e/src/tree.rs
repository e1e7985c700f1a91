//! A generated tree of files like those that backups hold, and its comparison byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::random::Seeded;

/// Writes `files` files under `root`: mostly small, some of a size that lies inside the journal's
/// extents, a few that become blobs and multipart uploads; names with spaces and Japanese.
pub(crate) fn generate(root: &Path, files: usize, seed: u64) -> Result<u64, Failure> {
    generate_numbers(root, 0..files, seed)
}

/// Like [`generate`], without the two files of 17 and 40 MiB: for clients that are slow.
pub(crate) fn generate_light(root: &Path, files: usize, seed: u64) -> Result<u64, Failure> {
    generate_numbers(root, 12..12 + files, seed)
}

fn generate_numbers(
    root: &Path,
    numbers: std::ops::Range<usize>,
    seed: u64,
) -> Result<u64, Failure> {
    let mut random = Seeded::new(seed);
    let mut total = 0_u64;
    for number in numbers {
        let folder = match number % 4 {
            0 => format!("患者/{:03}", number % 97),
            1 => format!("dicom/series {:02}", number % 53),
            2 => format!("hl7/2026-{:02}", number % 12 + 1),
            _ => format!("db/{:02}/{:02}", number % 31, number % 7),
        };
        let name = match number % 5 {
            0 => format!("検査結果 {number}.txt"),
            1 => format!("image+{number}.dcm"),
            2 => format!("msg={number}&x.hl7"),
            _ => format!("file-{number}.bin"),
        };
        let directory = root.join(folder);
        fs::create_dir_all(&directory)?;
        let bytes = random.bytes(size_of(number, &mut random_for(seed, number)));
        total += u64::try_from(bytes.len()).unwrap_or(0);
        fs::write(directory.join(name), bytes)?;
    }
    Ok(total)
}

fn random_for(seed: u64, number: usize) -> Seeded {
    Seeded::new(seed ^ (u64::try_from(number).unwrap_or(0) << 20))
}

/// Sizes in bytes: one in 500 a blob, one in 50 an extent, the rest small, some empty.
fn size_of(number: usize, random: &mut Seeded) -> usize {
    let size = match number {
        7 => 40 * 1024 * 1024,
        11 => 17 * 1024 * 1024 + 123,
        _ if number % 1000 == 499 => 2_000_000 + random.below(3_000_000),
        _ if number % 50 == 13 => 60_000 + random.below(400_000),
        _ if number % 23 == 3 => 0,
        _ => random.below(6_000),
    };
    usize::try_from(size).unwrap_or(0)
}

/// All files below `root` by their path relative to it.
pub(crate) fn files(root: &Path) -> Result<BTreeMap<PathBuf, PathBuf>, Failure> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(path.strip_prefix(root)?.to_path_buf(), path);
            }
        }
    }
    Ok(found)
}

/// Compares two trees byte by byte.
pub(crate) fn compare(expected: &Path, actual: &Path) -> Result<usize, Failure> {
    let want = files(expected)?;
    let got = files(actual)?;
    for (name, path) in &want {
        let other = got
            .get(name)
            .ok_or_else(|| format!("{} was not restored", name.display()))?;
        if fs::read(path)? != fs::read(other)? {
            return Err(format!("{} was restored with other bytes", name.display()).into());
        }
    }
    if let Some(extra) = got.keys().find(|name| !want.contains_key(*name)) {
        return Err(format!("{} was restored but never stored", extra.display()).into());
    }
    Ok(want.len())
}
