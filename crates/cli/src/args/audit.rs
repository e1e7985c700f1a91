//! `azekura audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Online;

/// Verbs of `azekura audit`.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Prints who read, listed, changed or was refused what
    Query(AuditQueryArgs),
}

/// `azekura audit query`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  azekura audit query --patient 0012345678\n  azekura audit query --bucket images --from 2026-11-01 --to 2026-12-01 --out november.jsonl\n  azekura audit query --result refused --format s3\n\nReads are on record within a second (batched) or before they are answered (strict)."
)]
pub struct AuditQueryArgs {
    /// Only what concerns this patient, as object keys name it
    #[arg(long, value_name = "ID")]
    pub patient: Option<String>,
    /// Only this bucket
    #[arg(long)]
    pub bucket: Option<String>,
    /// Only object keys that begin so
    #[arg(long)]
    pub prefix: Option<String>,
    /// Only this person, system or access key id
    #[arg(long, value_name = "NAME")]
    pub principal: Option<String>,
    /// From this time on, as 2026-11-23 or 2026-11-23T00:00:00Z
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Only what was done, or only what was refused
    #[arg(long, value_enum)]
    pub result: Option<AuditResultArg>,
    /// Form of the lines
    #[arg(long, value_enum, default_value = "jsonl")]
    pub format: AuditFormat,
    /// File to write; must not exist yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which server
    #[command(flatten)]
    pub online: Online,
}

/// How a request ended.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditResultArg {
    /// Answered
    Done,
    /// Refused or failed
    Refused,
}

/// Forms of lines.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFormat {
    /// JSON Lines
    Jsonl,
    /// OCSF, class API Activity (6003), as JSON Lines
    Ocsf,
    /// Lines of S3 server access logs
    S3,
}
