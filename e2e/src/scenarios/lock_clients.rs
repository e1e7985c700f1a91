//! Clients that know nothing of locks, unchanged, against a bucket whose default is COMPLIANCE for
//! 30 days; and one that keeps its own books of locks.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::clients::{change, text};
use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, clock, tools, tree};

/// Days of the default.
const DAYS: &str = "30";
/// Seed of the tree.
const SEED: u64 = 20_261_123;

/// A server whose COMPLIANCE defaults are final at once.
fn start(bench: &Bench, home: &Path) -> Result<Server, Failure> {
    let config = home.join("azekura.toml");
    std::fs::write(&config, CONFIG)?;
    let vault = home.join("vault");
    let mut command = Command::new(&bench.binary);
    command.args(server::arguments(&vault));
    command.arg("--config").arg(config);
    Server::start_command(command, &vault)
}

/// Without it a COMPLIANCE default is on trial for three days, and shows GOVERNANCE.
const CONFIG: &str = "[retention]\nprobation_hours = 0\n";

fn lock(bench: &Bench, server: &Server, words: &[&str]) -> Result<String, Failure> {
    let mut script = bench.tools.python("lock_bucket.py", server);
    tools::run(script.args(words))
}

/// Versions, and how many of them S3 hides, after every one was found locked.
fn kept(bench: &Bench, server: &Server, bucket: &str) -> Result<(u64, u64), Failure> {
    let printed = lock(bench, server, &["kept", bucket, DAYS])?;
    let (count, hidden) = printed.trim().split_once(' ').ok_or("no counts")?;
    Ok((count.parse()?, hidden.parse()?))
}

fn missing(bench: &Bench, names: &[&str]) -> Option<Outcome> {
    let name = names.iter().find(|name| !bench.tools.has(name))?;
    Some(Outcome::Skipped(format!("{name} is not installed")))
}

/// restic: two backups, `forget --prune`, `check`. The deletes of prune make markers; without them
/// the repository is what it was, and the first day is restored from it.
pub(crate) fn restic(bench: &Bench) -> Result<Outcome, Failure> {
    if let Some(skipped) = missing(bench, &["restic", "python3"]) {
        return Ok(skipped);
    }
    let home = bench.directory("lock_restic")?;
    let (source, restored) = (home.join("source"), home.join("restored"));
    let bytes = tree::generate(&source, bench.number(300, 3_000), SEED)?;
    let server = start(bench, &home)?;
    lock(bench, &server, &["make", "restic", DAYS])?;
    let restic = |arguments: &[&str]| {
        let mut command = bench.tools.client("restic", &server);
        command
            .env("RESTIC_PASSWORD", "synthetic")
            .env("RESTIC_REPOSITORY", format!("s3:{}/restic", server.s3))
            .env("RESTIC_CACHE_DIR", home.join("cache"))
            .current_dir(&source)
            .args(arguments);
        tools::run(&mut command)
    };
    restic(&["init"])?;
    restic(&["backup", "--tag", "monday", "."])?;
    let monday = home.join("monday");
    restic(&["restore", "latest", "--target", &text(&monday)])?;
    let mut compared = tree::compare(&source, &monday)?;
    // Most of Monday goes, so that prune has packs to delete.
    for file in tree::files(&source)?.values().skip(3).step_by(2) {
        std::fs::remove_file(file)?;
    }
    change(&source)?;
    restic(&["backup", "--tag", "tuesday", "."])?;
    restic(&["forget", "--keep-last", "1", "--group-by", "", "--prune"])?;
    restic(&["check", "--read-data"])?;
    restic(&["restore", "latest", "--target", &text(&restored)])?;
    compared += tree::compare(&source, &restored)?;
    let (versions, hidden) = kept(bench, &server, "restic")?;
    // Snapshots, packs and indexes come back; the marks of restic's own exclusive access do not.
    lock(bench, &server, &["unhide", "restic", "locks/"])?;
    let again = home.join("again");
    restic(&[
        "restore",
        "latest",
        "--tag",
        "monday",
        "--target",
        &text(&again),
    ])?;
    compared += tree::compare(&monday, &again)?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([
        ("files", compared.into()),
        ("bytes", bytes.into()),
        ("versions_locked", versions.into()),
        ("hidden_by_prune", hidden.into()),
    ])))
}

