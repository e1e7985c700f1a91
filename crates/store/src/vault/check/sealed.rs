//! Contents of sealed tenants: opened with a passphrase of the institution, else checked by their CRCs.

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_engine::disk::real::RealDisk;
use azekura_engine::journal::scan::{Depth, Item, ScannedRecord, Scanner};
use azekura_model::release::BlobId;
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;
use azekura_record::version::{Payload, Version};

use super::payload::{self, Stored};
use super::{Checker, Places, VaultError};
use crate::entry::TenantSealEntry;
use crate::keys::Keys;
use crate::seal::record::open_record;
use crate::tenant_seal;
use crate::vault::offline;
use crate::vault::passphrase::Passphrase;

/// Reads the seals of all tenants ahead of everything else: the last of each counts, and contents that
/// stand before it in the journal need it.
pub(super) fn unlock(
    places: &Places,
    keys: &Keys,
    passphrase: &Passphrase,
) -> Result<(), VaultError> {
    let depth = Depth {
        extents: false,
        signatures: false,
    };
    let mut seals = BTreeMap::new();
    for item in Scanner::open(Arc::new(RealDisk), &places.journal(), depth)? {
        let Ok(Item::Record(record)) = item else {
            continue;
        };
        let record = &record.record;
        let kinds = [RecordKind::TenantCreated, RecordKind::TenantResealed];
        if !kinds.iter().any(|kind| kind.number() == record.kind) {
            continue;
        }
        // What does not open is found damaged by the check itself.
        let opened = open_record(keys, record.kind, &record.core, &record.particulars);
        let Ok(opened) = opened else {
            continue;
        };
        if let Event::TenantResealed(seal) = &opened.particulars.event {
            let seal = TenantSealEntry {
                salt: seal.salt,
                rounds: seal.rounds,
                wrapped_key: seal.wrapped_key,
                check: seal.check,
            };
            seals.insert(opened.core.tenant, seal);
        }
        let learnt = offline::learn(keys, &opened.core, &opened.particulars.event);
        drop(learnt);
    }
    match tenant_seal::unlock_offline(keys, &seals, passphrase) {
        Ok(0) => Err(VaultError::Passphrase(
            "the passphrase of --tenant-passphrase-file opens no tenant of this vault".to_owned(),
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(VaultError::Passphrase(error.to_string())),
    }
}

impl Checker {
    /// Checks the frames of a version whose keys are not open.
    pub(super) fn locked_content(
        &mut self,
        scanner: &Scanner,
        record: &ScannedRecord,
        core: &Core,
        version: &Version,
    ) {
        match self.frames_of(scanner, record, core, version) {
            Ok(()) => self.report.not_rehashed = self.report.not_rehashed.saturating_add(1),
            Err(what) => self.damaged_version(record, core, version, what),
        }
    }

    fn frames_of(
        &mut self,
        scanner: &Scanner,
        record: &ScannedRecord,
        core: &Core,
        version: &Version,
    ) -> Result<(), String> {
        match &version.payload {
            Payload::Empty => Ok(()),
            Payload::Inline { .. } => {
                let stored = payload::inline(scanner, record)?;
                payload::verify_without_keys(&stored, core.content_bytes)
            }
            Payload::Blob { blob, .. } => {
                self.name_blob(*blob);
                let stored = Stored::Blob(&self.blobs, *blob);
                payload::verify_without_keys(&stored, core.content_bytes)
            }
            Payload::Parts { parts, .. } => {
                let upload = version.upload.ok_or("it names no upload")?;
                let partition = record.record.position.partition;
                for part in parts {
                    let stored = match part.inline_at {
                        None => {
                            let blob = BlobId {
                                intent: upload.0,
                                attempt: part.attempt.0,
                            };
                            self.name_blob(blob);
                            Stored::Blob(&self.blobs, blob)
                        }
                        Some(sequence) => {
                            let record = self.inline_parts.get(&(partition, sequence));
                            let gone = "the record that holds it is missing or unreadable";
                            payload::inline(scanner, record.ok_or(gone)?)?
                        }
                    };
                    payload::verify_without_keys(&stored, part.content_bytes)
                        .map_err(|what| format!("part {}: {what}", part.number))?;
                }
                Ok(())
            }
        }
    }
}
