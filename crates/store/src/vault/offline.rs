//! The vault's files without an engine: for checking and dumping while no process serves it.

use std::sync::Arc;

use azekura_engine::disk::real::RealDisk;
use azekura_engine::disk::{Disk, DiskLock};
use azekura_engine::journal::scan::{Depth, ScanError, Scanner};
use azekura_model::position::PartitionId;
use azekura_record::core::Core;
use azekura_record::particulars::Event;

use super::format::{self, VaultFormat};
use super::passphrase::Passphrase;
use super::{Places, VaultError, keyring};
use crate::entropy::SystemEntropy;
use crate::keys::{Contents, KeyError, Keys};

/// The vault, held so that no other process opens it.
pub(super) struct Offline {
    pub(super) format: VaultFormat,
    pub(super) scanner: Scanner,
    /// `None` = without keys.
    pub(super) keys: Option<Keys>,
    _lock: DiskLock,
}

impl From<ScanError> for VaultError {
    fn from(error: ScanError) -> Self {
        Self::Engine(error.to_string())
    }
}

/// Takes the vault's lock, opens the keyring when asked, and stands at the start of the journal.
pub(super) fn open(
    places: &Places,
    passphrase: Option<&Passphrase>,
    with_keys: bool,
    depth: Depth,
) -> Result<Offline, VaultError> {
    let format = format::read(places)?;
    let journal = places.journal();
    let lock_file = journal.join("LOCK");
    let lock = RealDisk
        .lock(&lock_file)
        .map_err(|error| VaultError::io("lock", &lock_file, &error))?
        .ok_or_else(|| VaultError::Locked(lock_file.display().to_string()))?;
    let keys = if with_keys {
        let keyring = keyring::open(places, &format, passphrase)?;
        Some(Keys::new(keyring.root, SystemEntropy::shared()))
    } else {
        None
    };
    let scanner = Scanner::open(Arc::new(RealDisk), &journal, depth)?;
    Ok(Offline {
        format,
        scanner,
        keys,
        _lock: lock,
    })
}

/// Learns the keys that a record carries, so that later records open.
pub(super) fn learn(keys: &Keys, core: &Core, event: &Event) -> Result<(), KeyError> {
    match (event, core.bucket) {
        (Event::TenantCreated(tenant), _) => {
            let contents = Contents::of(tenant.sealed);
            keys.learn_tenant(core.tenant, &tenant.wrapped_key, contents)
        }
        (Event::BucketCreated(bucket), Some(uuid)) => {
            keys.learn_epoch(uuid, core.tenant, 1, &bucket.wrapped_key)
        }
        (Event::EpochOpened(epoch), Some(uuid)) => {
            keys.learn_epoch(uuid, core.tenant, epoch.epoch, &epoch.wrapped_key)
        }
        _ => Ok(()),
    }
}

/// Names of buckets, learnt from their records.
#[derive(Default)]
pub(super) struct BucketNames {
    by_uuid: std::collections::BTreeMap<azekura_model::ident::BucketUuid, String>,
    by_partition: std::collections::BTreeMap<PartitionId, String>,
}

impl BucketNames {
    pub(super) fn learn(&mut self, core: &Core, event: &Event) {
        if let (Event::BucketCreated(bucket), Some(uuid)) = (event, core.bucket) {
            self.by_uuid.insert(uuid, bucket.name.clone());
            self.by_partition
                .insert(bucket.partition, bucket.name.clone());
        }
    }

    /// The bucket's name, or its UUID where its record was not readable.
    pub(super) fn of(&self, core: &Core) -> Option<String> {
        let uuid = core.bucket?;
        let name = self.by_uuid.get(&uuid).cloned();
        Some(name.unwrap_or_else(|| uuid.to_string()))
    }

    /// The bucket of a partition.
    pub(super) fn of_partition(&self, partition: PartitionId) -> String {
        let name = self.by_partition.get(&partition).cloned();
        name.unwrap_or_else(|| format!("partition {partition}"))
    }
}
