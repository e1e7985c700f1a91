//! `vault check`: walks the whole journal, opens every record, re-hashes every payload, and names
//! what is damaged.
//!
//! With keys everything is verified: structure, chains, signatures, commitments, contents. Without
//! keys structure, chains, signatures and the CRCs of sealed frames are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use azekura_engine::blob::BlobFiles;
use azekura_engine::disk::real::RealDisk;
use azekura_engine::index::View;
use azekura_engine::journal::scan::{Depth, Item, PayloadState, ScannedRecord, Scanner};
use azekura_engine::seam::ReadError;
use azekura_model::ident::{BucketUuid, PayloadId};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use azekura_record::core::{Core, IGNORABLE_KIND_FROM};
use azekura_record::particulars::Event;
use azekura_record::stored_key::StoredKey;
use azekura_record::version::{PartRef, Payload, Version};

use super::offline::{self, BucketNames, Offline};
use super::passphrase::Passphrase;
use super::{Places, VaultError};
use crate::keys::{KeyError, Keys};
use crate::seal::cipher::SecretKey;
use crate::seal::data_key::{ContentSeal, KeyOf};
use crate::seal::frames;
use crate::seal::record::{Unopened, open_core, open_record};

mod blobs;
mod index;
mod payload;
mod released;
mod report;
mod sealed;

use index::Projection;
use payload::{Expected, Stored};
use released::{At, Unclaimed};
pub use report::{DamagedVersion, Report};

/// What precedes the first record of a partition.
const BEFORE_FIRST: Sequence = Sequence(0);
/// Most missing records that are named one by one.
const MISSING_MAX: u64 = 10_000;
/// Records between two calls of the progress function.
const PROGRESS_EVERY: u64 = 256;

/// What to check.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Where the vault is.
    pub places: Places,
    /// What opens the keyring, if it is sealed by a passphrase.
    pub passphrase: Option<Passphrase>,
    /// A passphrase of institutions: opens the contents of every sealed tenant that it fits.
    pub tenant_passphrase: Option<Passphrase>,
    /// `false` = checks what can be checked without the keyring.
    pub with_keys: bool,
    /// Also projects the journal and compares the index with it; needs the keys, and memory for a
    /// second index.
    pub compare_index: bool,
}

/// How far the check is.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckProgress {
    /// Records seen.
    pub records: u64,
    /// Stored bytes read.
    pub bytes: u64,
    /// Stored bytes to read, about.
    pub total_bytes: u64,
}

/// Checks a vault that no process has open.
///
/// # Errors
/// [`VaultError`] when the check cannot be made; damage is in the report.
pub fn check(
    options: &CheckOptions,
    progress: &mut dyn FnMut(CheckProgress),
) -> Result<Report, VaultError> {
    let depth = Depth {
        extents: true,
        signatures: true,
    };
    let passphrase = options.passphrase.as_ref();
    let mut offline = offline::open(&options.places, passphrase, options.with_keys, depth)?;
    let mut checker = Checker::new(&options.places, &offline)?;
    if let (Some(keys), Some(passphrase)) = (&offline.keys, &options.tenant_passphrase) {
        sealed::unlock(&options.places, keys, passphrase)?;
    }
    checker.open_index(options);
    while let Some(item) = offline.scanner.next() {
        match item? {
            Item::Group(group) => checker.group(group.signature, &group.place.to_string()),
            Item::Finding(finding) => {
                let finding = checker.unclaimed.finding(&finding);
                checker.report.findings.extend(finding);
            }
            Item::Record(record) => {
                checker.record(&offline.scanner, offline.keys.as_ref(), *record);
                if checker.report.records.is_multiple_of(PROGRESS_EVERY) {
                    progress(checker.progress);
                }
            }
        }
    }
    let torn = offline.scanner.torn_tail();
    checker.report.torn_tail = torn.map(|(place, bytes)| format!("{place}, {bytes} bytes"));
    checker.finish();
    progress(checker.progress);
    Ok(checker.report)
}

