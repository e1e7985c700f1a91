//! On the wire. Times are RFC 3339, in compliance time; days are dates.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A tenant that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantAsked {
    /// Name of the institution.
    pub name: String,
    /// `required` or `off`; fixed for ever.
    pub dual_control: String,
    /// Its first people: each administers, and approves if it has a signing key.
    #[serde(default)]
    pub admins: Vec<AdminAsked>,
    /// Most bytes of content, history included.
    #[serde(default)]
    pub quota_bytes: Option<u64>,
    /// Most versions, history included.
    #[serde(default)]
    pub quota_versions: Option<u64>,
    /// People log in to the admin API with a one-time password. Default yes.
    #[serde(default)]
    pub one_time_passwords: Option<bool>,
    /// Contents are sealed by a passphrase that the tenant's administrators set; fixed for ever.
    #[serde(default)]
    pub sealed: bool,
}

/// One of the first people of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminAsked {
    /// Name.
    pub name: String,
    /// A public key of OpenSSH (`ssh-ed25519 AAAA… comment`) to sign requests of others with.
    #[serde(default)]
    pub signing_key: Option<String>,
}

/// A tenant that was made. The secrets are shown this once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantMade {
    /// Id: the account in policies and `x-amz-expected-bucket-owner`.
    pub id: String,
    /// Name.
    pub name: String,
    /// `required` or `off`.
    pub dual_control: String,
    /// `open`, or `no passphrase yet` for a sealed one.
    pub contents: String,
    /// One access key for each of its first people.
    pub keys: Vec<KeyMade>,
}

/// A tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantDetail {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `required` or `off`.
    pub dual_control: String,
    /// `open`, `no passphrase yet`, `locked` or `unlocked`.
    pub contents: String,
    /// Most bytes of content, history included.
    pub quota_bytes: Option<u64>,
    /// Most versions, history included.
    pub quota_versions: Option<u64>,
    /// People log in with a one-time password.
    pub one_time_passwords: bool,
    /// Days without use after which a new key does not work.
    pub unused_days: Option<u32>,
    /// How many users there are.
    pub users: u64,
    /// How many access keys there are.
    pub keys: u64,
    /// How many people can sign requests of others.
    pub approvers: u64,
    /// How its audit is kept.
    pub audit: TenantAudit,
    /// It is deleted; only the operator of the vault is shown that it was there.
    #[serde(default)]
    pub deleted: bool,
}

/// How an audit is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantAudit {
    /// `strict`: on record before the answer; `batched`: within a second of it.
    pub mode: String,
    /// Days for which entries are kept.
    pub keep_days: u32,
    /// Bytes that entries may take; none = no limit.
    pub budget_bytes: Option<u64>,
    /// The tenant set it itself.
    pub own: bool,
}

/// Tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantList {
    /// All that the caller may see.
    pub tenants: Vec<TenantDetail>,
}

/// What shall hold for a tenant; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// Id of the tenant; its own for a tenant's administrator.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Most bytes; 0 = no limit. For the operator of the vault alone.
    #[serde(default)]
    pub quota_bytes: Option<u64>,
    /// Most versions; 0 = no limit. For the operator of the vault alone.
    #[serde(default)]
    pub quota_versions: Option<u64>,
    /// People log in with a one-time password.
    #[serde(default)]
    pub one_time_passwords: Option<bool>,
    /// Days without use after which a new key does not work; 0 = never.
    #[serde(default)]
    pub unused_days: Option<u32>,
    /// `strict` or `batched`. What weakens the audit may need a second person.
    #[serde(default)]
    pub audit_mode: Option<String>,
    /// Days for which entries of the audit are kept, from 365 on.
    #[serde(default)]
    pub audit_keep_days: Option<u32>,
    /// Bytes that entries of the audit may take; 0 = as much as the vault gives.
    #[serde(default)]
    pub audit_budget_bytes: Option<u64>,
}

