//! A wall clock that lies, by Debian's `faketime`, before the server starts and while it runs, with
//! and without a false monotonic clock: it ends no lock and makes none that is too long.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::report::{Figures, Outcome};
use crate::server::{self, ACCESS_KEY, SECRET_KEY, Server};
use crate::{Bench, Failure, clock, tools};

/// The library of Debian's package, by architecture.
const LIBRARIES: [&str; 2] = [
    "usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];
const BUCKET: &str = "/locked";
const DAY: i64 = 86_400;
const YEARS_100: i64 = 100 * 365 * DAY;
/// As far back as the clock of a Linux host can be set, nearly: 1971. `settimeofday` refuses what
/// lies before 1970, and hyper cannot write such a `Date`.
const FIRST_DAY: i64 = 365 * DAY;
/// How far compliance time may be ahead of real time here: roundings, and 7/365 of the minutes for
/// which the vault has existed.
const SLACK: i64 = 10;

/// A vault, and the clock that its server is shown.
struct Lab<'a> {
    bench: &'a Bench,
    library: PathBuf,
    vault: PathBuf,
    /// What `faketime` shows is written here, and may be changed while the server runs.
    shown: PathBuf,
    /// Whether the monotonic clock lies as well.
    monotonic: bool,
}

impl Lab<'_> {
    fn show(&self, fake: &str) -> Result<(), Failure> {
        // In one step: the library reads the file at every look at a clock.
        let next = self.shown.with_extension("next");
        std::fs::write(&next, format!("{fake}\n"))?;
        Ok(std::fs::rename(&next, &self.shown)?)
    }

    fn faked(&self, mut command: Command) -> Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.shown)
            .env("FAKETIME_NO_CACHE", "1");
        if !self.monotonic {
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            command.env("DONT_FAKE_MONOTONIC", "1");
        }
        command
    }

    /// Starts the server under this clock.
    fn start(&self, fake: &str) -> Result<Faked<'_>, Failure> {
        self.show(fake)?;
        let mut command = Command::new(&self.bench.binary);
        command.args(server::arguments(&self.vault));
        let server = Server::start_command(self.faked(command), &self.vault)?;
        Ok(Faked { lab: self, server })
    }
}

/// A server under a false clock.
struct Faked<'a> {
    lab: &'a Lab<'a>,
    server: Server,
}

/// What `/metrics` says of the clock, in seconds.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    wall: i64,
    compliance: i64,
    refused: bool,
}

