//! Presets: what a key usually needs, by a name that a hospital understands.

use super::{Action, ActionSet, Right};

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Preset {
    /// Stores objects, with tags if it likes, and nothing else: no listing, reading, deleting, no change
    /// of tags or locks of what is there. What an intruder steals with it adds versions and harms none.
    IngestOnly,
    /// What backup software needs: store, read, list, delete (which only hides), lock and extend.
    Backup,
    /// Reads and lists.
    RestoreOnly,
    /// Reads the configuration, the locks and the audit, and no content.
    Auditor,
    /// Runs a tenant: buckets, locks, identities. No content is read with it, and nothing is bypassed.
    Admin,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 5] = [
        Self::IngestOnly,
        Self::Backup,
        Self::RestoreOnly,
        Self::Auditor,
        Self::Admin,
    ];

    /// The name that people type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IngestOnly => "ingest-only",
            Self::Backup => "backup",
            Self::RestoreOnly => "restore-only",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    /// What it allows in the own tenant.
    #[must_use]
    pub fn actions(self) -> ActionSet {
        match self {
            Self::IngestOnly => [
                Action::PutObject,
                // Tags of what is there stay: lifecycle rules hide by them.
                Action::TagNewObject,
                // Of the own upload; parts that were never completed are no version.
                Action::ListMultipartUploadParts,
                Action::AbortMultipartUpload,
            ]
            .into_iter()
            .collect(),
            Self::Backup => ActionSet::of_rights(&[Right::Read, Right::Write]).union(
                [
                    Action::DeleteObject,
                    Action::DeleteObjectVersion,
                    Action::PutObjectRetention,
                    Action::CreateBucket,
                ]
                .into_iter()
                .collect(),
            ),
            Self::RestoreOnly => ActionSet::of_rights(&[Right::Read]),
            Self::Auditor => ActionSet::of_rights(&[Right::Read, Right::Audit])
                .iter()
                .filter(|action| !reads_content(*action))
                .chain([Action::AdminRead, Action::ReadIdentities, Action::ReadUsage])
                .collect(),
            Self::Admin => ActionSet::of_rights(&[
                Right::Read,
                Right::Manage,
                Right::Lock,
                Right::Event,
                Right::Admin,
                Right::Identity,
                Right::Audit,
                Right::Approve,
            ])
            .iter()
            .filter(|action| !reads_content(*action))
            // Brings back what was deleted, without showing it.
            .chain([Action::RestoreObject])
            .collect(),
        }
    }
}

fn reads_content(action: Action) -> bool {
    matches!(
        action,
        Action::GetObject | Action::GetObjectVersion | Action::RestoreObject
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_hold_what_their_names_say() {
        let ingest = Preset::IngestOnly.actions();
        for action in Action::ALL {
            let harmless = matches!(
                action,
                Action::PutObject
                    | Action::TagNewObject
                    | Action::ListMultipartUploadParts
                    | Action::AbortMultipartUpload
            );
            assert_eq!(ingest.contains(*action), harmless, "{action:?}");
        }
        for preset in Preset::ALL {
            let actions = preset.actions();
            assert!(!actions.contains(Action::BypassGovernanceRetention));
            assert!(!actions.contains(Action::Operate));
            assert!(!actions.contains(Action::ExportTenant));
            assert_eq!(Preset::parse(preset.as_str()), Some(preset));
        }
        assert!(!Preset::Admin.actions().contains(Action::GetObject));
        assert!(!Preset::Auditor.actions().contains(Action::GetObject));
        assert!(
            !Preset::Backup
                .actions()
                .contains(Action::PutObjectLegalHold)
        );
        assert!(!Preset::RestoreOnly.actions().contains(Action::PutObject));
    }
}
