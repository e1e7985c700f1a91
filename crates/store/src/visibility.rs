//! What S3 shows of the versions of one key. Inside, every version is kept.
//!
//! The rule: a version that has an id of its own is shown unless it is hidden. A `null` version is
//! shown when it is the *newest* `null` version of its key, hidden ones counted, and is not hidden
//! itself. So a new `null` version replaces the one before it, and hiding it brings no older one
//! back. The current version is the newest that is shown; when that is a delete marker, or when
//! nothing is shown, the key does not exist for S3.

use azekura_record::summary::Summary;

/// Applies the rule to the versions of one key, newest first, one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rule {
    null_seen: bool,
}

impl Rule {
    /// Whether S3 shows the next older version.
    pub fn shows(&mut self, summary: &Summary) -> bool {
        let replaced = summary.null && self.null_seen;
        self.null_seen |= summary.null;
        !summary.hidden && !replaced
    }

    /// Whether a `null` version has been passed.
    #[must_use]
    pub fn null_seen(&self) -> bool {
        self.null_seen
    }
}

/// The newest version that S3 shows; `versions` newest first.
pub fn newest_shown<'a>(versions: impl IntoIterator<Item = &'a Summary>) -> Option<&'a Summary> {
    let mut rule = Rule::default();
    versions.into_iter().find(|summary| rule.shows(summary))
}

#[cfg(test)]
mod tests {
    use super::*;
    use azekura_model::checksum::ETag;
    use azekura_model::ident::VersionId;
    use azekura_model::time::WallTime;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    fn summary(number: usize, null: bool, hidden: bool) -> Summary {
        Summary {
            version: VersionId([u8::try_from(255 - number).unwrap(); 16]),
            null,
            marker: false,
            hidden,
            content_bytes: 0,
            etag: ETag {
                md5: [0; 16],
                parts: None,
            },
            modified: WallTime(0),
            checksum: None,
            at: None,
        }
    }

    proptest! {
        #[test]
        fn at_most_one_null_is_shown_and_it_is_the_newest(
            flags in proptest::collection::vec((any::<bool>(), any::<bool>()), 0..12),
        ) {
            let versions: Vec<Summary> = flags.iter().enumerate()
                .map(|(i, (null, hidden))| summary(i, *null, *hidden)).collect();
            let mut rule = Rule::default();
            let shown: Vec<bool> = versions.iter().map(|v| rule.shows(v)).collect();
            let newest_null = versions.iter().position(|v| v.null);
            for (i, version) in versions.iter().enumerate() {
                let expected = !version.hidden && (!version.null || newest_null == Some(i));
                prop_assert_eq!(shown[i], expected);
            }
            let first = shown.iter().position(|s| *s).map(|i| versions[i].version);
            prop_assert_eq!(newest_shown(&versions).map(|v| v.version), first);
        }
    }
}
