//! `azekura tls issue`

mod authority;
mod text;

use std::collections::BTreeSet;
use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use azekura_store::clock::{SystemTimeSource, TimeSource as _};
use serde::Serialize;
use time::OffsetDateTime;

use crate::args::IssueArgs;
use crate::exit::{CommandError, Exit};
use crate::{offline, output};
use authority::{Authority, Kind};

/// What was issued.
#[derive(Serialize)]
struct Issued {
    ca: PathBuf,
    ca_made: bool,
    ca_not_after: String,
    certificates: Vec<Certificate>,
}

/// One certificate.
#[derive(Serialize)]
struct Certificate {
    kind: Kind,
    names: Vec<String>,
    certificate: PathBuf,
    key: PathBuf,
    not_after: String,
    sha256: String,
}

pub(crate) fn run(args: &IssueArgs, json: bool) -> Result<Exit, CommandError> {
    let seconds = SystemTimeSource.wall().0.div_euclid(1000);
    let now = OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))?;
    let issued = issue(args, now)?;
    output::answer(&issued, json, text::of)
}

/// Makes what is asked for. Everything is judged before the first file is written.
fn issue(args: &IssueArgs, now: OffsetDateTime) -> Result<Issued, CommandError> {
    let plans = plans(args)?;
    for plan in &plans {
        offline::must_not_exist(&plan.certificate)?;
        offline::must_not_exist(&plan.key)?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&args.dir)
        .map_err(|error| failed(&args.dir, &error))?;
    let (authority, ca_made) = authority::open(&args.dir, args.ca_name.as_deref(), now)?;
    let days = time::Duration::days(i64::from(args.days));
    let mut certificates = Vec::new();
    for plan in plans {
        certificates.push(make(&authority, plan, now, days)?);
    }
    Ok(Issued {
        ca: args.dir.join(authority::CERTIFICATE),
        ca_made,
        ca_not_after: day(authority.not_after),
        certificates,
    })
}

fn make(
    authority: &Authority,
    plan: Plan,
    now: OffsetDateTime,
    days: time::Duration,
) -> Result<Certificate, CommandError> {
    let made = authority.issue(plan.kind, &plan.names, now, days)?;
    // The key first: a certificate without its key would only be in the way.
    write_new(&plan.key, &made.key, 0o600)?;
    write_new(&plan.certificate, &made.certificate, 0o644)?;
    Ok(Certificate {
        kind: plan.kind,
        names: plan.names,
        certificate: plan.certificate,
        key: plan.key,
        not_after: day(made.not_after),
        sha256: made.sha256,
    })
}

/// A certificate that is to be made.
struct Plan {
    kind: Kind,
    names: Vec<String>,
    certificate: PathBuf,
    key: PathBuf,
}

fn plans(args: &IssueArgs) -> Result<Vec<Plan>, CommandError> {
    let mut plans = Vec::new();
    if let Some(first) = args.servers.first() {
        for name in &args.servers {
            let fits = |c: char| c.is_ascii_alphanumeric() || ".-:*".contains(c);
            check(name, fits, "a host name or an address")?;
        }
        plans.push(plan(args, Kind::Server, first, args.servers.clone()));
    }
    let mut known = BTreeSet::new();
    for name in &args.clients {
        let fits = |c: char| c.is_alphanumeric() || "._-@ ".contains(c);
        check(name, fits, "letters, digits and . _ - @")?;
        if !known.insert(name) {
            return Err(CommandError::new(
                Exit::Usage,
                format!("client {name:?} is named twice"),
            ));
        }
        plans.push(plan(args, Kind::Client, name, vec![name.clone()]));
    }
    Ok(plans)
}

fn plan(args: &IssueArgs, kind: Kind, name: &str, names: Vec<String>) -> Plan {
    let prefix = match kind {
        Kind::Server => "server",
        Kind::Client => "client",
    };
    let name = name.replace([':', '*', ' '], "_");
    let file = |ending: &str| args.dir.join(format!("{prefix}-{name}.{ending}"));
    Plan {
        kind,
        names,
        certificate: file("pem"),
        key: file("key"),
    }
}