/// What was met so far.
struct Checker {
    blobs: BlobFiles,
    on_disk: BTreeMap<BlobId, u64>,
    named: BTreeSet<BlobId>,
    /// Intents of blobs and uploads.
    announced: BTreeSet<[u8; 16]>,
    names: BucketNames,
    /// Records whose inline payload is a part.
    inline_parts: BTreeMap<(PartitionId, Sequence), ScannedRecord>,
    last: BTreeMap<PartitionId, Sequence>,
    /// Records that are there and unreadable, or not there.
    lost: BTreeMap<PartitionId, BTreeMap<Sequence, String>>,
    /// Wrong parts that no release record claimed.
    unclaimed: Unclaimed,
    /// Damage of records that is known by version, until a release record claims it.
    damaged: BTreeMap<At, DamagedVersion>,
    /// The index, where there is a usable one.
    view: Option<Arc<dyn View>>,
    projection: Option<Projection>,
    progress: CheckProgress,
    report: Report,
}

impl Checker {
    fn new(places: &Places, offline: &Offline) -> Result<Self, VaultError> {
        let blobs = BlobFiles::new(Arc::new(RealDisk), places.blobs());
        let on_disk: BTreeMap<_, _> = blobs.list()?.into_iter().collect();
        let journal = std::fs::read_dir(places.journal())
            .map_err(|error| VaultError::io("list", &places.journal(), &error))?
            .filter_map(|entry| entry.ok()?.metadata().ok().map(|file| file.len()))
            .fold(0_u64, u64::saturating_add);
        let blob_bytes = on_disk.values().copied().fold(0_u64, u64::saturating_add);
        Ok(Self {
            blobs,
            on_disk,
            named: BTreeSet::new(),
            announced: BTreeSet::new(),
            names: BucketNames::default(),
            inline_parts: BTreeMap::new(),
            last: BTreeMap::new(),
            lost: BTreeMap::new(),
            unclaimed: Unclaimed::default(),
            damaged: BTreeMap::new(),
            view: None,
            projection: None,
            progress: CheckProgress {
                total_bytes: journal.saturating_add(blob_bytes),
                ..CheckProgress::default()
            },
            report: Report {
                vault: offline.format.vault_id(),
                with_keys: offline.keys.is_some(),
                ..Report::default()
            },
        })
    }

    fn open_index(&mut self, options: &CheckOptions) {
        match index::open(&options.places) {
            Ok(view) => self.view = view,
            Err(error) => {
                let text = format!("{error} (nothing is lost: the journal holds everything)");
                self.report.findings.push(text);
            }
        }
        if options.compare_index && options.with_keys {
            let view = self.view.as_deref();
            match view.map(Projection::new).transpose() {
                Ok(projection) => self.projection = projection,
                Err(error) => self.report.findings.push(error),
            }
        }
    }

    fn group(&mut self, signature: Option<bool>, place: &str) {
        match signature {
            Some(true) => self.report.heads = self.report.heads.saturating_add(1),
            Some(false) => {
                let text = format!("{place}: the signature of the head is wrong");
                self.report.findings.push(text);
            }
            None => {}
        }
    }

    fn record(&mut self, scanner: &Scanner, keys: Option<&Keys>, record: ScannedRecord) {
        self.report.records = self.report.records.saturating_add(1);
        self.progress.records = self.report.records;
        let read = record.record.payload_bytes.saturating_add(512);
        self.progress.bytes = self.progress.bytes.saturating_add(read);
        let position = record.record.position.clone();
        let (partition, sequence) = (position.partition, position.sequence);
        let last = self
            .last
            .insert(partition, sequence)
            .unwrap_or(BEFORE_FIRST);
        self.missing(partition, last.next(), sequence);
        let claim = self.unclaimed.record(scanner, &record);
        match keys {
            None => self.without_keys(scanner, &record),
            Some(keys) => self.with_keys(scanner, keys, record),
        }
        let Some(claim) = claim else {
            return;
        };
        for (partition, sequence) in claim.records {
            self.damaged.remove(&(partition, sequence));
            if let Some(lost) = self.lost.get_mut(&partition) {
                lost.remove(&sequence);
            }
        }
        // One that is still there is removed at the next start.
        self.announced
            .extend(claim.blobs.iter().map(|blob| blob.intent));
    }

    /// Notes the records `from..until` of a partition as missing.
    fn missing(&mut self, partition: PartitionId, from: Sequence, until: Sequence) {
        for sequence in (from.0..until.0).take(usize::try_from(MISSING_MAX).unwrap_or(0)) {
            self.lose(
                partition,
                Sequence(sequence),
                "its record is missing or unreadable",
            );
        }
    }

    fn lose(&mut self, partition: PartitionId, sequence: Sequence, what: impl Into<String>) {
        let lost = self.lost.entry(partition).or_default();
        lost.insert(sequence, what.into());
    }

