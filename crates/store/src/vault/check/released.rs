//! Erased parts against the release records that allowed them.
//!
//! A release record comes after what it lists, so every wrong part waits until the journal is read:
//! what no release record claimed by then is damage, or was erased behind the vault's back.

use std::collections::{BTreeMap, BTreeSet};

use azekura_engine::journal::scan::{Finding, PayloadState, ScannedRecord, Scanner};
use azekura_engine::seam::Part;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;

use crate::released::listed;

/// A record of a partition.
pub(super) type At = (PartitionId, Sequence);

/// What a release record claims.
pub(super) struct Claim {
    /// Records whose parts may be wrong; the release record itself is among them, if it is.
    pub(super) records: BTreeSet<At>,
    /// Blobs that may be gone, or not yet.
    pub(super) blobs: Vec<BlobId>,
}

/// Wrong parts that no release record has claimed yet.
#[derive(Default)]
pub(super) struct Unclaimed {
    erased: BTreeSet<At>,
    findings: BTreeMap<At, Vec<String>>,
}

impl Unclaimed {
    /// Takes note of a finding; gives it back when no release can be its cause.
    pub(super) fn finding(&mut self, finding: &Finding) -> Option<String> {
        let Some(at) = finding.part else {
            return Some(finding.to_string());
        };
        let texts = self.findings.entry(at).or_default();
        texts.push(finding.to_string());
        None
    }

    /// Takes note of a record; returns what it claims if it is a release record.
    pub(super) fn record(&mut self, scanner: &Scanner, scanned: &ScannedRecord) -> Option<Claim> {
        let record = &scanned.record;
        let partition = record.position.partition;
        let own = (partition, record.position.sequence);
        if record.particulars == Part::Erased || scanned.payload == PayloadState::Erased {
            self.erased.insert(own);
        }
        let list = listed(record.kind, || match scanned.payload {
            PayloadState::Present => scanner.read_payload(scanned).ok(),
            _ => None,
        })?;
        let mut records: BTreeSet<At> = list
            .erase
            .iter()
            .map(|sequence| (partition, *sequence))
            .collect();
        // Its own particulars are erased last; whole ones must open.
        if !matches!(record.particulars, Part::Present(_)) {
            records.insert(own);
        }
        for at in &records {
            self.erased.remove(at);
            self.findings.remove(at);
        }
        Some(Claim {
            records,
            blobs: list.blobs,
        })
    }

    /// What is left at the end of the journal: findings, and records erased without a release.
    pub(super) fn finish(self) -> (Vec<String>, BTreeSet<At>) {
        let findings = self.findings.into_values().flatten().collect();
        (findings, self.erased)
    }
}
