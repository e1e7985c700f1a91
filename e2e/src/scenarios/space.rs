//! A full disk: data is refused with a clear error before it is written, reads and deletions go on,
//! and writing resumes when there is room again.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::{Answer, Client};
use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::writers::{self, Acknowledged};
use crate::{Bench, Failure, content, tools};

const DISK: &str = "768M";
const FLOOR: &str = "96MiB";
const FLOOR_BYTES: u64 = 96 << 20;
const BALLAST: &str = "200M";
/// More than fits on the disk.
const PUTS_MAX: u64 = 2_000;
const OBJECT_BYTES: usize = 1 << 20;

/// A small ext4 of its own; unmounted on drop.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(bench: &Bench, home: &Path) -> Result<Self, Failure> {
        let image = home.join("disk.img").display().to_string();
        let at = home.join("disk");
        std::fs::create_dir_all(&at)?;
        let run = |words: &[&str]| {
            let (name, rest) = words.split_first().ok_or("no command")?;
            tools::run(bench.tools.command(name).args(rest))
        };
        run(&["truncate", "-s", DISK, &image])?;
        run(&["mkfs.ext4", "-q", "-F", &image])?;
        run(&["mount", "-o", "loop", &image, &at.display().to_string()])?;
        Ok(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status()
            .is_ok()
        {}
    }
}

/// Fills the disk down to the floor, looks at what still works, makes room, writes again.
pub(crate) fn data_is_refused_below_the_floor(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("mkfs.ext4") {
        return Ok(Outcome::Skipped("mkfs.ext4 is not installed".to_owned()));
    }
    let home = bench.directory("space")?;
    let disk = match SmallDisk::mount(bench, &home) {
        Ok(disk) => disk,
        Err(error) => return Ok(Outcome::Skipped(format!("cannot mount: {error}"))),
    };
    let ballast = disk.0.join("ballast");
    tools::run(
        Command::new("fallocate")
            .args(["-l", BALLAST])
            .arg(&ballast),
    )?;
    let vault = disk.0.join("vault");
    let server = start(bench, &vault)?;
    let authority = server.s3_authority().to_owned();
    writers::versioned_bucket(&authority, "space")?;
    let mut client = Client::connect(&authority)?;
    let mut acknowledged = Acknowledged::new();
    fill(&mut client, &mut acknowledged)?;
    let filled = acknowledged.len();
    let free_bytes = free(&disk.0)?;
    if free_bytes < FLOOR_BYTES {
        return Err(format!("{free_bytes} bytes are free, below the floor: refused late").into());
    }
    let small = put(&mut client, "small", 9_999, OBJECT_BYTES)?;
    expect_refused(&small)?;
    expect_reads_and_deletions(&mut client, &mut acknowledged)?;

    std::fs::remove_file(&ballast)?;
    for seed in 5_000..5_020 {
        let key = format!("after{seed}");
        let stored = put(&mut client, &key, seed, OBJECT_BYTES)?;
        note(&mut acknowledged, key, seed, &stored)?;
    }
    writers::verify(&authority, "space", &acknowledged, |_| true)?;
    server.stop()?;
    let server = start(bench, &vault)?;
    let listed = writers::verify(server.s3_authority(), "space", &acknowledged, |_| true)?;
    server.stop()?;
    if listed != acknowledged.len() {
        let expected = acknowledged.len();
        return Err(format!("{listed} versions are listed, {expected} were acknowledged").into());
    }
    Ok(Outcome::Passed(Figures::from([
        ("stored_until_refused", filled.into()),
        ("free_bytes_then", free_bytes.into()),
        ("acknowledged", acknowledged.len().into()),
    ])))
}

fn start(bench: &Bench, vault: &Path) -> Result<Server, Failure> {
    let mut command = Command::new(&bench.binary);
    command
        .args(server::arguments(vault))
        .args(["--space-floor", FLOOR]);
    Server::start_command(command, vault)
}

fn put(client: &mut Client, key: &str, seed: u64, length: usize) -> Result<Answer, Failure> {
    let body = content::make(seed, length);
    client.send("PUT", &format!("/space/{key}"), "", &[], &body)
}

fn note(
    acknowledged: &mut Acknowledged,
    key: String,
    seed: u64,
    answer: &Answer,
) -> Result<(), Failure> {
    if answer.status != 200 {
        return Err(format!("PUT {key}: {} {}", answer.status, answer.text()).into());
    }
    let version = answer.header("x-amz-version-id").ok_or("no version id")?;
    acknowledged.insert((key, version.to_owned()), Some((seed, OBJECT_BYTES)));
    Ok(())
}

/// Stores until the server refuses; the refusal must be the one for want of space.
fn fill(client: &mut Client, acknowledged: &mut Acknowledged) -> Result<(), Failure> {
    for seed in 0..PUTS_MAX {
        let key = format!("k{seed:04}");
        let answer = put(client, &key, seed, OBJECT_BYTES)?;
        if answer.status != 200 {
            return expect_refused(&answer);
        }
        note(acknowledged, key, seed, &answer)?;
    }
    Err("the disk never filled".into())
}

fn expect_refused(answer: &Answer) -> Result<(), Failure> {
    let clear = answer.text().contains("free");
    if answer.status == 507 && answer.code() == "InsufficientStorage" && clear {
        return Ok(());
    }
    let (status, text) = (answer.status, answer.text());
    Err(format!("for want of space the server answered {status} {text}").into())
}

/// With data refused: GET, listing and delete markers work.
fn expect_reads_and_deletions(
    client: &mut Client,
    acknowledged: &mut Acknowledged,
) -> Result<(), Failure> {
    for seed in [0, 7] {
        let path = format!("/space/k{seed:04}");
        let got = client.send("GET", &path, "", &[], b"")?;
        if got.status != 200 || got.body != content::make(seed, OBJECT_BYTES) {
            return Err(format!("GET on a full disk: {}", got.status).into());
        }
        let gone = client.send("DELETE", &path, "", &[], b"")?;
        let version = gone.header("x-amz-version-id").ok_or("no version id")?;
        if gone.status != 204 {
            return Err(format!("DELETE on a full disk: {} {}", gone.status, gone.text()).into());
        }
        acknowledged.insert((format!("k{seed:04}"), version.to_owned()), None);
        let hidden = client.send("GET", &path, "", &[], b"")?;
        if hidden.status != 404 {
            return Err(format!("GET after DELETE on a full disk: {}", hidden.status).into());
        }
    }
    let listed = writers::listed(client, "space")?;
    if listed.len() != acknowledged.len() {
        return Err(format!("{} versions are listed on a full disk", listed.len()).into());
    }
    Ok(())
}

/// Free bytes of the file system of a directory.
fn free(directory: &Path) -> Result<u64, Failure> {
    let mut df = Command::new("df");
    df.args(["-B1", "--output=avail"]).arg(directory);
    let text = tools::run(&mut df)?;
    Ok(text.lines().nth(1).ok_or("no line of df")?.trim().parse()?)
}
