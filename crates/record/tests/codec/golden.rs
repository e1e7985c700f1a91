//! Bytes of format v1, frozen: a failure here means that stored vaults would no longer be read.
//!
//! `AZEKURA_NEW_GOLDEN=1` writes files that do not exist yet; it never changes one that does.

use std::fs;
use std::path::PathBuf;

use azekura_record::core::Core;
use azekura_record::particulars::Particulars;
use azekura_record::summary::Summary;

use crate::samples;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

/// The lines of a frozen file: bytes, and where there is one the commitment.
fn frozen(name: &str, encoded: &[&[u8]]) -> Vec<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(format!("{name}.hex"));
    if !path.exists() && std::env::var_os("AZEKURA_NEW_GOLDEN").is_some() {
        let text: String = encoded.iter().map(|line| hex(line) + "\n").collect();
        fs::write(&path, text).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(unhex).collect()
}

#[test]
fn particulars_of_every_kind() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, event) in samples::events() {
        let kind = event.kind();
        seen.insert(kind);
        let particulars = samples::particulars(event);
        let (bytes, root) = particulars.encode_and_commit();
        let name = format!("{:02}-{name}", kind.number());
        assert_eq!(
            frozen(&name, &[&bytes, &root]),
            [bytes.clone(), root.to_vec()],
            "{name}"
        );
        assert_eq!(Particulars::decode(kind, &bytes), Ok(particulars), "{name}");
    }
    assert_eq!(seen.len(), azekura_record::core::RecordKind::ALL.len());
}

#[test]
fn marks_of_what_two_people_allowed() {
    for (name, permitted) in samples::request::permits() {
        let mut particulars = samples::particulars(samples::events().remove(0).1);
        particulars.permitted = Some(permitted);
        let (bytes, root) = particulars.encode_and_commit();
        let lines = [bytes.clone(), root.to_vec()];
        assert_eq!(frozen(name, &[&bytes, &root]), lines, "{name}");
        let kind = particulars.event.kind();
        assert_eq!(Particulars::decode(kind, &bytes), Ok(particulars), "{name}");
    }
}

#[test]
fn cores() {
    for (name, core) in [
        ("core-small", samples::core_small()),
        ("core-full", samples::core_full()),
        ("core-locked", samples::core_locked()),
    ] {
        let bytes = core.encode();
        assert_eq!(
            frozen(name, &[&bytes]),
            std::slice::from_ref(&bytes),
            "{name}"
        );
        assert_eq!(Core::decode(&bytes), Ok(core), "{name}");
    }
}

#[test]
fn summary() {
    let summary = samples::summary();
    let bytes = summary.encode();
    assert_eq!(frozen("summary", &[&bytes]), std::slice::from_ref(&bytes));
    assert_eq!(Summary::decode(&bytes), Ok(summary));
    assert!(bytes.len() <= 70, "{} bytes", bytes.len());
}

#[test]
fn lock() {
    let lock = samples::lock_full();
    let bytes = azekura_record::lock::encode(&lock);
    assert_eq!(frozen("lock", &[&bytes]), std::slice::from_ref(&bytes));
    assert_eq!(azekura_record::lock::decode(&bytes), Ok(lock));
}
