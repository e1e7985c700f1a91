//! `azekura tenant|user|group|policy|key|login|totp`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Online;

/// Verbs of `azekura tenant`.
#[derive(Subcommand, Debug)]
pub enum TenantCommand {
    /// Lists tenants: all for the operator of the vault, the own one for everybody else
    List(Online),
    /// Makes a tenant (an institution) with its first people
    Create(TenantCreateArgs),
    /// Shows a tenant, with how its audit is kept
    Show(super::tenancy::TenantNamed),
    /// Changes quotas or log-in rules
    Change(TenantChangeArgs),
    /// Takes the key of the contents of a sealed tenant into use, with its passphrase
    Unlock(super::seal::UnlockArgs),
    /// Forgets the key of the contents of a sealed tenant until the next unlock
    Lock(super::seal::LockArgs),
    /// Sets the passphrase of a sealed tenant, the first or another one
    Passphrase(super::seal::PassphraseArgs),
    /// Deletes a tenant that keeps nothing; a second person, of the tenant, signs
    Delete(super::tenancy::TenantDeleteArgs),
    /// Shows or sets how the audit of the own tenant is kept
    Audit(super::tenancy::TenantAuditArgs),
    /// What tenants keep and ask for, bucket by bucket, for billing
    Usage(super::tenancy::UsageArgs),
    /// Hands back every version of the own tenant, with a manifest and hashes
    Export(super::tenancy::TenantExportArgs),
}

