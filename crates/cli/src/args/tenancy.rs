//! `azekura tenant usage|export`, `azekura blast-radius`, `azekura policy explain`, `azekura key import`.

use std::path::PathBuf;

use clap::Args;

use super::{Language, Online};

/// `azekura tenant usage`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant usage\n  azekura tenant usage --csv > usage.csv\n  azekura tenant usage --tenant ID --json\n\nThe operator of the vault sees the numbers of all tenants, everybody else those of the own one.\nRequests and byte-hours are counted since the start of the server; a restart begins anew, so\nfetch them before one. What is kept is counted now, hidden history included."
)]
pub struct UsageArgs {
    /// Id of a tenant [default: all that may be seen]
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// One line a bucket and a line a kind of request, comma-separated
    #[arg(long)]
    pub csv: bool,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// A tenant.
#[derive(Args, Debug)]
pub struct TenantNamed {
    /// Name or id of the tenant [default: that of the key]
    #[arg(value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura tenant delete`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant delete 東病院\n\nFor the operator of the vault. The tenant must have no bucket, and no deleted one of which\nsomething is kept. With --dual-control required an approver of the tenant signs, and the same\ncall is made again after the cooling-off. Its keys, people and sessions stop at once; its audit\nis kept for its period; its name is never given again. Let it export its audit before."
)]
pub struct TenantDeleteArgs {
    /// Name or id of the tenant
    #[arg(value_name = "TENANT")]
    pub tenant: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura tenant audit`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant audit\n  azekura tenant audit 東病院 --mode strict --keep-days 3653\n  azekura tenant audit --budget 200GiB\n\nWith fewer days, less space or batched instead of strict, the audit keeps less: with\n--dual-control required that needs a second person, and the same call again after the cooling-off.\nEntries that are older than the days are erased by the vault itself, by compliance time."
)]
pub struct TenantAuditArgs {
    /// Which tenant
    #[command(flatten)]
    pub named: TenantNamed,
    /// strict: on record before the answer; batched: within a second of it
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,
    /// Days for which entries are kept, from 365 on
    #[arg(long, value_name = "DAYS")]
    pub keep_days: Option<u32>,
    /// Space for entries, such as 200GiB; 0 = as much as the vault gives
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub budget: Option<u64>,
}

/// `azekura tenant export`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura tenant export --out /mnt/return\n  azekura tenant export --out /mnt/return --history\n\nWrites content/ (files named by numbers, never by keys), manifest.jsonl (one line a version:\nbucket, key, version, SHA-256, times, lock, metadata, tags) and manifest.sha256. Run again after a\nbreak, it goes on. At the end every file is read and hashed again. The key needs\nazekura:ExportTenant, by a policy or by the right `export` of the configuration; no preset has it."
)]
pub struct TenantExportArgs {
    /// Directory to write to; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What S3 no longer shows, too: hidden history and deleted buckets
    #[arg(long)]
    pub history: bool,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura blast-radius`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura blast-radius --key AZK0123\n  azekura blast-radius --key AZK0123 --lang en --json"
)]
pub struct BlastArgs {
    /// Access key id
    #[arg(long, value_name = "ID")]
    pub key: String,
    /// Language
    #[arg(
        long,
        value_enum,
        value_name = "LANG",
        env = "AZEKURA_LANG",
        default_value = "ja"
    )]
    pub lang: Language,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura policy explain`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura policy explain --key AZK0123 --action s3:GetObject \\\n      --resource arn:aws:s3:::karte/2026/00123.pdf"
)]
pub struct PolicyExplainArgs {
    /// Access key id
    #[arg(long, value_name = "ID")]
    pub key: String,
    /// As policies name it: s3:GetObject
    #[arg(long, value_name = "ACTION")]
    pub action: String,
    /// As policies name it: arn:aws:s3:::BUCKET/KEY
    #[arg(long, value_name = "ARN")]
    pub resource: String,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// `azekura key import`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura key import keys.csv --out secrets.csv\n\nThe file begins with the line label,user,preset,expires-days; user, preset and days may be empty.\nThe secrets are written once, to a new file that only its owner can read. Stops at the first line\nthat is refused; what was made until then is in the file."
)]
pub struct KeyImportArgs {
    /// CSV with a head line
    pub file: PathBuf,
    /// New file for ids and secrets
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// A size in bytes, as people write it: `200GiB`.
fn size(text: &str) -> Result<u64, String> {
    azekura_model::size::parse_size(text)
        .ok_or_else(|| "give a whole number with or without a unit, such as 200GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("200GiB"), Ok(200 << 30));
        assert_eq!(size("5 kb"), Ok(5000));
        assert!(size("many").is_err());
        assert!(size("99999999999TiB").is_err());
    }
}
