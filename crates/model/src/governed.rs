//! Two people for what weakens or cannot be undone: the operations, the one text that is signed, and
//! the rule that says whether one may act.
//!
//! An operation stands in a request with every parameter. Another person signs the request's
//! canonical text ([`ApprovalRequest::text`]); what acts later must give the same operation part,
//! byte for byte, or it is another operation.

mod judge;
mod parameters;
mod request;
mod text;

use std::fmt::Write as _;

pub use judge::{
    Approver, ApproverKey, DualControl, Held, NotApproved, Permit, PermittedBy, alone, approve,
    judge, may_veto,
};
pub use request::{Approval, ApprovalRequest, Asking, RequestStage, RequestTerms, Veto};
pub use text::{escaped, moment};

use crate::audit::AuditPolicy;
use crate::cooling::HistoryDays;
use crate::ident::{BucketUuid, TenantId, VersionId};
use crate::lock::{DefaultRetention, Retention};
use crate::name::BucketName;
use crate::time::ComplianceTime;

/// First line of the text that is signed.
pub const REQUEST_HEADER: &str = "azekura-request v1";

/// Namespace of the signatures (`ssh-keygen -Y sign -n`).
pub const SIGNATURE_NAMESPACE: &str = "azekura-request";

/// Names of the operations that wait as settings or jobs and act by themselves.
const WAITING: [&str; 5] = [
    "shorten-history",
    "widen-lifecycle",
    "dispose",
    "loosen-limits",
    "loosen-classes",
];

/// A bucket as a request names it: what counts is the identity, the name is for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedBucket {
    /// Identity.
    pub uuid: BucketUuid,
    /// Name when it was asked.
    pub name: BucketName,
}

/// A long parameter: the text that is signed holds its digest, the request's record the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DocumentDigest {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Length in bytes.
    pub bytes: u64,
}

/// What of the public access of a bucket is opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PublicOpening {
    /// A bucket policy that lets everybody in.
    Policy,
    /// A weaker public-access block.
    Block,
    /// An access-control list that lets everybody in.
    Acl,
}

/// From which versions holds are lifted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeldVersions {
    /// Of the keys that begin so; empty = all.
    Prefix {
        /// The prefix.
        prefix: String,
        /// Every version; else only what is current when it acts.
        all_versions: bool,
    },
    /// Those of a list: key and version, one a line.
    Listed(DocumentDigest),
}

/// How administration is given, or the second person weakened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AdministrationChange {
    /// A user who administers.
    AddAdministrator,
    /// An access key with a preset or policy that administers.
    AddKey,
    /// A policy of a user or group that grants more.
    PutPolicy,
    /// A group's members change so that somebody gains rights.
    ChangeGroup,
    /// Somebody becomes an approver, or an approver has another key.
    AddApproverKey,
    /// An approver's key or role is taken away.
    RemoveApprover,
    /// An approver is disabled or frozen.
    DisableApprover,
}

/// What needs two people, with every parameter that matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GovernedOperation {
    /// Hides one version although its GOVERNANCE retention has not ended.
    BypassDelete {
        /// Bucket.
        bucket: NamedBucket,
        /// Key.
        key: String,
        /// Version.
        version: VersionId,
    },
    /// Shortens or removes the GOVERNANCE retention of one version.
    BypassRetention {
        /// Bucket.
        bucket: NamedBucket,
        /// Key.
        key: String,
        /// Version.
        version: VersionId,
        /// What the version shall have; `None` = no retention.
        retention: Option<Retention>,
    },
    /// Takes the legal hold off one version.
    LiftHold {
        /// Bucket.
        bucket: NamedBucket,
        /// Key.
        key: String,
        /// Version.
        version: VersionId,
    },
    /// Takes the legal hold off many versions.
    LiftHolds {
        /// Bucket.
        bucket: NamedBucket,
        /// Which.
        versions: HeldVersions,
    },
    /// Deletes a bucket; its history ends some days later.
    RetireBucket {
        /// Bucket.
        bucket: NamedBucket,
    },
    /// Deletes a tenant.
    DeleteTenant {
        /// Tenant.
        tenant: TenantId,
        /// Its name when it was asked.
        name: String,
    },
    /// Another passphrase of a tenant whose contents are sealed.
    ChangePassphrase {
        /// Tenant.
        tenant: TenantId,
        /// Its name when it was asked.
        name: String,
    },
    /// Fewer days of hidden history.
    ShortenHistory {
        /// Bucket.
        bucket: NamedBucket,
        /// Days.
        days: HistoryDays,
    },
    /// Lifecycle rules that hide more, or sooner.
    WidenLifecycle {
        /// Bucket.
        bucket: NamedBucket,
        /// All rules that shall count, one a line.
        rules: DocumentDigest,
    },
    /// Hides everything that a disposal job names.
    Dispose {
        /// Bucket.
        bucket: NamedBucket,
        /// The job.
        job: [u8; 16],
        /// Keys that begin so.
        prefix: String,
        /// Only versions of this retention class.
        class: Option<String>,
        /// Only versions committed before.
        before: ComplianceTime,
        /// Why, in the words of who asked.
        reason: String,
    },
    /// No default retention, or a weaker one.
    WeakenDefaultRetention {
        /// Bucket.
        bucket: NamedBucket,
        /// What shall count; `None` = no default.
        default: Option<DefaultRetention>,
    },
    /// Looser limits of retention.
    LoosenLimits {
        /// Bucket.
        bucket: NamedBucket,
        /// The limits, as text.
        limits: DocumentDigest,
    },
    /// Rules of retention classes that give less.
    LoosenClasses {
        /// Bucket.
        bucket: NamedBucket,
        /// The rules, one a line.
        rules: DocumentDigest,
    },
    /// Destroys the key of an epoch. Reserved for a key that is destroyed before what it seals is released;
    /// nothing asks for that. Without a request a key goes only when nothing that it seals is left.
    DestroyKey {
        /// Bucket.
        bucket: NamedBucket,
        /// Epoch.
        epoch: u32,
    },
    /// Lets a bucket's contents be placed elsewhere. Reserved for replication: until a vault has several
    /// regions nothing asks for it.
    WidenResidency {
        /// Bucket.
        bucket: NamedBucket,
        /// The sites, one a line.
        sites: DocumentDigest,
    },
    /// Opens a bucket to everybody.
    OpenPublicAccess {
        /// Bucket.
        bucket: NamedBucket,
        /// By which means.
        opening: PublicOpening,
        /// The policy, block or list as it was sent.
        document: DocumentDigest,
    },
    /// Gives administration, or weakens the second person.
    GrantAdministration {
        /// How.
        change: AdministrationChange,
        /// To whom: user, group or key.
        subject: String,
        /// What exactly: policy, preset, public key.
        document: DocumentDigest,
    },
    /// An audit that is kept for fewer days, in less space, or durable later.
    WeakenAudit {
        /// What shall count.
        policy: AuditPolicy,
    },
}