fn check(name: &str, fits: impl Fn(char) -> bool, what: &str) -> Result<(), CommandError> {
    let fits = name.chars().all(fits) && !name.starts_with('.') && name.chars().count() <= 64;
    if fits && !name.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Usage,
        format!("{name:?} cannot be a name in a certificate"),
    )
    .hint(format!("Use {what}, 64 characters at most.")))
}

/// Writes a file that was not there, durable.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), CommandError> {
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(Exit::Io, format!("{}: {error}", path.display()))
}

/// A time as a day.
fn day(time: OffsetDateTime) -> String {
    time.date().to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn args(dir: &Path, servers: &[&str], clients: &[&str]) -> IssueArgs {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        IssueArgs {
            dir: dir.to_owned(),
            ca_name: None,
            servers: owned(servers),
            clients: owned(clients),
            days: 397,
        }
    }

    fn day_of(days: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap() + time::Duration::days(days)
    }

    #[test]
    fn a_ca_is_made_once_and_nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("tls");
        let first = args(&dir, &["s3.hospital.example", "10.0.0.5"], &["pacs"]);
        let made = issue(&first, day_of(0)).unwrap();
        assert!(made.ca_made);
        assert_eq!(made.certificates.len(), 2);
        let ca = std::fs::read(dir.join("ca.pem")).unwrap();
        for key in [
            "ca.key",
            "server-s3.hospital.example.key",
            "client-pacs.key",
        ] {
            let mode = std::fs::metadata(dir.join(key)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{key}");
        }
        let refused = issue(&args(&dir, &[], &["new", "pacs"]), day_of(1))
            .err()
            .unwrap();
        assert_eq!(refused.exit, Exit::Refused);
        assert!(!dir.join("client-new.pem").exists());
        let more = issue(&args(&dir, &[], &["放射線科"]), day_of(1)).unwrap();
        assert!(!more.ca_made);
        assert_eq!(std::fs::read(dir.join("ca.pem")).unwrap(), ca);
    }

    #[test]
    fn no_certificate_outlives_its_ca() {
        let dir = tempfile::tempdir().unwrap();
        let made = issue(&args(dir.path(), &[], &["early"]), day_of(0)).unwrap();
        let end = made.ca_not_after;
        let late = issue(&args(dir.path(), &[], &["late"]), day_of(3_500)).unwrap();
        assert_eq!(late.certificates[0].not_after, end);
        let over = issue(&args(dir.path(), &[], &["over"]), day_of(4_000))
            .err()
            .unwrap();
        assert!(over.message.contains("has expired"), "{}", over.message);
    }

    #[test]
    fn a_ca_that_is_not_whole_is_no_ca() {
        let dir = tempfile::tempdir().unwrap();
        issue(&args(dir.path(), &[], &["one"]), day_of(0)).unwrap();
        let named = IssueArgs {
            ca_name: Some("Another".to_owned()),
            ..args(dir.path(), &[], &["two"])
        };
        assert_eq!(issue(&named, day_of(0)).err().unwrap().exit, Exit::Usage);
        let other = std::fs::read(dir.path().join("client-one.key")).unwrap();
        std::fs::write(dir.path().join("ca.key"), other).unwrap();
        let refused = issue(&args(dir.path(), &[], &["two"]), day_of(0))
            .err()
            .unwrap();
        assert!(refused.message.contains("ca.key"), "{}", refused.message);
        std::fs::remove_file(dir.path().join("ca.key")).unwrap();
        let refused = issue(&args(dir.path(), &[], &["two"]), day_of(0))
            .err()
            .unwrap();
        assert_eq!(refused.exit, Exit::Refused);
    }

    #[test]
    fn names_that_would_leave_the_directory_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        for client in ["../x", "", ".", "a/b"] {
            let refused = issue(&args(dir.path(), &[], &[client]), day_of(0)).err();
            assert_eq!(refused.unwrap().exit, Exit::Usage, "{client:?}");
        }
        assert!(!dir.path().join("ca.pem").exists());
    }
}