/// A user to be made, or changed: what is left out stays, or is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// Name.
    pub name: String,
    /// `person` or `system`; fixed when it is made. Default `person`.
    #[serde(default)]
    pub kind: Option<String>,
    /// `ingest-only`, `backup`, `restore-only`, `auditor`, `admin`, or `none`.
    #[serde(default)]
    pub preset: Option<String>,
    /// All groups, by name.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// All policies, by name.
    #[serde(default)]
    pub policies: Option<Vec<String>>,
    /// May sign requests of others.
    #[serde(default)]
    pub approver: Option<bool>,
    /// Public keys of OpenSSH that it gains.
    #[serde(default)]
    pub add_signing_keys: Vec<String>,
    /// Public keys of OpenSSH that it loses.
    #[serde(default)]
    pub remove_signing_keys: Vec<String>,
    /// No key of it works.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// Hours for which its keys work: an emergency or maintenance account.
    #[serde(default)]
    pub hours: Option<u32>,
    /// Number of the ticket of such an account.
    #[serde(default)]
    pub ticket: Option<String>,
    /// What is going to be done with such an account.
    #[serde(default)]
    pub plan: Option<String>,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserDetail {
    /// Name.
    pub name: String,
    /// `person` or `system`.
    pub kind: String,
    /// Preset.
    pub preset: Option<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Policies.
    pub policies: Vec<String>,
    /// May sign requests of others.
    pub approver: bool,
    /// Its public keys of OpenSSH.
    pub signing_keys: Vec<String>,
    /// No key of it works.
    pub disabled: bool,
    /// Has a secret for one-time passwords.
    pub one_time_password: bool,
    /// Until when its keys work.
    pub until: Option<String>,
    /// Ticket of a limited account.
    pub ticket: Option<String>,
    /// Plan of a limited account.
    pub plan: Option<String>,
}

/// Users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserList {
    /// By name.
    pub users: Vec<UserDetail>,
}

/// A group to be made or changed, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupDetail {
    /// Name.
    pub name: String,
    /// Preset of its members.
    #[serde(default)]
    pub preset: Option<String>,
    /// Policies of its members, by name.
    #[serde(default)]
    pub policies: Vec<String>,
}

/// Groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupList {
    /// By name.
    pub groups: Vec<GroupDetail>,
}

/// A policy of identities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDetail {
    /// Name.
    pub name: String,
    /// JSON in the policy language of AWS.
    pub document: String,
}

/// Policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyList {
    /// By name.
    pub policies: Vec<PolicyDetail>,
}

/// An access key that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyAsked {
    /// What it is for.
    pub label: String,
    /// Its owner. Default: a system of the name of the label, made if there is none.
    #[serde(default)]
    pub user: Option<String>,
    /// What it may do instead of what its owner may.
    #[serde(default)]
    pub preset: Option<String>,
    /// A policy instead of those of its owner, JSON.
    #[serde(default)]
    pub policy: Option<String>,
    /// Days until it ends.
    #[serde(default)]
    pub expires_days: Option<u32>,
    /// Days without use after which it does not work. Default: as the tenant says.
    #[serde(default)]
    pub unused_days: Option<u32>,
    /// Networks from which it works (`192.0.2.0/24`); none = all.
    #[serde(default)]
    pub source_cidrs: Vec<String>,
    /// SHA-256 of the client certificate with which alone it works, in hexadecimal.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Most requests a second.
    #[serde(default)]
    pub requests_per_second: Option<u64>,
    /// Most bytes of bodies a second.
    #[serde(default)]
    pub bytes_per_second: Option<u64>,
    /// Longest retention that it may ask for, in days.
    #[serde(default)]
    pub lock_days_max: Option<u32>,
    /// Most bytes that it may lock in a day.
    #[serde(default)]
    pub locked_bytes_per_day: Option<u64>,
}

/// An access key that was made. The secret is shown this once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyMade {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Its owner.
    pub user: String,
    /// What it is for.
    pub label: String,
}

/// An access key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyDetail {
    /// Access key id.
    pub access_key_id: String,
    /// What it is for.
    pub label: String,
    /// Its owner.
    pub user: String,
    /// Preset.
    pub preset: Option<String>,
    /// Policy of its own, JSON.
    pub policy: Option<String>,
    /// When it was made.
    pub created: String,
    /// When it ends.
    pub expires: Option<String>,
    /// Day of its last use.
    pub last_used: Option<String>,
    /// Days without use after which it does not work.
    pub unused_days: Option<u32>,
    /// `works`, or why it does not.
    pub state: String,
    /// Networks from which it works.
    pub source_cidrs: Vec<String>,
    /// SHA-256 of its client certificate.
    pub certificate: Option<String>,
}

/// Access keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyList {
    /// By id.
    pub keys: Vec<KeyDetail>,
}

/// What of a key shall change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Access key id.
    pub access_key_id: String,
    /// Does not work; an unused key that is enabled again starts anew.
    pub disabled: bool,
}

/// Which of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NameQuery {
    /// Name, or id of a key.
    pub name: String,
}

/// What was taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedIdentity {
    /// Name, or id of a key.
    pub removed: String,
}

/// A one-time password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginAsked {
    /// Six digits, as the authenticator shows them.
    pub code: String,
}

/// A key for some hours, with the rights of who logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionMade {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Seconds for which it works.
    pub seconds: u64,
}

/// A new secret for one-time passwords, shown this once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TotpMade {
    /// In base32, to type.
    pub secret: String,
    /// As a link, for a QR code (`otpauth://…`).
    pub uri: String,
}
