//! Certificates of disposal: for each thing that was released, what it was (by number, never by name),
//! who took it out of sight and when, when its release was judged and recorded, how it was erased, how
//! that was checked, and where the records stand, so that an outsider can look.

use std::collections::BTreeMap;

use azekura_model::access::Authorized;
use azekura_model::ident::{BucketUuid, VersionId};
use azekura_model::name::BucketName;
use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};
use azekura_model::time::{ComplianceTime, WallTime};
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;
use azekura_record::released::{ReleaseList, VersionFreed};

use crate::bucket::read;
use crate::destroy;
use crate::entry::BucketEntry;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::Inner;
use crate::release::finish::core_at;
use crate::seal::record::open_core;

/// Records in one page of the journal.
const PAGE: usize = 256;

/// What a certificate is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CertificateAsk {
    /// Only what this disposal hid.
    pub disposal: Option<[u8; 16]>,
    /// Only releases recorded at this compliance time or later.
    pub from: Option<ComplianceTime>,
    /// Only releases recorded before.
    pub until: Option<ComplianceTime>,
}

/// A certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The bucket.
    pub bucket: BucketUuid,
    /// Region of every position.
    pub region: RegionName,
    /// Life of the vault.
    pub incarnation: Incarnation,
    /// Partition of every position.
    pub partition: PartitionId,
    /// What was released, in the order of the release records.
    pub entries: Vec<CertifiedRelease>,
    /// That the bucket's keys are destroyed; `None` = they are there.
    pub key_destroyed: Option<KeyDestroyed>,
    /// Old epochs of a bucket that lives whose keys are destroyed, in order.
    pub epochs_destroyed: Vec<EpochKeyDestroyed>,
}

/// The key of an old epoch is destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochKeyDestroyed {
    /// Number of the epoch.
    pub epoch: u32,
    /// That its key is destroyed; `epochs` is 1.
    pub key: KeyDestroyed,
}

/// The keys of a bucket are destroyed. Both records stand in the partition of configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyDestroyed {
    /// The record that decided it.
    pub decided: RecordedAt,
    /// The record that says that every wrapped key is erased; `None` = not yet.
    pub erased: Option<RecordedAt>,
    /// Number of epochs, each with a key of its own.
    pub epochs: u32,
}

/// When a record was committed, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordedAt {
    /// Its sequence.
    pub sequence: Sequence,
    /// What the wall clock showed.
    pub wall: WallTime,
    /// Compliance time.
    pub compliance: ComplianceTime,
}

impl RecordedAt {
    fn of(core: &Core, sequence: Sequence) -> Self {
        Self {
            sequence,
            wall: core.wall,
            compliance: core.compliance,
        }
    }
}

/// One version, marker or upload that was released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertifiedRelease {
    /// The version or marker; `None` = an upload that was aborted.
    pub version: Option<VersionId>,
    /// Length of its content in bytes.
    pub content_bytes: u64,
    /// Commitment of its own record to what it was; it outlives the erasure.
    pub commitment: Option<[u8; 32]>,
    /// Its own record.
    pub made: Option<RecordedAt>,
    /// The record that hid it; `None` = a newer `null` version took its place.
    pub hidden: Option<RecordedAt>,
    /// The release record.
    pub released: RecordedAt,
    /// Records whose particulars and payloads were to be erased, and blobs.
    pub list: ReleaseList,
    /// The record that says that everything is erased; `None` = not yet.
    pub freed: Option<(RecordedAt, VersionFreed)>,
}

