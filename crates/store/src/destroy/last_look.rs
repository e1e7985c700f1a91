//! The last look before a release that destroys keys erases anything: the list is what such a release
//! may list, the steps before it are done, and, before a wrapped key becomes zeros, nothing that it
//! seals is left anywhere. Read from the journal alone, and refused at the first doubt.

use azekura_engine::seam::Part;
use azekura_model::position::Sequence;
use azekura_model::release::ReleaseProof;
use azekura_record::core::{Core, RecordKind};

use super::config::{holds_key, is_sealed};
use super::every::every;
use super::judge::is_left;
use super::{Kept, old, stays};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::Inner;
use crate::release::finish::core_at;

/// Refuses a list that is not what a release of keys may list. `core` is that of the release record.
pub(crate) fn only(inner: &Inner, proof: &ReleaseProof, core: &Core) -> Result<(), StoreError> {
    match look(inner, proof, core) {
        Ok(()) => Ok(()),
        Err(Kept::Error(error)) => Err(error),
        Err(Kept::Stays(why)) => Err(StoreError::Damaged(format!(
            "release record {} of partition {}: {why}",
            proof.record().sequence,
            proof.partition()
        ))),
    }
}

fn look(inner: &Inner, proof: &ReleaseProof, core: &Core) -> Result<(), Kept> {
    let partition = proof.partition();
    let Some(uuid) = core.bucket.filter(|_| core.version.is_none()) else {
        return stays("it is of no bucket");
    };
    if !proof.blobs().is_empty() {
        return stays("it lists blobs");
    }
    let begun = if partition == CONFIGURATION {
        families::destroyed(uuid)
    } else {
        families::ended()
    };
    let Some(begun) = inner.get(partition, &begun)? else {
        if partition == CONFIGURATION {
            return old::look(inner, proof, core, uuid);
        }
        return stays("the destruction of the keys is not recorded");
    };
    let (mut keys, mut others) = (false, false);
    for at in proof.erase() {
        let (listed, _) = core_at(inner, partition, *at)?;
        let own = listed.bucket == Some(uuid) && listed.tenant == core.tenant;
        // A bucket that was said anew, in the place of a record that held a key.
        let restated = listed.kind == RecordKind::EpochDestroyed && *at < begun.sequence;
        let holds = holds_key(listed.kind) || restated;
        let key = partition == CONFIGURATION && holds && listed.epoch == 0;
        let sealed = if partition == CONFIGURATION {
            is_sealed(listed.kind)
        } else {
            is_left(listed.kind)
        };
        if !own || !(key || sealed) {
            return stays(format!("it lists record {at}, which is not its own"));
        }
        keys |= key;
        others |= sealed;
    }
    if keys && others {
        return stays("it lists keys and what they seal");
    }
    if partition != CONFIGURATION {
        return Ok(());
    }
    // While the wrapped keys are there, this release takes the name out of a rebuilt index.
    let epoch = families::bucket_epoch(uuid);
    if inner.get(CONFIGURATION, &epoch)?.is_some() {
        return stays("the release of the keys is not recorded");
    }
    if keys {
        nothing_left(inner, core)
    } else {
        Ok(())
    }
}

/// Nothing that the keys of the bucket seal is left: not in its partition, not in the configuration.
fn nothing_left(inner: &Inner, core: &Core) -> Result<(), Kept> {
    let Some(uuid) = core.bucket else {
        return stays("it is of no bucket");
    };
    let entry = inner.get(CONFIGURATION, &families::bucket_by_uuid(uuid))?;
    let Some(entry) = entry else {
        return stays("nothing says where its objects were");
    };
    let bucket: crate::entry::BucketEntry =
        crate::entry::decode(&entry.value).map_err(StoreError::from)?;
    let own = bucket.partition();
    if own == CONFIGURATION || inner.get(own, &families::ended())?.is_none() {
        return stays("its partition is not closed for ever");
    }
    for partition in [own, CONFIGURATION] {
        every(inner, partition, Sequence(1), |record, listed| {
            let goes = listed.epoch > 0 || is_sealed(listed.kind) || is_left(listed.kind);
            if listed.bucket == Some(uuid) && goes && record.particulars != Part::Erased {
                let at = record.position.sequence;
                return stays(format!(
                    "record {at} of partition {partition} is still under the key"
                ));
            }
            Ok(true)
        })?;
    }
    Ok(())
}
