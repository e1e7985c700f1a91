//! Disposal, lifecycle rules and the keeper as a user meets them: what is due and not locked is gone
//! from S3, from history and from the disk; what is locked stays byte for byte; a kill -9 in the middle
//! of an erasure changes neither.

mod kills;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::reader::run_reader;
use crate::report::{Figures, Outcome};
use crate::server::{self, ACCESS_KEY, SECRET_KEY, Server};
use crate::{Bench, Failure, clock, tools};

/// The bucket that disposals are asked for; the others follow lifecycle rules.
const BUCKET: &str = "disposed";
/// What no disposal and no rule takes.
const STAYS: [&str; 5] = ["compliance", "governance", "hold", "newest", "later"];
/// Bytes that the certificate must say were in files: most of what goes is.
const BLOBS_MIN: u64 = 24 << 20;

/// See `e2e/py/boto3_disposal.py` for what is stored.
pub(crate) fn what_is_due_is_erased_and_what_is_locked_stays(
    bench: &Bench,
) -> Result<Outcome, Failure> {
    if !bench.tools.has("python3") {
        return Ok(Outcome::Skipped("python3 is not installed".to_owned()));
    }
    let home = bench.directory("disposal")?;
    let run = Run {
        bench,
        vault: home.join("vault"),
        config: home.join("azekura.toml"),
        state: home.join("state.json"),
    };
    std::fs::write(
        &run.config,
        "[lifecycle]\nhistory_days = 0\ninterval_seconds = 0\n\
         i_accept_a_cooling_off_of_seconds = 1\n",
    )?;
    let server = run.start()?;
    run.script(&server, "fill", &[])?;
    let stored: Value = serde_json::from_slice(&std::fs::read(&run.state)?)?;
    let before = run.disk_bytes()?;
    let erased = dispose_and_certify(&run, &server, &stored)?;
    let after = run.disk_bytes()?;
    let returned = before.saturating_sub(after);
    let gone = versions(&stored, |kind| !STAYS.contains(&kind));
    let gone: u64 = gone.iter().map(|(.., bytes)| bytes).sum();
    // The records of the erasure take a little.
    if returned < gone / 20 * 19 {
        return Err(format!("the disk gave back {returned} of {gone} bytes").into());
    }
    let (server, killed) = kills::in_the_middle_of_a_pass(&run, server)?;
    run.script(&server, "check", &STAYS)?;
    let shown = run.script(&server, "list", &[])?;
    server.stop()?;
    run.offline(&["check", "--json"])?;
    run.offline(&["rebuild-index"])?;
    let server = run.start()?;
    if run.script(&server, "list", &[])? != shown {
        return Err("a rebuilt index lists something else".into());
    }
    server.stop()?;
    the_reader_agrees(&run, &stored)?;
    Ok(Outcome::Passed(Figures::from([
        ("versions_certified", erased.into()),
        ("mib_returned", (returned >> 20).into()),
        ("kills", killed.rounds.into()),
        ("kills_in_a_pass", killed.in_a_pass.into()),
        ("versions_released_among_kills", killed.released.into()),
    ])))
}

/// A vault and what drives it.
struct Run<'a> {
    bench: &'a Bench,
    vault: PathBuf,
    config: PathBuf,
    state: PathBuf,
}

