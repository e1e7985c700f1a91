//! `vault dump`: every record as one line of JSON, in the order of the journal. Never a key, a salt
//! or content.

use std::io::Write;
use std::path::Path;

use azekura_engine::journal::scan::{Depth, Item, PayloadState, ScannedRecord};
use azekura_engine::seam::Part;
use azekura_model::lock::{Lock, Retention};
use azekura_record::core::Core;
use azekura_record::released::ReleaseList;
use serde_json::{Value, json};

use super::offline::{self, BucketNames};
use super::passphrase::Passphrase;
use super::{Places, VaultError};
use crate::keys::Keys;
use crate::released::listed;
use crate::seal::record::{open_core, open_record};

mod event;

/// What to dump.
#[derive(Clone, Debug)]
pub struct DumpOptions {
    /// Where the vault is.
    pub places: Places,
    /// What opens the keyring, if it is sealed by a passphrase.
    pub passphrase: Option<Passphrase>,
    /// `false` = cores only, without the keyring.
    pub with_keys: bool,
}

/// Writes one line for each record and each finding; returns the number of records.
///
/// # Errors
/// [`VaultError`] when the vault cannot be read or `out` cannot be written.
pub fn dump(options: &DumpOptions, out: &mut dyn Write) -> Result<u64, VaultError> {
    let depth = Depth {
        extents: false,
        signatures: false,
    };
    let passphrase = options.passphrase.as_ref();
    let mut offline = offline::open(&options.places, passphrase, options.with_keys, depth)?;
    let mut names = BucketNames::default();
    let mut records = 0_u64;
    while let Some(item) = offline.scanner.next() {
        let line = match item? {
            Item::Group(_) => continue,
            Item::Finding(finding) => json!({ "finding": finding.to_string() }),
            Item::Record(scanned) => {
                records = records.saturating_add(1);
                let mut line = record(offline.keys.as_ref(), &mut names, &scanned);
                let payload = || offline.scanner.read_payload(&scanned).ok();
                if let Some(list) = listed(scanned.record.kind, payload) {
                    set(&mut line, "releases", released(&list));
                }
                line
            }
        };
        writeln!(out, "{line}")
            .map_err(|error| VaultError::io("write", Path::new("the dump"), &error))?;
    }
    Ok(records)
}

/// What a release record lists: numbers only, readable without keys.
fn released(list: &ReleaseList) -> Value {
    let records: Vec<_> = list.erase.iter().map(|at| at.0).collect();
    let blobs: Vec<_> = list.blobs.iter().map(ToString::to_string).collect();
    json!({ "records": records, "blobs": blobs })
}

fn record(keys: Option<&Keys>, names: &mut BucketNames, scanned: &ScannedRecord) -> Value {
    let stored = &scanned.record;
    let mut line = json!({
        "region": stored.position.region.as_str(),
        "incarnation": stored.position.incarnation.to_string(),
        "partition": stored.position.partition.to_string(),
        "sequence": stored.position.sequence.0,
        "commit": hex::encode(stored.commit.0),
        "kind": stored.kind,
        "chain": scanned.chain.map(hex::encode),
        "segment": scanned.locator.segment,
        "offset": scanned.locator.offset,
        "particulars": match stored.particulars {
            Part::Present(_) => "present",
            Part::Erased => "erased",
            Part::Damaged => "damaged",
        },
        "payload": match scanned.payload {
            PayloadState::None => "none",
            PayloadState::Present => "present",
            PayloadState::Erased => "erased",
            PayloadState::Damaged => "damaged",
            PayloadState::Unread => "in extent",
        },
        "payload_bytes": stored.payload_bytes,
    });
    match open_core(stored.kind, &stored.core) {
        Ok(core) => {
            set(&mut line, "kind_name", json!(format!("{:?}", core.kind)));
            set(&mut line, "core", core_json(&core));
        }
        Err(error) => set(&mut line, "error", json!(error.to_string())),
    }
    let Some(keys) = keys else {
        return line;
    };
    match open_record(keys, stored.kind, &stored.core, &stored.particulars) {
        Ok(opened) => {
            let particulars = &opened.particulars;
            if let Err(error) = offline::learn(keys, &opened.core, &particulars.event) {
                set(&mut line, "error", json!(error.to_string()));
            }
            names.learn(&opened.core, &particulars.event);
            set(&mut line, "bucket_name", json!(names.of(&opened.core)));
            set(
                &mut line,
                "requester",
                event::requester(&particulars.requester),
            );
            if let Some(permitted) = &particulars.permitted {
                set(&mut line, "permitted", event::permitted(permitted));
            }
            set(&mut line, "event", event::event(&particulars.event));
        }
        Err(error) => set(&mut line, "error", json!(error.to_string())),
    }
    line
}

fn set(line: &mut Value, name: &str, value: Value) {
    if let Some(object) = line.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn core_json(core: &Core) -> Value {
    json!({
        "hybrid": core.hybrid.packed(),
        "wall_ms": core.wall.0,
        "wall": super::format::rfc3339(core.wall),
        "compliance_ms": core.compliance.0,
        "tenant": core.tenant.to_string(),
        "bucket": core.bucket.map(|bucket| bucket.to_string()),
        "version": core.version.map(|version| version.to_string()),
        "content_bytes": core.content_bytes,
        "sealed_bytes": core.sealed_bytes,
        "lock": lock_json(&core.lock),
        "epoch": core.epoch,
        "commitment": hex::encode(core.commitment),
    })
}

/// `null` = nothing was ever set.
fn lock_json(lock: &Lock) -> Value {
    if lock.is_empty() {
        return Value::Null;
    }
    let classes = lock.classes.iter().map(ToString::to_string);
    json!({
        "retention": retention_json(lock.retention),
        "hold": lock.hold,
        "event": lock.event.as_ref().map(|event| json!({
            "class": event.class.to_string(),
            "floor_ms": event.floor.0,
        })),
        "probation_ms": lock.probation.map(|ends| ends.0),
        "classes": classes.collect::<Vec<_>>(),
    })
}

fn retention_json(retention: Option<Retention>) -> Value {
    json!(retention.map(|retention| json!({
        "mode": format!("{:?}", retention.mode),
        "until_ms": retention.until.0,
    })))
}
