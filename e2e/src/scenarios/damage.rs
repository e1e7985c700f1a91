//! Flipped bits: `vault check` names every damaged version, a GET of one is a clear error, the rest
//! is served, the index is rebuilt, a damaged keyring is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::Client;
use crate::random::Seeded;
use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::{Bench, Failure, content, tools, tree};

/// Exit code of `vault check` that found damage.
const DAMAGE_FOUND: i32 = 5;
/// Keys stored: small, extent and blob sizes.
const KEYS: usize = 60;

/// Fills a vault, then damages copies of it.
pub(crate) fn every_flip_is_named(bench: &Bench) -> Result<Outcome, Failure> {
    let home = bench.directory("damage")?;
    let vault = home.join("vault");
    fill(bench, &vault)?;
    let mut random = Seeded::new(99);
    let flips = bench.number(24, 200);
    let mut named = 0;
    for number in 0..flips {
        let folder = if number % 3 == 0 { "blobs" } else { "journal" };
        let copy = home.join("copy");
        copy_tree(&vault, &copy)?;
        let what = flip(&copy.join(folder), &mut random)?;
        named += judge(bench, &copy, &what).map_err(|error| format!("{what}: {error}"))?;
        fs::remove_dir_all(&copy)?;
    }
    index_is_rebuilt(bench, &home, &vault)?;
    keyring_is_refused(bench, &home, &vault)?;
    Ok(Outcome::Passed(Figures::from([
        ("flips", flips.into()),
        ("damaged_versions_named", named.into()),
    ])))
}

fn key(number: usize) -> String {
    format!("patient-{number:03}/record")
}

fn body(number: usize) -> Vec<u8> {
    let size = match number % 6 {
        0 => 2_500_000,
        1 => 200_000,
        _ => 3_000,
    };
    content::make(u64::try_from(number).unwrap_or(0), size)
}

fn fill(bench: &Bench, vault: &Path) -> Result<(), Failure> {
    let server = Server::start(&bench.binary, vault)?;
    let mut client = Client::connect(server.s3_authority())?;
    client.send("PUT", "/damage", "", &[], b"")?;
    for number in 0..KEYS {
        let path = format!("/damage/{}", key(number));
        let answer = client.send("PUT", &path, "", &[], &body(number))?;
        if answer.status != 200 {
            return Err(format!("PUT: {} {}", answer.status, answer.text()).into());
        }
    }
    match server.stop()? {
        0 => Ok(()),
        code => Err(format!("the server ended with {code}").into()),
    }
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    tools::run(Command::new("cp").arg("-a").arg(from).arg(to))?;
    Ok(())
}

/// Flips one bit in the used bytes of one file; says which.
fn flip(folder: &Path, random: &mut Seeded) -> Result<String, Failure> {
    let mut files: Vec<PathBuf> = tree::files(folder)?.into_values().collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|end| end == "seg" || end == "blob")
    });
    let pick = usize::try_from(random.below(u64::try_from(files.len())?))?;
    let file = files.get(pick).ok_or("nothing to damage")?;
    let mut bytes = fs::read(file)?;
    // Holes between log and extents hold nothing: a flip there damages nothing.
    let used: Vec<usize> = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte != 0)
        .map(|(at, _)| at)
        .collect();
    let at = usize::try_from(random.below(u64::try_from(used.len())?))?;
    let at = *used.get(at).ok_or("an empty file")?;
    let bit = 1_u8 << random.below(8);
    *bytes.get_mut(at).ok_or("out of range")? ^= bit;
    fs::write(file, bytes)?;
    Ok(format!("bit {bit:#x} of byte {at} of {}", file.display()))
}

/// `check` finds it; what a GET refuses is what `check` named; everything else is whole.
fn judge(bench: &Bench, vault: &Path, what: &str) -> Result<usize, Failure> {
    let mut check = Command::new(&bench.binary);
    let output = tools::output(
        check
            .args(["vault", "check", "--json", "--data-dir"])
            .arg(vault),
    )?;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = output.status.code() == Some(DAMAGE_FOUND);
    if !found {
        return Err(format!(
            "check did not find {what}: {}\n{report}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    let server = match Server::start(&bench.binary, vault) {
        Ok(server) => server,
        // Refusing to start over damage that it names is an answer too.
        Err(error) if error.to_string().contains("damage") => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut client = Client::connect(server.s3_authority())?;
    let mut refused = 0;
    for number in 0..KEYS {
        let path = format!("/damage/{}", key(number));
        let answer = match client.send("GET", &path, "", &[], b"") {
            Ok(answer) => answer,
            Err(_) => {
                // A large object may end early: an error too, and the connection is gone.
                client = Client::connect(server.s3_authority())?;
                refused += 1;
                named_in(&report, &key(number))?;
                continue;
            }
        };
        match answer.status {
            200 if answer.body == body(number) => {}
            200 => return Err(format!("{} was served with wrong bytes", key(number)).into()),
            _ => {
                refused += 1;
                named_in(&report, &key(number))?;
            }
        }
    }
    if refused > 1 {
        return Err(format!("one flip, {refused} keys refused").into());
    }
    Ok(refused)
}

fn named_in(report: &str, key: &str) -> Result<(), Failure> {
    // A record whose particulars are damaged has no readable name: its position is named instead.
    if report.contains(key)
        || report.contains("particulars")
        || report.contains("envelope")
        || report.contains("header")
    {
        return Ok(());
    }
    Err(format!("GET refused {key}, but check did not name it:\n{report}").into())
}

fn all_served(bench: &Bench, vault: &Path) -> Result<(), Failure> {
    let server = Server::start(&bench.binary, vault)?;
    let mut client = Client::connect(server.s3_authority())?;
    for number in 0..KEYS {
        let answer = client.send("GET", &format!("/damage/{}", key(number)), "", &[], b"")?;
        if answer.status != 200 || answer.body != body(number) {
            return Err(format!("{}: {}", key(number), answer.status).into());
        }
    }
    Ok(())
}

/// The index damaged, then gone: the journal is enough.
fn index_is_rebuilt(bench: &Bench, home: &Path, vault: &Path) -> Result<(), Failure> {
    let copy = home.join("index-copy");
    copy_tree(vault, &copy)?;
    for file in tree::files(&copy.join("index"))?.into_values() {
        let mut bytes = fs::read(&file)?;
        bytes.iter_mut().step_by(97).for_each(|byte| *byte ^= 0x5a);
        fs::write(&file, bytes)?;
    }
    let mut rebuild = Command::new(&bench.binary);
    tools::run(
        rebuild
            .args(["vault", "rebuild-index", "--data-dir"])
            .arg(&copy),
    )?;
    all_served(bench, &copy).map_err(|error| format!("after rebuild-index: {error}"))?;
    fs::remove_dir_all(copy.join("index"))?;
    all_served(bench, &copy).map_err(|error| format!("without an index: {error}"))?;
    Ok(())
}

/// A flipped bit in the keyring: refused with a message that names it.
fn keyring_is_refused(bench: &Bench, home: &Path, vault: &Path) -> Result<(), Failure> {
    let copy = home.join("keyring-copy");
    copy_tree(vault, &copy)?;
    let file = copy.join("keyring");
    let mut bytes = fs::read(&file)?;
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).ok_or("empty keyring")? ^= 1;
    fs::write(&file, bytes)?;
    match Server::start(&bench.binary, &copy) {
        Ok(_) => Err("the server started with a damaged keyring".into()),
        Err(error) if error.to_string().contains("keyring") => Ok(()),
        Err(error) => Err(format!("the message does not name the keyring: {error}").into()),
    }
}