impl Run<'_> {
    fn start(&self) -> Result<Server, Failure> {
        let mut command = Command::new(&self.bench.binary);
        command.args(server::arguments(&self.vault));
        command.arg("--config").arg(&self.config);
        Server::start_command(command, &self.vault)
    }

    fn script(&self, server: &Server, phase: &str, kinds: &[&str]) -> Result<String, Failure> {
        let mut script = self.bench.tools.python("boto3_disposal.py", server);
        tools::run(script.arg(phase).arg(&self.state).args(kinds))
            .map_err(|error| format!("{phase} {kinds:?}: {error}").into())
    }

    /// A command of the CLI for a running server.
    fn online(&self, server: &Server, words: &[&str]) -> Command {
        let mut command = Command::new(&self.bench.binary);
        command
            .args(words)
            .args(["--json", "--endpoint", &server.admin])
            .env("AZEKURA_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AZEKURA_SECRET_ACCESS_KEY", SECRET_KEY);
        command
    }

    /// Its answer.
    fn ask(&self, server: &Server, words: &[&str]) -> Result<Value, Failure> {
        let printed = tools::run(&mut self.online(server, words))?;
        serde_json::from_str(&printed)
            .map_err(|error| format!("{words:?} printed no JSON: {error}\n{printed}").into())
    }

    /// A command of the CLI for a vault that no server has open.
    fn offline(&self, words: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.bench.binary);
        command.arg("vault").args(words);
        tools::run(command.arg("--data-dir").arg(&self.vault))
    }

    /// Bytes on the disk, as `du` counts them, without the index.
    fn disk_bytes(&self) -> Result<u64, Failure> {
        let mut du = Command::new("du");
        du.args(["-s", "-B1", "--exclude=index"]).arg(&self.vault);
        let printed = tools::run(&mut du)?;
        Ok(printed
            .split_whitespace()
            .next()
            .ok_or("du printed nothing")?
            .parse()?)
    }

    /// Passes of the keeper until one finds nothing to do. Nothing may fail.
    fn keep(&self, server: &Server, bucket: &str) -> Result<u64, Failure> {
        let mut released = 0;
        for _ in 0..20 {
            let pass = self.ask(server, &["lifecycle", "run", bucket])?;
            let number = |name: &str| pass.get(name).and_then(Value::as_u64).unwrap_or(0);
            if number("failed") != 0 {
                return Err(format!("a pass over {bucket} failed in part: {pass}").into());
            }
            released += number("released") + number("finished");
            let done = ["finished", "released", "expired", "removed", "disposed"];
            if done.iter().all(|name| number(name) == 0) {
                return Ok(released);
            }
        }
        Err(format!("the keeper does not come to an end in {bucket}").into())
    }

    /// Asks for a disposal of a prefix; its id.
    fn request(&self, server: &Server, bucket: &str, prefix: &str) -> Result<String, Failure> {
        let reason = ["--reason", "保存期間の満了"];
        let mut words = vec!["disposal", "request", bucket, "--prefix", prefix];
        words.extend(reason);
        text(&self.ask(server, &words)?, "id")
    }

    /// Waits until a disposal has acted, in passes of the keeper; then as it is shown.
    fn acted(&self, server: &Server, bucket: &str, id: &str) -> Result<Value, Failure> {
        let shown = clock::wait_for(Duration::from_secs(60), || {
            let shown = self.keep(server, bucket).and_then(|_| {
                let shown = self.ask(server, &["disposal", "show", bucket, id])?;
                Ok((text(&shown, "stage")? != "requested").then_some(shown))
            });
            shown.transpose()
        });
        shown.ok_or("the disposal never acted")?
    }
}

fn text(value: &Value, name: &str) -> Result<String, Failure> {
    let found = value.get(name).and_then(Value::as_str);
    Ok(found
        .ok_or_else(|| format!("no {name} in {value}"))?
        .to_owned())
}

/// Two disposals and a cancelled one; the versions that the certificates name.
fn dispose_and_certify(run: &Run<'_>, server: &Server, stored: &Value) -> Result<usize, Failure> {
    let cancelled = run.request(server, BUCKET, "2017/")?;
    run.ask(server, &["disposal", "cancel", BUCKET, &cancelled])?;
    let first = run.request(server, BUCKET, "2016/")?;
    let unreasoned = ["disposal", "request", BUCKET, "--reason", " "];
    if tools::output(&mut run.online(server, &unreasoned))?
        .status
        .success()
    {
        return Err("a disposal without a reason was taken".into());
    }
    let shown = run.acted(server, BUCKET, &first)?;
    // Three sizes under each of four locks.
    let locked = shown.get("locked_versions").and_then(Value::as_u64);
    if text(&shown, "stage")? != "hidden" || locked != Some(12) {
        return Err(format!("the disposal shows {shown}").into());
    }
    for bucket in ["overwritten", "ruled"] {
        run.keep(server, bucket)?;
    }
    let mut stay = STAYS.to_vec();
    stay.push("short");
    run.script(server, "check", &stay)?;
    // The short locks end; only a new disposal takes what they kept.
    let until = stored.get("short_until").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
    let until = until.ok_or("no short_until")? as i64 + 2;
    clock::wait_for(Duration::from_secs(60), || {
        (clock::unix_seconds() > until).then_some(())
    })
    .ok_or("the short locks did not end")?;
    let second = run.request(server, BUCKET, "2016/")?;
    run.acted(server, BUCKET, &second)?;
    run.script(server, "check", &STAYS)?;
    let list = run.ask(server, &["disposal", "list", BUCKET])?.to_string();
    let stages = ["\"cancelled\"", "\"hidden\""].map(|stage| list.matches(stage).count());
    if stages != [1, 2] {
        return Err(format!("disposal list shows {list}").into());
    }
    let gone = versions(stored, |kind| kind == "goes" || kind == "short");
    no_history(run, server, &gone)?;
    let all = run.ask(server, &["disposal", "certificate", BUCKET])?;
    certified(&all, stored)?;
    let one = run.ask(
        server,
        &["disposal", "certificate", BUCKET, "--id", &second],
    )?;
    let releases = one.get("releases").and_then(Value::as_array);
    if releases.map(Vec::len) != Some(3) {
        return Err(format!("the second certificate holds something else: {one}").into());
    }
    Ok(gone.len())
}

