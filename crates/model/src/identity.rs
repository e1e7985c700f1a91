//! Users, groups, access keys and policies of a tenant. Names are free text, so that people stand in
//! records as they are called; what policies could take for a wildcard or a separator is refused.

mod weakens;

pub use weakens::{administration, stands_out};

use crate::access::Preset;
use crate::audit::AuditPolicy;
use crate::time::{ComplianceTime, HybridTime, WallTime};

/// Longest name of a user, group or policy, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest label, comment or ticket, in bytes.
pub const LABEL_BYTES_MAX: usize = 256;

/// What owns keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UserKind {
    /// Somebody who can sign and be asked.
    Person,
    /// Software.
    System,
}

/// A key with which a person signs requests of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKey {
    /// In SSH's wire form.
    pub public: Vec<u8>,
    /// The comment behind it.
    pub comment: String,
    /// Time of the record that registered it.
    pub registered: HybridTime,
    /// Signs nothing that counts, until this is taken back.
    pub frozen: bool,
}

/// A person or system for a limited time: an emergency account or remote maintenance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeBox {
    /// Until when its keys work, by compliance time.
    pub until: ComplianceTime,
    /// Number of the ticket or order.
    pub ticket: String,
    /// What is going to be done, to be held against what was done.
    pub plan: String,
}

/// A person or a system of a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Name, unique in the tenant for ever.
    pub name: String,
    /// Person or system.
    pub kind: UserKind,
    /// What it may do as a whole.
    pub preset: Option<Preset>,
    /// Groups, by name.
    pub groups: Vec<String>,
    /// Policies, by name.
    pub policies: Vec<String>,
    /// May sign requests of others.
    pub approver: bool,
    /// Keys to sign with.
    pub signing_keys: Vec<SigningKey>,
    /// No key of it works.
    pub disabled: bool,
    /// Limits in time.
    pub time_box: Option<TimeBox>,
    /// Secret of its one-time passwords (RFC 6238), sealed under the tenant's key.
    pub totp: Option<Vec<u8>>,
}

/// Users who may do the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Name, unique in the tenant.
    pub name: String,
    /// What its members may do as a whole.
    pub preset: Option<Preset>,
    /// Policies, by name.
    pub policies: Vec<String>,
}

/// A policy of identities, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedPolicy {
    /// Name, unique in the tenant.
    pub name: String,
    /// The JSON as it was given.
    pub text: String,
}

/// An access key, without its secret in the clear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessKey {
    /// Access key id.
    pub id: String,
    /// What it is for, in somebody's words.
    pub label: String,
    /// Name of its owner.
    pub user: String,
    /// What it may do instead of what its owner may.
    pub preset: Option<Preset>,
    /// A policy instead of those of its owner, as JSON.
    pub policy: Option<String>,
    /// The secret, sealed under the tenant's key.
    pub secret: Vec<u8>,
    /// When it was made.
    pub created: WallTime,
    /// When it ends, by compliance time.
    pub expires: Option<ComplianceTime>,
    /// Does not work.
    pub disabled: bool,
    /// Days without use after which it does not work.
    pub unused_days: Option<u32>,
    /// Networks from which it works; empty = all.
    pub source_cidrs: Vec<String>,
    /// SHA-256 of the client certificate with which alone it works.
    pub certificate: Option<[u8; 32]>,
    /// How much it may do.
    pub limits: KeyQuota,
}

/// How much a key may do. `None` = as much as there is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct KeyQuota {
    /// Requests a second.
    pub requests_per_second: Option<u64>,
    /// Bytes of bodies a second.
    pub bytes_per_second: Option<u64>,
    /// Longest retention that it may ask for, in days.
    pub lock_days_max: Option<u32>,
    /// Bytes that it may lock in a day.
    pub locked_bytes_per_day: Option<u64>,
}

/// What holds for a tenant as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TenantSettings {
    /// Most bytes of content, history included.
    pub quota_bytes: Option<u64>,
    /// Most versions, history included.
    pub quota_versions: Option<u64>,
    /// People log in to the admin API with a one-time password.
    pub totp_required: bool,
    /// Days without use after which a new key does not work, unless it says otherwise.
    pub unused_days: Option<u32>,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            quota_bytes: None,
            quota_versions: None,
            totp_required: true,
            unused_days: Some(90),
        }
    }
}

/// One thing that the directory of a tenant holds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is documented by its type")]
pub enum Identity {
    User(User),
    Group(Group),
    Policy(NamedPolicy),
    Key(AccessKey),
    Settings(TenantSettings),
    /// When keys were used last, in days since 1970-01-01. Keys that are not here keep what was said.
    LastUses(Vec<(String, u32)>),
    /// How the tenant's audit is kept.
    Audit(AuditPolicy),
}

/// What of the directory is meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "each variant is documented by what it names")]
pub enum IdentityName {
    User(String),
    Group(String),
    Policy(String),
    Key(String),
    Settings,
    LastUses,
    Audit,
}

impl Identity {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> IdentityName {
        match self {
            Self::User(user) => IdentityName::User(user.name.clone()),
            Self::Group(group) => IdentityName::Group(group.name.clone()),
            Self::Policy(policy) => IdentityName::Policy(policy.name.clone()),
            Self::Key(key) => IdentityName::Key(key.id.clone()),
            Self::Settings(_) => IdentityName::Settings,
            Self::LastUses(_) => IdentityName::LastUses,
            Self::Audit(_) => IdentityName::Audit,
        }
    }
}

/// Not a name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} cannot be a name: 1 to {NAME_BYTES_MAX} bytes without control characters and without any of * ? : / $ {{ }} \" \\"
)]
pub struct BadName(pub String);

/// Whether a text can name a user, group or policy.
///
/// # Errors
/// [`BadName`].
pub fn check_name(name: &str) -> Result<(), BadName> {
    let forbidden = |c: char| c.is_control() || "*?:/${}\"\\".contains(c);
    let trimmed = name.trim() == name;
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !trimmed || name.contains(forbidden) {
        return Err(BadName(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_pass_and_wildcards_do_not() {
        for name in ["山田太郎", "backup server 1", "suzuki@example.jp", "a"] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in [
            "",
            " a",
            "a ",
            "a/b",
            "a*",
            "arn:x",
            "${aws:username}",
            "a\nb",
        ] {
            assert_eq!(check_name(name), Err(BadName(name.to_owned())));
        }
        assert!(check_name(&"a".repeat(NAME_BYTES_MAX + 1)).is_err());
    }
}