    fn without_keys(&mut self, scanner: &Scanner, record: &ScannedRecord) {
        let position = &record.record.position;
        let (partition, sequence) = (position.partition, position.sequence);
        let core = match open_core(record.record.kind, &record.record.core) {
            Ok(core) => core,
            Err(_) if record.record.kind >= IGNORABLE_KIND_FROM => return,
            Err(error) => return self.lose(partition, sequence, error.to_string()),
        };
        if record.payload == PayloadState::Erased {
            self.report.erased = self.report.erased.saturating_add(1);
            return;
        }
        if record.payload == PayloadState::None {
            return;
        }
        let checked = payload::inline(scanner, record)
            .and_then(|stored| payload::verify_without_keys(&stored, core.content_bytes));
        match checked {
            Ok(()) => self.verified(core.content_bytes),
            Err(what) => self.lose(partition, sequence, what),
        }
    }

    fn verified(&mut self, content_bytes: u64) {
        self.report.versions = self.report.versions.saturating_add(1);
        let sum = self.report.content_bytes.saturating_add(content_bytes);
        self.report.content_bytes = sum;
    }

    fn with_keys(&mut self, scanner: &Scanner, keys: &Keys, record: ScannedRecord) {
        let stored = &record.record;
        let (partition, sequence) = (stored.position.partition, stored.position.sequence);
        let opened = open_record(keys, stored.kind, &stored.core, &stored.particulars);
        if let Some(projection) = &mut self.projection {
            projection.take(&record, opened.as_ref().ok());
        }
        let opened = match opened {
            Ok(opened) => opened,
            Err(Unopened::Erased) => {
                self.report.erased = self.report.erased.saturating_add(1);
                return;
            }
            Err(Unopened::Newer(_)) if stored.kind >= IGNORABLE_KIND_FROM => return,
            Err(error) => return self.lose(partition, sequence, error.to_string()),
        };
        let core = &opened.core;
        if let Err(error) = offline::learn(keys, core, &opened.particulars.event) {
            self.lose(partition, sequence, error.to_string());
        }
        self.names.learn(core, &opened.particulars.event);
        match &opened.particulars.event {
            Event::BlobIntent(intent) => {
                self.announced.insert(intent.blob.intent);
            }
            Event::UploadStarted(upload) => {
                self.announced.insert(upload.upload.0);
            }
            Event::PartStored(part) if part.inline => {
                self.inline_parts.insert((partition, sequence), record);
            }
            Event::Version(version) => self.version(scanner, keys, &record, core, version),
            _ => {}
        }
    }

    fn version(
        &mut self,
        scanner: &Scanner,
        keys: &Keys,
        record: &ScannedRecord,
        core: &Core,
        version: &Version,
    ) {
        if record.payload == PayloadState::Erased {
            self.report.erased = self.report.erased.saturating_add(1);
            return;
        }
        let seal = match keys.content_seal(core.tenant) {
            Err(KeyError::ContentLocked(_)) => {
                return self.locked_content(scanner, record, core, version);
            }
            other => other.map_err(|error| error.to_string()),
        };
        let checked = seal.and_then(|seal| self.content(scanner, &seal, record, core, version));
        match checked {
            Ok(()) => self.verified(core.content_bytes),
            Err(what) => self.damaged_version(record, core, version, what),
        }
    }

    fn damaged_version(
        &mut self,
        record: &ScannedRecord,
        core: &Core,
        version: &Version,
        what: String,
    ) {
        let position = &record.record.position;
        let damaged = DamagedVersion {
            bucket: self.names.of(core).unwrap_or_default(),
            key: Some(version.key.clone()),
            version: core.version.map(|version| version.to_string()),
            partition: position.partition.to_string(),
            sequence: position.sequence.0,
            what,
        };
        self.damaged
            .insert((position.partition, position.sequence), damaged);
    }