/// Bucket, key, version id and length of what was stored and is of some kind.
fn versions(stored: &Value, kind: impl Fn(&str) -> bool) -> Vec<(String, String, String, u64)> {
    let all = stored.get("versions").and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter_map(|one| {
            let word = |name: &str| one.get(name).and_then(Value::as_str);
            let bytes = one.get("bytes").and_then(Value::as_u64)?;
            kind(word("kind")?).then_some((
                word("bucket")?.to_owned(),
                word("key")?.to_owned(),
                word("version")?.to_owned(),
                bytes,
            ))
        })
        .collect()
}

/// `object history` no longer knows a version that is gone: asked for one of each bucket and size.
fn no_history(
    run: &Run<'_>,
    server: &Server,
    gone: &[(String, String, String, u64)],
) -> Result<(), Failure> {
    let mut asked = BTreeSet::new();
    for (bucket, key, version, bytes) in gone {
        if !asked.insert((bucket, bytes)) {
            continue;
        }
        let words = ["object", "history", bucket, key];
        let printed = tools::output(&mut run.online(server, &words))?;
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        let known = printed.contains(&format!("\"{version}\"")) && version != "null";
        if known || printed.contains(&format!(": {bytes},")) {
            return Err(format!("history still knows {bucket}/{key} {version}: {printed}").into());
        }
    }
    Ok(())
}

/// The certificate names every version that is gone, with its bytes, how, and that it was read back;
/// and no object.
fn certified(certificate: &Value, stored: &Value) -> Result<(), Failure> {
    let printed = certificate.to_string();
    for (_, key, _, _) in versions(stored, |_| true) {
        if printed.contains(&key) {
            return Err(format!("the certificate names {key}").into());
        }
    }
    let releases = certificate.get("releases").and_then(Value::as_array);
    let releases = releases.ok_or("no releases")?;
    for release in releases {
        let erased = release.get("erased").ok_or("nothing erased")?;
        let back = erased.get("read_back").and_then(Value::as_bool);
        if text(release, "stage")? != "freed" || back != Some(true) {
            return Err(format!("not freed: {release}").into());
        }
    }
    let mut blobs = 0;
    for (bucket, key, version, bytes) in versions(stored, |kind| kind == "goes" || kind == "short")
    {
        if bucket != BUCKET {
            continue;
        }
        let release = releases
            .iter()
            .find(|release| release.get("version").and_then(Value::as_str) == Some(&version))
            .ok_or_else(|| format!("the certificate lacks {key} {version}"))?;
        if release.get("content_bytes").and_then(Value::as_u64) != Some(bytes) {
            return Err(format!("{key} had {bytes} bytes: {release}").into());
        }
        let number = |name: &str| release.pointer(&format!("/erased/{name}"))?.as_u64();
        let parts = ["particulars_zeroed", "payload_zeroed", "blob_bytes"].map(number);
        let [Some(particulars), Some(payload), Some(blob)] = parts else {
            return Err(format!("no bytes in {release}").into());
        };
        if particulars == 0 || payload + blob < bytes {
            return Err(format!("{key}: fewer bytes erased than stored: {release}").into());
        }
        blobs += blob;
    }
    if blobs < BLOBS_MIN {
        return Err(format!("files of only {blobs} bytes were removed").into());
    }
    Ok(())
}

/// The independent reader reads what stays and no longer reads what is gone.
fn the_reader_agrees(run: &Run<'_>, stored: &Value) -> Result<(), Failure> {
    let read = run_reader(run.bench, &run.vault)?;
    let verified = |version: &String| {
        let line = read.get(version);
        line.and_then(|line| line.get("verified")?.as_bool()) == Some(true)
    };
    for (_, key, version, _) in versions(stored, |kind| STAYS.contains(&kind)) {
        if version != "null" && !verified(&version) {
            return Err(format!("the reader does not verify {key} {version}").into());
        }
    }
    for (_, key, version, _) in versions(stored, |kind| !STAYS.contains(&kind)) {
        if version != "null" && verified(&version) {
            return Err(format!("the reader still reads {key} {version}").into());
        }
    }
    Ok(())
}