/// rclone: `sync`, the next day's `sync` which deletes and overwrites, and the first day read back
/// by `--s3-version-at`.
pub(crate) fn rclone(bench: &Bench) -> Result<Outcome, Failure> {
    if let Some(skipped) = missing(bench, &["rclone", "python3"]) {
        return Ok(skipped);
    }
    let home = bench.directory("lock_rclone")?;
    let (source, first) = (home.join("source"), home.join("first"));
    let bytes = tree::generate(&source, bench.number(300, 3_000), SEED)?;
    let server = start(bench, &home)?;
    lock(bench, &server, &["make", "rclone", DAYS])?;
    let rclone = |arguments: &[&str]| {
        let mut command = bench.tools.client("rclone", &server);
        tools::run(command.args(["--s3-upload-cutoff", "16M"]).args(arguments))
    };
    rclone(&["sync", "--checksum", &text(&source), "az:rclone/t"])?;
    rclone(&["copy", "az:rclone/t", &text(&first)])?;
    let mut compared = tree::compare(&source, &first)?;
    // Versions are told apart by seconds.
    clock::pause(Duration::from_secs(2));
    let then = time::OffsetDateTime::from_unix_timestamp(clock::unix_seconds())?;
    let then = then.format(&time::format_description::well_known::Rfc3339)?;
    clock::pause(Duration::from_secs(2));
    change(&source)?;
    rclone(&["sync", "--checksum", &text(&source), "az:rclone/t"])?;
    rclone(&["check", "--download", &text(&source), "az:rclone/t"])?;
    let again = home.join("again");
    rclone(&[
        "copy",
        "--s3-version-at",
        &then,
        "az:rclone/t",
        &text(&again),
    ])?;
    compared += tree::compare(&first, &again)?;
    let (versions, hidden) = kept(bench, &server, "rclone")?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([
        ("files", compared.into()),
        ("bytes", bytes.into()),
        ("versions_locked", versions.into()),
        ("hidden_by_sync", hidden.into()),
    ])))
}

/// boto3: a tree stored in parts and whole, overwritten, deleted in batches, brought back, restored.
pub(crate) fn boto3(bench: &Bench) -> Result<Outcome, Failure> {
    if let Some(skipped) = missing(bench, &["python3"]) {
        return Ok(skipped);
    }
    let home = bench.directory("lock_boto3")?;
    let (source, restored) = (home.join("source"), home.join("restored"));
    let bytes = tree::generate(&source, bench.number(200, 2_000), SEED)?;
    let server = start(bench, &home)?;
    lock(bench, &server, &["make", "boto3", DAYS])?;
    let words = ["work", "boto3", &text(&source), &text(&restored)];
    lock(bench, &server, &words)?;
    let compared = tree::compare(&source, &restored)?;
    let (versions, hidden) = kept(bench, &server, "boto3")?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([
        ("files", compared.into()),
        ("bytes", bytes.into()),
        ("versions_locked", versions.into()),
        ("hidden", hidden.into()),
    ])))
}

/// See `e2e/py/boto3_veeam_like.py`.
pub(crate) fn veeam_like(bench: &Bench) -> Result<Outcome, Failure> {
    if let Some(skipped) = missing(bench, &["python3"]) {
        return Ok(skipped);
    }
    let home = bench.directory("lock_veeam_like")?;
    let server = start(bench, &home)?;
    let printed = tools::run(&mut bench.tools.python("boto3_veeam_like.py", &server))?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([(
        "blocks",
        json!(printed.trim()),
    )])))
}
