//! The independent reader agrees with the server on every version, and goes on past erased records.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::client::content_hash;
use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::writers::{self, Ledger};
use crate::{Bench, Failure, clock, content, tools};

/// Fills a vault through many writers, then lets `azekura_reader.py` (standard library and one
/// crypto package, written from the format documents) list and verify it.
pub(crate) fn the_independent_reader_agrees(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("python3") {
        return Ok(Outcome::Skipped("python3 is not installed".to_owned()));
    }
    let versions = bench.number(2_000, 20_000);
    let vault = bench.directory("reader")?.join("vault");
    let server = Server::start(&bench.binary, &vault)?;
    writers::versioned_bucket(server.s3_authority(), "reader")?;
    let ledger = Ledger::default();
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (ledger, authority) = (&ledger, server.s3_authority().to_owned());
            scope.spawn(move || {
                writers::write_until_stopped(ledger, &authority, "reader", writer);
            });
        }
        let limit = std::time::Duration::from_secs(600);
        let enough = u64::try_from(versions).unwrap_or(0);
        let reached = clock::wait_for(limit, || (ledger.count() >= enough).then_some(()));
        ledger.stop();
        reached.ok_or("the writers made no progress")
    })?;
    if server.stop()? != 0 {
        return Err("SIGTERM did not end the server cleanly".into());
    }
    let acknowledged = ledger.snapshot()?;
    let read = run_reader(bench, &vault)?;
    for ((key, version), stored) in &acknowledged {
        let line = read
            .get(version)
            .ok_or_else(|| format!("{key} {version} is not read"))?;
        let same_key = line.get("key").and_then(Value::as_str) == Some(key);
        let hash = stored.map(|(seed, length)| content_hash(&content::make(seed, length)));
        let same_hash = hash.is_none_or(|hash| {
            line.get("sha256").and_then(Value::as_str) == Some(hash.as_str())
                && line.get("verified").and_then(Value::as_bool) == Some(true)
        });
        if !same_key || !same_hash {
            return Err(format!("{key} {version}: the reader says {line}").into());
        }
    }
    let erased = erase_one(&vault, &read)?;
    let after = run_reader(bench, &vault)?;
    let still = after
        .iter()
        .filter(|(_, line)| line.get("verified").and_then(Value::as_bool) == Some(true))
        .count();
    let before = read
        .iter()
        .filter(|(_, line)| line.get("verified").and_then(Value::as_bool) == Some(true))
        .count();
    if still + 1 != before {
        return Err(format!("{before} verified before, {still} after erasing {erased}").into());
    }
    Ok(Outcome::Passed(Figures::from([(
        "versions",
        acknowledged.len().into(),
    )])))
}

/// Runs the reader that the vault itself carries; its lines by version id.
pub(super) fn run_reader(bench: &Bench, vault: &Path) -> Result<BTreeMap<String, Value>, Failure> {
    let mut reader = bench.tools.command("python3");
    reader
        .arg(vault.join("decoder/azekura_reader.py"))
        .args(["--json", "--verify"])
        .arg(vault);
    let output = tools::output(&mut reader)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = BTreeMap::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line)?;
        if let Some(version) = value.get("version").and_then(Value::as_str) {
            lines.insert(version.to_owned(), value.clone());
        }
    }
    if lines.is_empty() {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the reader read nothing: {error}").into());
    }
    Ok(lines)
}

/// Zeroes the particulars and the inline payload of one version by hand.
fn erase_one(vault: &Path, read: &BTreeMap<String, Value>) -> Result<String, Failure> {
    let inline = |line: &Value| {
        line.get("payload_at").is_some_and(Value::is_object)
            && line.get("verified").and_then(Value::as_bool) == Some(true)
    };
    let (version, line) = read
        .iter()
        .find(|(_, line)| inline(line))
        .ok_or("no version with inline payload")?;
    for part in ["particulars_at", "payload_at"] {
        let place = line.get(part).ok_or("the reader gave no location")?;
        let number = |name: &str| place.get(name).and_then(Value::as_u64).ok_or("no number");
        let segment = place.get("file").and_then(Value::as_str).ok_or("no file")?;
        let (offset, length) = (number("offset")?, number("length")?);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(vault.join(segment))?;
        let zeros = vec![0; usize::try_from(length)?];
        std::os::unix::fs::FileExt::write_all_at(&file, &zeros, offset)?;
    }
    Ok(version.clone())
}