impl Faked<'_> {
    fn clocks(&self) -> Result<Clocks, Failure> {
        let authority = self.server.admin.trim_start_matches("http://");
        let head =
            format!("GET /metrics HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
        let shown = std::fs::read_to_string(&self.lab.shown)?;
        let answer = Client::connect(authority)?.send_raw("GET", head.as_bytes(), b"");
        let answer = answer.map_err(|why| format!("/metrics under {}: {why}", shown.trim()))?;
        let text = answer.text();
        let value = |name: &str| -> Result<i64, Failure> {
            let name = format!("azekura_clock_{name} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&name));
            Ok(line.ok_or_else(|| format!("no {name}"))?.parse()?)
        };
        Ok(Clocks {
            wall: value("wall_seconds")?,
            compliance: value("compliance_seconds")?,
            refused: value("relative_locks_refused")? == 1,
        })
    }

    /// One signed request, at the time that the server believes in.
    fn send(
        &self,
        method: &str,
        path: &str,
        query: &str,
        extra: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let ahead = self.clocks()?.wall - clock::unix_seconds();
        let mut client = Client::connect(self.server.s3_authority())?.ahead_by(ahead);
        let answer = client.send(method, path, query, extra, body);
        answer.map_err(|why| format!("{method} {path}?{query} {ahead} s ahead: {why}").into())
    }

    /// Compliance time is not ahead of real time, whatever the wall clock shows; the wall clock is
    /// really false by `by` seconds, for the operator's command too.
    fn check_clocks(&self, by: i64) -> Result<Clocks, Failure> {
        let clocks = self.clocks()?;
        let now = clock::unix_seconds();
        if (clocks.wall - now - by).abs() > 60 {
            return Err(format!("the wall clock is not false by {by} s: {clocks:?}").into());
        }
        if clocks.compliance > now + SLACK {
            return Err(format!("compliance time is ahead of {now}: {clocks:?}").into());
        }
        let mut command = Command::new(&self.lab.bench.binary);
        command
            .args(["clock", "show", "--json", "--endpoint", &self.server.admin])
            .args(["--access-key-id", ACCESS_KEY])
            .env("AZEKURA_SECRET_ACCESS_KEY", SECRET_KEY);
        let shown: Value = serde_json::from_str(&tools::run(&mut self.lab.faked(command))?)?;
        let lead = shown
            .get("lead_ms")
            .and_then(Value::as_i64)
            .ok_or("no lead")?
            / 1000;
        if (lead - (clocks.wall - clocks.compliance)).abs() > 60 {
            return Err(format!("clock show says a lead of {lead} s: {clocks:?}").into());
        }
        Ok(clocks)
    }

    /// A PUT that takes the bucket's default: when it is locked until, in seconds; `None` = refused
    /// with 503 and nothing stored.
    fn put_by_default(&self, key: &str) -> Result<Option<(String, i64)>, Failure> {
        let path = format!("{BUCKET}/{key}");
        let answer = self.send(
            "PUT",
            &path,
            "",
            &[("x-amz-checksum-sha256", &sum(b"x"))],
            b"x",
        )?;
        if answer.status == 503 {
            // Nothing of it was stored, under this key or at all.
            let gone = self.send("HEAD", &path, "", &[], b"")?;
            return match gone.status {
                404 => Ok(None),
                status => Err(format!("refused, and {path} answers {status}").into()),
            };
        }
        let version = version_of(&answer)?;
        let head = self.send("HEAD", &path, "", &[], b"")?;
        let until = head
            .header("x-amz-object-lock-retain-until-date")
            .ok_or("no retain-until date by default")?;
        Ok(Some((version, seconds(until)?)))
    }

    fn put_until(&self, key: &str, until: i64) -> Result<String, Failure> {
        let until = text(until)?;
        let answer = self.send(
            "PUT",
            &format!("{BUCKET}/{key}"),
            "",
            &[
                ("x-amz-checksum-sha256", &sum(b"x")),
                ("x-amz-object-lock-mode", "COMPLIANCE"),
                ("x-amz-object-lock-retain-until-date", &until),
            ],
            b"x",
        )?;
        version_of(&answer)
    }

    fn delete(&self, key: &str, version: &str) -> Result<Answer, Failure> {
        let query = format!("versionId={version}");
        self.send("DELETE", &format!("{BUCKET}/{key}"), &query, &[], b"")
    }

    /// Every one of these versions is refused to be deleted, and still there.
    fn all_locked(&self, locked: &[(String, String)]) -> Result<(), Failure> {
        for (key, version) in locked {
            let answer = self.delete(key, version)?;
            if answer.status != 403 || answer.code() != "AccessDenied" {
                let clocks = self.clocks()?;
                return Err(format!("DELETE of {key}: {} under {clocks:?}", answer.status).into());
            }
            let query = format!("versionId={version}");
            let head = self.send("HEAD", &format!("{BUCKET}/{key}"), &query, &[], b"")?;
            if head.status != 200 {
                return Err(format!("{key} is gone: {}", head.status).into());
            }
        }
        Ok(())
    }

    fn stop(self) -> Result<(), Failure> {
        match self.server.stop()? {
            0 => Ok(()),
            code => Err(format!("SIGTERM ended the server with {code}").into()),
        }
    }
}

fn sum(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    base64::engine::general_purpose::STANDARD.encode(digest)
}

fn version_of(answer: &Answer) -> Result<String, Failure> {
    let version = answer
        .header("x-amz-version-id")
        .filter(|_| answer.status == 200);
    let why = || format!("PUT: {} {}", answer.status, answer.text());
    Ok(version.ok_or_else(why)?.to_owned())
}

fn text(seconds: i64) -> Result<String, Failure> {
    let at = time::OffsetDateTime::from_unix_timestamp(seconds)?;
    Ok(at.format(&time::format_description::well_known::Rfc3339)?)
}

fn seconds(text: &str) -> Result<i64, Failure> {
    let format = &time::format_description::well_known::Rfc3339;
    Ok(time::OffsetDateTime::parse(text, format)?.unix_timestamp())
}

/// A bucket with a compliance default of a day, a version locked by it, one locked by a date of its
/// own, and one locked for some seconds that can be deleted afterwards.
fn locked_versions(faked: &Faked<'_>) -> Result<Vec<(String, String)>, Failure> {
    let locked = [("x-amz-bucket-object-lock-enabled", "true")];
    let made = faked.send("PUT", BUCKET, "", &locked, b"")?;
    if made.status != 200 {
        return Err(format!("the bucket: {} {}", made.status, made.text()).into());
    }
    let rule = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
        <DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule>\
        </ObjectLockConfiguration>";
    let digest = sum(rule.as_bytes());
    let set = faked.send(
        "PUT",
        BUCKET,
        "object-lock=",
        &[("x-amz-checksum-sha256", &digest)],
        rule.as_bytes(),
    )?;
    if set.status != 200 {
        return Err(format!("the default: {} {}", set.status, set.text()).into());
    }
    let now = clock::unix_seconds();
    let short = faked.put_until("short", now + 4)?;
    let own = faked.put_until("own", now + DAY)?;
    let (default, until) = faked
        .put_by_default("default")?
        .ok_or("503 under a true clock")?;
    if (until - now - DAY).abs() > 60 {
        return Err(format!("the default ends {} s from now", until - now).into());
    }
    if faked.delete("short", &short)?.status != 403 {
        return Err("a version could be deleted before its date".into());
    }
    let ended = clock::wait_for(Duration::from_secs(30), || {
        let answer = faked.delete("short", &short).ok()?;
        (answer.status == 204).then_some(())
    });
    ended.ok_or("compliance time stands still: a lock of 4 s lasts 30 s")?;
    Ok(vec![
        ("own".to_owned(), own),
        ("default".to_owned(), default),
    ])
}

/// The wall clock changes while the server runs.
fn while_running(faked: &Faked<'_>, locked: &[(String, String)]) -> Result<(), Failure> {
    let back = FIRST_DAY - clock::unix_seconds();
    faked.lab.show(&back.to_string())?;
    if faked.lab.monotonic {
        // No kernel lets its monotonic clock go back. Every timeout then ends at once, so that
        // connections may be closed; but nothing is deleted.
        for (key, version) in locked {
            if faked
                .delete(key, version)
                .is_ok_and(|answer| answer.status != 403)
            {
                return Err(format!("{key} was not refused").into());
            }
        }
    } else {
        one_jump(faked, back, locked)?;
    }
    for (fake, by) in [("+0", 0), ("+2h", 7200), ("+100y", YEARS_100)] {
        faked.lab.show(fake)?;
        one_jump(faked, by, locked)?;
    }
    if !faked.lab.monotonic {
        faked.lab.show("+0")?;
        one_jump(faked, 0, locked)?;
    }
    Ok(())
}

/// What holds under a wall clock that became false by `by` seconds while the server ran.
fn one_jump(faked: &Faked<'_>, by: i64, locked: &[(String, String)]) -> Result<(), Failure> {
    let clocks = faked.check_clocks(by)?;
    faked.all_locked(locked)?;
    let made = faked.put_by_default(&format!("while-running{by}"))?;
    if clocks.refused != (by > 0) || made.is_some() != (by <= 0) {
        return Err(format!("{by} s while running: {made:?} under {clocks:?}").into());
    }
    if let Some((_, until)) = made {
        let from_compliance = until - clocks.compliance - DAY;
        if !(-1..60).contains(&from_compliance) {
            return Err(format!("{by} s: locked {from_compliance} s off").into());
        }
    }
    Ok(())
}

/// The wall clock is false from the start. `makes` = a lock by default can be made.
fn at_a_start(
    lab: &Lab<'_>,
    (fake, by, makes): (&str, i64, bool),
    locked: &[(String, String)],
) -> Result<(), Failure> {
    let faked = lab.start(fake)?;
    let clocks = faked.check_clocks(by)?;
    faked.all_locked(locked)?;
    let made = faked.put_by_default(&format!("at-a-start-of{by}"))?;
    if clocks.refused == makes || made.is_some() != makes {
        return Err(format!("{fake} at the start: {made:?} under {clocks:?}").into());
    }
    // A date of its own needs no wall clock.
    faked.put_until(&format!("dated{by}"), clock::unix_seconds() + DAY)?;
    if let Some((_, until)) = made {
        let longest = clock::unix_seconds() + 30 * DAY + DAY + SLACK;
        if until > longest {
            return Err(format!("{fake}: a default of a day ends at {until}").into());
        }
    }
    faked.stop()
}

/// The wall clock runs a thousand times too fast.
fn a_fast_clock(lab: &Lab<'_>, locked: &[(String, String)]) -> Result<i64, Failure> {
    let faked = lab.start("+0 x1000")?;
    let before = faked.clocks()?;
    let real = clock::now();
    clock::pause(Duration::from_secs(3));
    let after = faked.clocks()?;
    let passed = i64::try_from(real.elapsed().as_secs())? + 2;
    let (wall, compliance) = (
        after.wall - before.wall,
        after.compliance - before.compliance,
    );
    if wall < 1000 || compliance > passed || !after.refused {
        return Err(format!("x1000: in {passed} s, {before:?} became {after:?}").into());
    }
    faked.all_locked(locked)?;
    faked.stop()?;
    Ok(wall)
}

fn under(bench: &Bench, library: &Path, monotonic: bool) -> Result<i64, Failure> {
    let name = if monotonic { "clock-all" } else { "clock-wall" };
    let home = bench.directory(name)?;
    let lab = Lab {
        bench,
        library: library.to_path_buf(),
        vault: home.join("vault"),
        shown: home.join("faketime"),
        monotonic,
    };
    let faked = lab.start("+0")?;
    let locked = locked_versions(&faked)?;
    faked.stop()?;
    let old = home.join("old");
    tools::run(Command::new("cp").arg("-r").arg(&lab.vault).arg(&old))?;
    let faked = lab.start("+0")?;
    while_running(&faked, &locked)?;
    faked.stop()?;
    let back = FIRST_DAY - clock::unix_seconds();
    for case in [
        ("+100y", YEARS_100, false),
        (back.to_string().as_str(), back, true),
        ("+29d", 29 * DAY, true),
        ("+31d", 31 * DAY, false),
        ("+0", 0, true),
    ] {
        at_a_start(&lab, case, &locked)?;
    }
    let wall = a_fast_clock(&lab, &locked)?;
    // An old copy of the directory, under a clock that is ahead.
    std::fs::remove_dir_all(&lab.vault)?;
    std::fs::rename(&old, &lab.vault)?;
    at_a_start(&lab, ("+100y", YEARS_100, false), &locked)?;
    at_a_start(&lab, ("+0", 0, true), &locked)?;
    Ok(wall)
}

/// Whatever the wall clock shows, at the start or later.
pub(crate) fn no_wall_clock_ends_a_lock(bench: &Bench) -> Result<Outcome, Failure> {
    let mut libraries = LIBRARIES.iter();
    let Some(library) = libraries.find_map(|path| bench.tools.installed(path)) else {
        return Ok(Outcome::Skipped("faketime is not installed".to_owned()));
    };
    under(bench, &library, false).map_err(|why| format!("wall clock faked: {why}"))?;
    let wall = under(bench, &library, true).map_err(|why| format!("all clocks faked: {why}"))?;
    Ok(Outcome::Passed(Figures::from([(
        "wall_seconds_in_three",
        wall.into(),
    )])))
}
