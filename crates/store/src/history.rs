//! All versions of a key with who made them, for the operator.

use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::time::WallTime;
use azekura_record::summary::Summary;

use crate::bucket::read;
use crate::error::StoreError;
use crate::inner::Inner;
use crate::slot::for_each_version;
use crate::visibility::Rule;

/// Who did something, and when the wall clock showed what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deed {
    /// Who asked.
    pub requester: Requester,
    /// What the wall clock showed.
    pub wall: WallTime,
    /// Record, in the bucket's partition.
    pub sequence: Sequence,
}

/// One version or marker of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastVersion {
    /// What the index says of it.
    pub summary: Summary,
    /// Whether S3 shows it.
    pub shown: bool,
    /// Whether it is the newest that S3 shows.
    pub latest: bool,
    /// Who made it; an error text when its record cannot be read.
    pub made: Result<Deed, String>,
    /// Who hid it, if it is hidden.
    pub hidden: Option<Result<Deed, String>>,
}

/// Newest first.
pub(crate) fn history(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
) -> Result<Vec<PastVersion>, StoreError> {
    let partition = read::open(inner, bucket)?.bucket.partition;
    let mut rule = Rule::default();
    let mut found = Vec::new();
    let mut any_shown = false;
    for_each_version(inner, partition, key.as_str(), None, |summary, _, at| {
        let shown = rule.shows(summary);
        found.push((summary.clone(), at, shown, shown && !any_shown));
        any_shown |= shown;
        true
    })?;
    let deed = |sequence: Sequence| {
        let (_, opened) = inner
            .record(partition, sequence)
            .map_err(|error| error.to_string())?;
        Ok(Deed {
            requester: opened.particulars.requester,
            wall: opened.core.wall,
            sequence,
        })
    };
    let mut out = Vec::with_capacity(found.len());
    for (summary, at, shown, latest) in found {
        // A hidden version's entry was written by the record that hid it.
        let hidden = if summary.hidden {
            let entry = inner.get(
                partition,
                &crate::families::history(key.as_str(), summary.version),
            )?;
            entry.map(|entry| deed(entry.sequence))
        } else {
            None
        };
        out.push(PastVersion {
            made: deed(at),
            hidden,
            shown,
            latest,
            summary,
        });
    }
    Ok(out)
}