    /// Re-hashes the content of a version.
    fn content(
        &mut self,
        scanner: &Scanner,
        seal: &ContentSeal,
        record: &ScannedRecord,
        core: &Core,
        version: &Version,
    ) -> Result<(), String> {
        let bucket = core.bucket.ok_or("its core names no bucket")?;
        let id = core.version.ok_or("its core names no version")?;
        let open = |key: &StoredKey, of| {
            let opened = seal.open(key, of, bucket);
            opened.map_err(|error| error.to_string())
        };
        let one = |payload: PayloadId, key: &StoredKey, stored: &Stored<'_>| {
            let expected = Expected {
                bucket,
                payload,
                data_key: &open(key, KeyOf::Payload(payload))?,
                content_bytes: core.content_bytes,
                sha256: version.sha256,
            };
            payload::verify(stored, &expected)
        };
        match &version.payload {
            Payload::Empty if core.content_bytes == 0 => Ok(()),
            Payload::Empty => Err("its record says that it has bytes, and names none".to_owned()),
            Payload::Inline { data_key } => {
                one(id.into(), data_key, &payload::inline(scanner, record)?)
            }
            Payload::Blob { blob, data_key } => {
                self.name_blob(*blob);
                let payload = PayloadId(blob.attempt);
                one(payload, data_key, &Stored::Blob(&self.blobs, *blob))
            }
            Payload::Parts { upload_key, parts } => {
                let upload = version.upload.ok_or("it names no upload")?;
                let upload_key = open(upload_key, KeyOf::Upload(upload))?;
                for part in parts {
                    let partition = record.record.position.partition;
                    self.part(scanner, bucket, (partition, upload.0), &upload_key, part)
                        .map_err(|what| format!("part {}: {what}", part.number))?;
                }
                let sum = parts
                    .iter()
                    .fold(0_u64, |sum, part| sum.saturating_add(part.content_bytes));
                if sum == core.content_bytes {
                    Ok(())
                } else {
                    Err("its parts do not add up to its length".to_owned())
                }
            }
        }
    }

    fn part(
        &mut self,
        scanner: &Scanner,
        bucket: BucketUuid,
        (partition, upload): (PartitionId, [u8; 16]),
        upload_key: &SecretKey,
        part: &PartRef,
    ) -> Result<(), String> {
        let data_key =
            frames::part_key(upload_key, part.attempt).map_err(|error| error.to_string())?;
        let expected = Expected {
            bucket,
            payload: part.attempt,
            data_key: &data_key,
            content_bytes: part.content_bytes,
            sha256: part.sha256,
        };
        let Some(sequence) = part.inline_at else {
            let blob = BlobId {
                intent: upload,
                attempt: part.attempt.0,
            };
            self.name_blob(blob);
            return payload::verify(&Stored::Blob(&self.blobs, blob), &expected);
        };
        let record = self.inline_parts.get(&(partition, sequence));
        let record = record.ok_or("the record that holds it is missing or unreadable")?;
        payload::verify(&payload::inline(scanner, record)?, &expected)
    }

    fn name_blob(&mut self, blob: BlobId) {
        if self.named.insert(blob) {
            let bytes = self.on_disk.get(&blob).copied().unwrap_or(0);
            self.progress.bytes = self.progress.bytes.saturating_add(bytes);
        }
    }

    /// What is known only when the whole journal was read.
    fn finish(&mut self) {
        let (findings, erased) = std::mem::take(&mut self.unclaimed).finish();
        self.report.findings.extend(findings);
        for (partition, sequence) in erased {
            self.lose(
                partition,
                sequence,
                "it is erased, and no release record says so",
            );
        }
        let damaged = std::mem::take(&mut self.damaged);
        self.report.damaged.extend(damaged.into_values());
        let view = self.view.take();
        if let Some(view) = &view {
            for (partition, indexed) in index::heads(&**view) {
                let last = self.last.get(&partition).copied().unwrap_or(BEFORE_FIRST);
                self.missing(partition, last.next(), indexed.next());
            }
            let compared = self.projection.as_ref().and_then(|p| p.compare(&**view));
            self.report.findings.extend(compared);
        }
        for (partition, records) in std::mem::take(&mut self.lost) {
            let wanted: Vec<_> = records.keys().copied().collect();
            let names = view
                .as_ref()
                .map(|view| index::names(&**view, partition, &wanted))
                .unwrap_or_default();
            for (sequence, what) in records {
                let (key, version) = names.get(&sequence).cloned().unzip();
                self.report.damaged.push(DamagedVersion {
                    bucket: self.names.of_partition(partition),
                    key,
                    version,
                    partition: partition.to_string(),
                    sequence: sequence.0,
                    what,
                });
            }
        }
        self.blobs_left();
    }
}

impl From<ReadError> for VaultError {
    fn from(error: ReadError) -> Self {
        Self::Engine(error.to_string())
    }
}

#[cfg(test)]
mod tests;