/// Reads the certificate of a bucket; a retired one too, the latest of its name, or the one of this UUID.
pub(crate) fn certificate(
    inner: &Inner,
    by: &Authorized,
    name: &BucketName,
    ask: CertificateAsk,
) -> Result<Certificate, StoreError> {
    let bucket = bucket_entry(inner, name)?;
    // A retired bucket is not found by its name, so nobody has asked yet whose it was.
    if by.tenant().is_some_and(|tenant| tenant != bucket.tenant()) {
        return Err(StoreError::NoSuchBucket);
    }
    let partition = bucket.partition();
    let status = inner.engine.status();
    let mut entries = BTreeMap::new();
    let mut next = Sequence(1);
    loop {
        let page = inner.engine.journal(partition, next, PAGE)?;
        for record in &page {
            let at = record.position.sequence;
            let core = open_core(record.kind, &record.core)?;
            match core.kind {
                // What the bucket's keys sealed goes with them.
                RecordKind::Released if core.epoch == 0 => {}
                RecordKind::Released if within(ask, core.compliance) => {
                    let entry = release(inner, partition, &core, at, record.payload_bytes)?;
                    entries.insert(at, entry);
                }
                RecordKind::Freed => {
                    let (_, opened) = inner.record(partition, at)?;
                    if let Event::Freed(freed) = opened.particulars.event
                        && let Some(entry) = entries.get_mut(&freed.released)
                    {
                        entry.freed = Some((RecordedAt::of(&core, at), *freed));
                    }
                }
                _ => {}
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => next = last.position.sequence.next(),
            _ => break,
        }
    }
    let of_job = |entry: &CertifiedRelease| match (ask.disposal, &entry.freed) {
        (None, _) => true,
        (Some(id), Some((_, freed))) => freed.disposal == Some(id),
        (Some(_), None) => false,
    };
    Ok(Certificate {
        bucket: bucket.uuid(),
        region: status.region,
        incarnation: status.incarnation,
        partition,
        entries: entries.into_values().filter(of_job).collect(),
        key_destroyed: key_destroyed(inner, bucket.uuid())?,
        epochs_destroyed: epochs_destroyed(inner, bucket.uuid())?,
    })
}

/// What the configuration says of a bucket's keys, if they are destroyed.
fn key_destroyed(inner: &Inner, bucket: BucketUuid) -> Result<Option<KeyDestroyed>, StoreError> {
    let Some(entry) = inner.get(CONFIGURATION, &families::destroyed(bucket))? else {
        return Ok(None);
    };
    let (_, opened) = inner.record(CONFIGURATION, entry.sequence)?;
    let Event::EpochDestroyed(event) = &opened.particulars.event else {
        return Err(StoreError::Damaged(format!(
            "record {} of the configuration is not what the index says",
            entry.sequence
        )));
    };
    let mut found = KeyDestroyed {
        decided: RecordedAt::of(&opened.core, entry.sequence),
        erased: None,
        epochs: event.epoch,
    };
    let mut next = entry.sequence;
    loop {
        let page = inner.engine.journal(CONFIGURATION, next, PAGE)?;
        for record in &page {
            let at = record.position.sequence;
            let core = open_core(record.kind, &record.core)?;
            if core.kind != RecordKind::Freed || core.bucket != Some(bucket) {
                continue;
            }
            let (_, opened) = inner.record(CONFIGURATION, at)?;
            if let Event::Freed(freed) = opened.particulars.event
                && freed.verified
                && destroy::lists_keys(inner, freed.released)?
            {
                found.erased = Some(RecordedAt::of(&core, at));
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => next = last.position.sequence.next(),
            _ => return Ok(Some(found)),
        }
    }
}

/// Old epochs whose keys are destroyed, from the configuration's own records: each says which, and the
/// release of its key follows.
fn epochs_destroyed(
    inner: &Inner,
    bucket: BucketUuid,
) -> Result<Vec<EpochKeyDestroyed>, StoreError> {
    let mut found = Vec::new();
    let freed = destroy::old::freed_keys(inner, bucket)?;
    for (epoch, decided) in destroy::old::destroyed_epochs(inner, bucket)? {
        let (core, _) = core_at(inner, CONFIGURATION, decided)?;
        let erased = match freed.get(&epoch) {
            Some(at) => {
                let (core, _) = core_at(inner, CONFIGURATION, *at)?;
                Some(RecordedAt::of(&core, *at))
            }
            None => None,
        };
        found.push(EpochKeyDestroyed {
            epoch,
            key: KeyDestroyed {
                decided: RecordedAt::of(&core, decided),
                erased,
                epochs: 1,
            },
        });
    }
    Ok(found)
}

fn within(ask: CertificateAsk, at: ComplianceTime) -> bool {
    ask.from.is_none_or(|from| from <= at) && ask.until.is_none_or(|until| at < until)
}

fn release(
    inner: &Inner,
    partition: PartitionId,
    core: &Core,
    at: Sequence,
    payload_bytes: u64,
) -> Result<CertifiedRelease, StoreError> {
    let list = inner.engine.payload(partition, at, 0, payload_bytes)?;
    let list = ReleaseList::decode(&list)
        .map_err(|error| StoreError::Damaged(format!("release record {at}: {error}")))?;
    let mut entry = CertifiedRelease {
        version: core.version,
        content_bytes: core.content_bytes,
        commitment: None,
        made: None,
        hidden: None,
        released: RecordedAt::of(core, at),
        list: ReleaseList::default(),
        freed: None,
    };
    for sequence in &list.erase {
        let (listed, _) = core_at(inner, partition, *sequence)?;
        let recorded = Some(RecordedAt::of(&listed, *sequence));
        match listed.kind {
            RecordKind::Version | RecordKind::DeleteMarker => {
                entry.made = recorded;
                entry.commitment = Some(listed.commitment);
            }
            RecordKind::UploadStarted if core.version.is_none() => {
                entry.made = recorded;
                entry.commitment = Some(listed.commitment);
            }
            RecordKind::VersionHidden | RecordKind::UploadAborted => entry.hidden = recorded,
            _ => {}
        }
    }
    entry.list = list;
    Ok(entry)
}

fn bucket_entry(inner: &Inner, name: &BucketName) -> Result<BucketEntry, StoreError> {
    let open = read::open(inner, name).ok().map(|open| open.bucket.uuid);
    let all = read::all_for_ever(inner)?;
    let named = all
        .iter()
        .filter(|bucket| bucket.name == name.as_str())
        .max_by_key(|bucket| (Some(bucket.uuid()) == open, bucket.created));
    // With its keys a bucket loses its name.
    let by_uuid = || {
        all.iter()
            .find(|bucket| bucket.uuid().to_string() == name.as_str())
    };
    named
        .or_else(by_uuid)
        .cloned()
        .ok_or(StoreError::NoSuchBucket)
}