/// `azekura tenant create`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant create 東病院 --dual-control required \\\n      --admin 山田 --signing-key yamada.pub --admin 鈴木 --signing-key suzuki.pub\n  azekura tenant create clinic --dual-control off --admin sato --json\n\nWhether two people are needed is fixed for ever. Give each person its key by hand; the secret\nis shown this once. With fewer than two people who can sign, what weakens waits a week."
)]
pub struct TenantCreateArgs {
    /// Name of the institution
    pub name: String,
    /// Whether what weakens or cannot be undone needs two people: required, off
    #[arg(long, value_name = "WHICH")]
    pub dual_control: String,
    /// A person who administers and approves; may be given again
    #[arg(long = "admin", value_name = "NAME")]
    pub admins: Vec<String>,
    /// Public key of OpenSSH of the admin at the same place; may be given again
    #[arg(long = "signing-key", value_name = "FILE")]
    pub signing_keys: Vec<PathBuf>,
    /// Most bytes of content, history included
    #[arg(long, value_name = "BYTES")]
    pub quota_bytes: Option<u64>,
    /// Most versions, history included
    #[arg(long, value_name = "NUMBER")]
    pub quota_versions: Option<u64>,
    /// Contents open only with a passphrase that its administrators set; fixed for ever
    #[arg(long)]
    pub sealed: bool,
    /// People open the admin API without one-time passwords
    #[arg(long)]
    pub without_one_time_passwords: bool,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura tenant change`.
#[derive(Args, Debug)]
pub struct TenantChangeArgs {
    /// Id of the tenant [default: that of the key]
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// Most bytes of content, history included; 0 = no limit (operator of the vault)
    #[arg(long, value_name = "BYTES")]
    pub quota_bytes: Option<u64>,
    /// Most versions, history included; 0 = no limit (operator of the vault)
    #[arg(long, value_name = "NUMBER")]
    pub quota_versions: Option<u64>,
    /// Whether people log in with a one-time password
    #[arg(long, value_name = "YES|NO")]
    pub one_time_passwords: Option<bool>,
    /// Days without use after which a new key does not work; 0 = never
    #[arg(long, value_name = "DAYS")]
    pub unused_days: Option<u32>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Verbs of `azekura user`.
#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Lists the users of the own tenant
    List(Online),
    /// Makes or changes a user; what is left out stays
    Set(Box<UserSetArgs>),
    /// Makes users from a CSV file: name,kind,preset,groups (groups divided by spaces)
    Import(ImportArgs),
    /// What a user was to do, against what was done
    Report(UserReportArgs),
    /// Takes a user away who owns no key
    Remove(OneName),
}

/// `azekura user report`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura user report vendor --from 2026-11-29\n  azekura user report vendor --from 2026-11-29 --json > vendor.json\n\nThe single requests: azekura audit query --principal vendor."
)]
pub struct UserReportArgs {
    /// Name
    pub name: String,
    /// From this time on, as 2026-11-23 or 2026-11-23T00:00:00Z
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura user set`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura user set 佐藤 --preset auditor\n  azekura user set 鈴木 --approver true --add-signing-key suzuki.pub\n  azekura user set vendor --hours 4 --ticket T-123 --plan \"replace a disk\" --preset admin\n  azekura user set 田中 --disabled true\n\nWhat gives administration, or takes an approver away, may need a second person."
)]
pub struct UserSetArgs {
    /// Name
    pub name: String,
    /// person or system; fixed when it is made
    #[arg(long)]
    pub kind: Option<String>,
    /// ingest-only, backup, restore-only, auditor, admin, none
    #[arg(long)]
    pub preset: Option<String>,
    /// A group; may be given again, all at once
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// A policy; may be given again, all at once
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// May sign requests of others
    #[arg(long, value_name = "TRUE|FALSE")]
    pub approver: Option<bool>,
    /// Public key of OpenSSH that it gains; may be given again
    #[arg(long = "add-signing-key", value_name = "FILE")]
    pub add_signing_keys: Vec<PathBuf>,
    /// Public key of OpenSSH that it loses; may be given again
    #[arg(long = "remove-signing-key", value_name = "FILE")]
    pub remove_signing_keys: Vec<PathBuf>,
    /// No key of it works
    #[arg(long, value_name = "TRUE|FALSE")]
    pub disabled: Option<bool>,
    /// Works for so many hours: an emergency or maintenance account
    #[arg(long, requires_all = ["ticket", "plan"])]
    pub hours: Option<u32>,
    /// Number of the ticket
    #[arg(long)]
    pub ticket: Option<String>,
    /// What is going to be done
    #[arg(long)]
    pub plan: Option<String>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// A file of users.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// CSV with a head line
    pub file: PathBuf,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Something by name.
#[derive(Args, Debug)]
pub struct OneName {
    /// Name, or id of a key
    pub name: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Verbs of `azekura group`.
#[derive(Subcommand, Debug)]
pub enum GroupCommand {
    /// Lists the groups of the own tenant
    List(Online),
    /// Makes or changes a group, whole
    Set(GroupSetArgs),
    /// Takes a group away that has no members
    Remove(OneName),
}

/// `azekura group set`.
#[derive(Args, Debug)]
pub struct GroupSetArgs {
    /// Name
    pub name: String,
    /// Preset of its members
    #[arg(long)]
    pub preset: Option<String>,
    /// A policy of its members; may be given again
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Verbs of `azekura policy`.
#[derive(Subcommand, Debug)]
pub enum PolicyCommand {
    /// Lists the policies of the own tenant
    List(Online),
    /// Makes or changes a policy, from JSON in the policy language of AWS
    Set(PolicySetArgs),
    /// Takes a policy away that nobody has
    Remove(OneName),
    /// Whether a key may do something, and which statement decides it
    Explain(super::tenancy::PolicyExplainArgs),
}

/// `azekura policy set`.
#[derive(Args, Debug)]
pub struct PolicySetArgs {
    /// Name
    pub name: String,
    /// File with the JSON
    pub file: PathBuf,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Verbs of `azekura key`.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Lists the access keys of the own tenant, without secrets
    List(Online),
    /// Makes an access key; its secret is shown this once
    Create(Box<KeyCreateArgs>),
    /// Makes access keys from a CSV file: label,user,preset,expires-days
    Import(super::tenancy::KeyImportArgs),
    /// Disables an access key
    Disable(OneName),
    /// Enables an access key again
    Enable(OneName),
    /// Takes an access key away for ever
    Remove(OneName),
}

/// `azekura key create`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura key create --preset ingest-only --label pacs --json\n  azekura key create --preset backup --label restic --expires-days 365 --source 192.0.2.0/24\n  azekura key create --user 山田 --label laptop\n\nWithout --user the owner is a system of the name of the label. Without preset and policy a key\nmay do what its owner may."
)]
pub struct KeyCreateArgs {
    /// What it is for
    #[arg(long)]
    pub label: String,
    /// Its owner
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// ingest-only, backup, restore-only, auditor, admin
    #[arg(long)]
    pub preset: Option<String>,
    /// File with a policy of its own, JSON; beside a preset both must allow
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Days until it ends
    #[arg(long, value_name = "DAYS")]
    pub expires_days: Option<u32>,
    /// Days without use after which it does not work [default: as the tenant says]
    #[arg(long, value_name = "DAYS")]
    pub unused_days: Option<u32>,
    /// A network from which it works; may be given again [default: all]
    #[arg(long = "source", value_name = "CIDR")]
    pub sources: Vec<String>,
    /// SHA-256 of the client certificate with which alone it works
    #[arg(long, value_name = "HEX")]
    pub certificate: Option<String>,
    /// Most requests a second
    #[arg(long, value_name = "NUMBER")]
    pub requests_per_second: Option<u64>,
    /// Most bytes of bodies a second
    #[arg(long, value_name = "BYTES")]
    pub bytes_per_second: Option<u64>,
    /// Longest retention that it may ask for, in days
    #[arg(long, value_name = "DAYS")]
    pub lock_days_max: Option<u32>,
    /// Most bytes that it may lock in a day
    #[arg(long, value_name = "BYTES")]
    pub locked_bytes_per_day: Option<u64>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura login`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  eval \"$(azekura login --code 123456)\"\n  azekura login --code 123456 --json\n\nPrints a key that works for eight hours, as exports for the shell."
)]
pub struct LoginArgs {
    /// One-time password, as the authenticator shows it
    #[arg(long)]
    pub code: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// Verbs of `azekura totp`.
#[derive(Subcommand, Debug)]
pub enum TotpCommand {
    /// Makes a secret for one-time passwords, for the owner of the key, once
    Enrol(Online),
}