impl PublicOpening {
    fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "bucket-policy",
            Self::Block => "public-access-block",
            Self::Acl => "acl",
        }
    }
}

impl AdministrationChange {
    /// Its name in texts and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddAdministrator => "add-administrator",
            Self::AddKey => "add-key",
            Self::PutPolicy => "put-policy",
            Self::ChangeGroup => "change-group",
            Self::AddApproverKey => "add-approver-key",
            Self::RemoveApprover => "remove-approver",
            Self::DisableApprover => "disable-approver",
        }
    }
}

impl GovernedOperation {
    /// Its name in texts and records.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::BypassDelete { .. } => "bypass-delete",
            Self::BypassRetention { .. } => "bypass-retention",
            Self::LiftHold { .. } => "lift-hold",
            Self::LiftHolds { .. } => "lift-holds",
            Self::RetireBucket { .. } => "retire-bucket",
            Self::DeleteTenant { .. } => "delete-tenant",
            Self::ChangePassphrase { .. } => "change-passphrase",
            Self::ShortenHistory { .. } => "shorten-history",
            Self::WidenLifecycle { .. } => "widen-lifecycle",
            Self::Dispose { .. } => "dispose",
            Self::WeakenDefaultRetention { .. } => "weaken-default-retention",
            Self::LoosenLimits { .. } => "loosen-limits",
            Self::LoosenClasses { .. } => "loosen-classes",
            Self::DestroyKey { .. } => "destroy-key",
            Self::WidenResidency { .. } => "widen-residency",
            Self::OpenPublicAccess { .. } => "open-public-access",
            Self::GrantAdministration { .. } => "grant-administration",
            Self::WeakenAudit { .. } => "weaken-audit",
        }
    }

    /// What it does, for the person who signs.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::BypassDelete { .. } => {
                "deletes one version although its GOVERNANCE retention has not ended"
            }
            Self::BypassRetention { .. } => {
                "shortens or removes the GOVERNANCE retention of one version"
            }
            Self::LiftHold { .. } => "takes the legal hold off one version",
            Self::LiftHolds { .. } => "takes the legal hold off many versions",
            Self::RetireBucket { .. } => "deletes a bucket; its hidden history ends later",
            Self::ChangePassphrase { .. } => {
                "seals the contents of a tenant by another passphrase; this server takes the present one no more"
            }
            Self::DeleteTenant { .. } => {
                "deletes a tenant that keeps nothing; nobody of it gets in"
            }
            Self::ShortenHistory { .. } => "keeps deleted data for fewer days",
            Self::WidenLifecycle { .. } => "lets lifecycle rules delete more, or sooner",
            Self::Dispose { .. } => "deletes everything that the job names and no lock keeps",
            Self::WeakenDefaultRetention { .. } => "new versions get no lock, or a weaker one",
            Self::LoosenLimits { .. } => "allows shorter or longer retention than before",
            Self::LoosenClasses { .. } => "new versions get less from retention classes",
            Self::DestroyKey { .. } => "makes what the key sealed unreadable for ever",
            Self::WidenResidency { .. } => "lets contents be stored at more sites",
            Self::OpenPublicAccess { .. } => "lets everybody in without a key",
            Self::GrantAdministration { .. } => {
                "gives somebody rights of administration, or takes a second person away"
            }
            Self::WeakenAudit { .. } => {
                "keeps less of who read what: for fewer days, in less space, or durable later"
            }
        }
    }

    /// Whether a setting or job waits and acts by itself; otherwise the caller repeats the call.
    #[must_use]
    pub fn waits(&self) -> bool {
        WAITING.contains(&self.name())
    }

    /// Its part of the text that is signed: the name, then the parameters in the order of their names.
    /// Two operations are the same when these bytes are.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parameters = self.parameters();
        parameters.sort();
        let mut out = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing into memory cannot fail.
            let written = writeln!(out, "{name}: {value}");
            debug_assert!(written.is_ok(), "writing into memory failed");
        };
        line("operation", self.name());
        line("means", self.meaning());
        for (name, value) in &parameters {
            line(name, &escaped(value));
        }
        out
    }
}

#[cfg(test)]
mod tests;
