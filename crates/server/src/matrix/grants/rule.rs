//! The rule of access in its own few words, without asking the code that is tested: what each preset
//! holds, and what policies add and take away.

/// A key without preset.
pub(super) const NONE: &str = "none";

/// Presets and their actions, by the names of policies. `*` is any end; `-` leaves out.
pub(super) const PRESETS: &[(&str, &str)] = &[
    (
        "ingest-only",
        "s3:PutObject azekura:TagNewObject s3:ListMultipartUploadParts s3:AbortMultipartUpload",
    ),
    (
        "backup",
        "s3:Get* s3:List* s3:CreateBucket s3:PutObject s3:PutObjectTagging \
         s3:PutObjectVersionTagging s3:PutObjectAcl s3:PutObjectVersionAcl s3:PutObjectRetention \
         s3:DeleteObject s3:DeleteObjectVersion s3:DeleteObjectTagging \
         s3:DeleteObjectVersionTagging s3:RestoreObject s3:AbortMultipartUpload \
         azekura:TagNewObject",
    ),
    ("restore-only", "s3:Get* s3:List*"),
    (
        "auditor",
        "s3:Get* s3:List* -s3:GetObject -s3:GetObjectVersion azekura:AdminRead \
         azekura:ReadIdentities azekura:ReadUsage azekura:ReadAudit",
    ),
    (
        "admin",
        "s3:Get* s3:List* -s3:GetObject -s3:GetObjectVersion s3:CreateBucket s3:DeleteBucket \
         s3:PutBucket* s3:PutEncryptionConfiguration s3:PutAccelerateConfiguration \
         s3:PutLifecycleConfiguration s3:DeleteBucketPolicy s3:DeleteObject \
         s3:DeleteObjectVersion s3:RestoreObject s3:PutObjectRetention s3:PutObjectLegalHold \
         azekura:PostRetentionEvent azekura:AdminRead azekura:AdminWrite azekura:ReadUsage \
         azekura:ReadIdentities azekura:ManageIdentities azekura:ReadAudit azekura:ApproveRequest",
    ),
    (NONE, ""),
];

/// What the own policy of a key allows.
pub(super) const NARROW: &str = "s3:Get* s3:PutObject azekura:AdminRead";

/// Where a policy stands, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Said {
    /// There is none.
    Absent,
    /// A policy of the user allows everything.
    UserAllows,
    /// A policy of the user denies everything.
    UserDenies,
    /// The key's own policy allows [`NARROW`].
    KeyAllows,
    /// The key's own policy denies everything.
    KeyDenies,
    /// The policy of the bucket allows the user everything.
    BucketAllows,
    /// The policy of the bucket denies the user everything.
    BucketDenies,
}

impl Said {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::Absent,
        Self::UserAllows,
        Self::UserDenies,
        Self::KeyAllows,
        Self::KeyDenies,
        Self::BucketAllows,
        Self::BucketDenies,
    ];
}

/// Whether a list of names and patterns holds a name.
fn holds(list: &str, action: &str) -> bool {
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => action == pattern,
    };
    let out = |word: &str| word.strip_prefix('-').is_some_and(matches);
    list.split_whitespace().any(matches) && !list.split_whitespace().any(out)
}

/// What a preset holds.
fn preset_holds(preset: &str, action: &str) -> bool {
    let (_, list) = PRESETS.iter().find(|(name, _)| *name == preset).unwrap();
    holds(list, action)
}

/// Whether a bucket has a say: in what is done to it or in it, never in the administration.
fn of_a_bucket(action: &str) -> bool {
    action.starts_with("s3:") && !matches!(action, "s3:ListAllMyBuckets" | "s3:CreateBucket")
}

/// Whether somebody may do something in the own institution.
pub(super) fn allowed(preset: &str, said: Said, action: &str) -> bool {
    let by_preset = preset_holds(preset, action);
    // No institution makes itself the operator of the vault.
    let policies_reach = action != "azekura:Operate";
    match said {
        Said::Absent => by_preset,
        Said::UserAllows => by_preset || policies_reach,
        Said::UserDenies | Said::KeyDenies => false,
        // A preset is what such a key can do at most; without one the policy is all that it has.
        Said::KeyAllows => holds(NARROW, action) && (by_preset || preset == NONE) && policies_reach,
        // A wildcard gives nobody the bypass.
        Said::BucketAllows => {
            by_preset || (of_a_bucket(action) && action != "s3:BypassGovernanceRetention")
        }
        // Whoever administers the institution can open the policy again.
        Said::BucketDenies => {
            let door = action.ends_with("BucketPolicy");
            by_preset && (!of_a_bucket(action) || (preset == "admin" && door))
        }
    }
}

/// Whether one may put tags on what one stores: as on what is there, or by the lesser right, unless
/// a policy takes the first away.
pub(super) fn may_tag_new(preset: &str, said: Said) -> bool {
    let taken = match said {
        Said::UserDenies | Said::KeyDenies | Said::BucketDenies => true,
        Said::KeyAllows => !holds(NARROW, "s3:PutObjectTagging"),
        Said::Absent | Said::UserAllows | Said::BucketAllows => false,
    };
    let lesser = !taken && allowed(preset, said, "azekura:TagNewObject");
    allowed(preset, said, "s3:PutObjectTagging") || lesser
}
