//! What a request wants, one name for each action: one table for gateway, admin API and tests.

use super::Right;

macro_rules! actions {
    ($($name:ident $service:literal $right:ident $scope:ident,)+) => {
        /// What a request wants. The names are those of the S3 actions (AWS service authorization
        /// reference); what S3 does not know is of the service `azekura`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[expect(missing_docs, reason = "each is the action of its name")]
        pub enum Action {
            $($name,)+
        }

        impl Action {
            /// All actions, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name that policies use.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($service, ":", stringify!($name)),)+
                }
            }

            /// The right that covers this action.
            #[must_use]
            pub fn right(self) -> Right {
                match self {
                    $(Self::$name => Right::$right,)+
                }
            }

            /// What the action is done to.
            #[must_use]
            pub fn scope(self) -> Scope {
                match self {
                    $(Self::$name => Scope::$scope,)+
                }
            }
        }
    };
}

/// What an action is done to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The vault as a whole: its operator's business.
    Vault,
    /// One institution.
    Tenant,
    /// The list of buckets.
    Service,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

actions! {
    CreateBucket "s3" Manage Bucket,
    DeleteBucket "s3" Manage Bucket,
    ListAllMyBuckets "s3" Read Service,
    ListBucket "s3" Read Bucket,
    ListBucketVersions "s3" Read Bucket,
    ListBucketMultipartUploads "s3" Read Bucket,
    GetBucketLocation "s3" Read Bucket,
    GetBucketVersioning "s3" Read Bucket,
    PutBucketVersioning "s3" Manage Bucket,
    GetBucketTagging "s3" Read Bucket,
    GetBucketCORS "s3" Read Bucket,
    GetBucketPublicAccessBlock "s3" Read Bucket,
    GetBucketOwnershipControls "s3" Read Bucket,
    GetEncryptionConfiguration "s3" Read Bucket,
    GetBucketRequestPayment "s3" Read Bucket,
    GetAccelerateConfiguration "s3" Read Bucket,
    GetBucketPolicy "s3" Read Bucket,
    GetBucketPolicyStatus "s3" Read Bucket,
    GetLifecycleConfiguration "s3" Read Bucket,
    GetBucketObjectLockConfiguration "s3" Read Bucket,
    GetBucketLogging "s3" Read Bucket,
    GetBucketNotification "s3" Read Bucket,
    GetReplicationConfiguration "s3" Read Bucket,
    GetBucketWebsite "s3" Read Bucket,
    GetAnalyticsConfiguration "s3" Read Bucket,
    GetInventoryConfiguration "s3" Read Bucket,
    GetIntelligentTieringConfiguration "s3" Read Bucket,
    GetMetricsConfiguration "s3" Read Bucket,
    PutBucketTagging "s3" Manage Bucket,
    PutBucketCORS "s3" Manage Bucket,
    PutBucketPublicAccessBlock "s3" Manage Bucket,
    PutBucketOwnershipControls "s3" Manage Bucket,
    PutEncryptionConfiguration "s3" Manage Bucket,
    PutBucketRequestPayment "s3" Manage Bucket,
    PutAccelerateConfiguration "s3" Manage Bucket,
    PutLifecycleConfiguration "s3" Manage Bucket,
    PutBucketObjectLockConfiguration "s3" Manage Bucket,
    GetObject "s3" Read Object,
    GetObjectVersion "s3" Read Object,
    GetBucketAcl "s3" Read Bucket,
    PutBucketAcl "s3" Manage Bucket,
    GetObjectAcl "s3" Read Object,
    GetObjectVersionAcl "s3" Read Object,
    GetObjectAttributes "s3" Read Object,
    GetObjectVersionAttributes "s3" Read Object,
    PutObjectAcl "s3" Write Object,
    PutObjectVersionAcl "s3" Write Object,
    GetObjectRetention "s3" Read Object,
    PutObjectRetention "s3" Lock Object,
    GetObjectLegalHold "s3" Read Object,
    PutObjectLegalHold "s3" Lock Object,
    BypassGovernanceRetention "s3" Bypass Object,
    PostRetentionEvent "azekura" Event Object,
    RestoreObject "s3" Write Object,
    GetObjectTagging "s3" Read Object,
    GetObjectVersionTagging "s3" Read Object,
    PutObject "s3" Write Object,
    PutObjectTagging "s3" Write Object,
    TagNewObject "azekura" Write Object,
    PutObjectVersionTagging "s3" Write Object,
    DeleteObjectTagging "s3" Write Object,
    DeleteObjectVersionTagging "s3" Write Object,
    DeleteObject "s3" Manage Object,
    DeleteObjectVersion "s3" Manage Object,
    AbortMultipartUpload "s3" Write Object,
    ListMultipartUploadParts "s3" Read Object,
    AdminRead "azekura" Admin Tenant,
    AdminWrite "azekura" Admin Tenant,
    PutBucketPolicy "s3" Manage Bucket,
    DeleteBucketPolicy "s3" Manage Bucket,
    ReadIdentities "azekura" Identity Tenant,
    ManageIdentities "azekura" Identity Tenant,
    ReadAudit "azekura" Audit Tenant,
    ReadUsage "azekura" Admin Tenant,
    ApproveRequest "azekura" Approve Tenant,
    ExportTenant "azekura" Export Tenant,
    Operate "azekura" Operate Vault,
}

/// A set of actions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ActionSet(u128);

impl ActionSet {
    /// All that these rights cover.
    #[must_use]
    pub fn of_rights(rights: &[Right]) -> Self {
        let all = Action::ALL.iter().copied();
        all.filter(|action| rights.contains(&action.right()))
            .collect()
    }

    /// Whether it holds an action.
    #[must_use]
    pub fn contains(self, action: Action) -> bool {
        self.0 & bit(action) != 0
    }

    /// Its actions.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        let all = Action::ALL.iter().copied();
        all.filter(move |action| self.contains(*action))
    }

    /// What either holds.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(
            actions
                .into_iter()
                .fold(0, |bits, action| bits | bit(action)),
        )
    }
}

fn bit(action: Action) -> u128 {
    1 << (action as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_bit_of_its_own() {
        assert!(Action::ALL.len() <= 128);
        let all: ActionSet = Action::ALL.iter().copied().collect();
        assert_eq!(all.iter().count(), Action::ALL.len());
        let read = ActionSet::of_rights(&[Right::Read]);
        assert!(read.contains(Action::GetObject) && !read.contains(Action::PutObject));
        assert_eq!(Action::GetBucketCORS.name(), "s3:GetBucketCORS");
        assert_eq!(Action::AdminRead.name(), "azekura:AdminRead");
    }
}
