//! Power cuts: an atomic snapshot of the disk under a running server, mounted and compared.
//!
//! Outer XFS image → disk image in it → loop device → inner ext4 → vault. `cp --reflink` of the disk
//! image is atomic; what the kernel had not yet written to the disk is not in it, as after a cut.
//! The negative control runs the same server with its syncs swallowed (`eatmydata`) and must lose.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::writers::{self, Acknowledged, Ledger};
use crate::{Bench, Failure, clock, tools};

/// A mounted stack of file systems; unmounted on drop.
struct Stack {
    outer: PathBuf,
    inner: PathBuf,
}

fn run(bench: &Bench, words: &[&str]) -> Result<String, Failure> {
    let (name, rest) = words.split_first().ok_or("no command")?;
    tools::run(bench.tools.command(name).args(rest))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

impl Stack {
    fn build(bench: &Bench, home: &Path) -> Result<Self, Failure> {
        let image = home.join("outer.img");
        let stack = Self {
            outer: home.join("outer"),
            inner: home.join("inner"),
        };
        std::fs::create_dir_all(&stack.outer)?;
        std::fs::create_dir_all(&stack.inner)?;
        run(bench, &["truncate", "-s", "12G", &text(&image)])?;
        run(bench, &["mkfs.xfs", "-q", "-m", "reflink=1", &text(&image)])?;
        run(
            bench,
            &["mount", "-o", "loop", &text(&image), &text(&stack.outer)],
        )?;
        let disk = stack.disk();
        run(bench, &["truncate", "-s", "5G", &text(&disk)])?;
        run(bench, &["mkfs.ext4", "-q", "-F", &text(&disk)])?;
        run(
            bench,
            &["mount", "-o", "loop", &text(&disk), &text(&stack.inner)],
        )?;
        Ok(stack)
    }

    fn disk(&self) -> PathBuf {
        self.outer.join("disk.img")
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for mount in [&self.inner, &self.outer] {
            if Command::new("umount").arg("-l").arg(mount).status().is_ok() {}
        }
    }
}

/// Cuts under load; every acknowledged version must be in the snapshot. Then the control.
pub(crate) fn acknowledged_survives_power_cuts(bench: &Bench) -> Result<Outcome, Failure> {
    for tool in ["mkfs.xfs", "mkfs.ext4", "eatmydata"] {
        if !bench.tools.has(tool) {
            return Ok(Outcome::Skipped(format!("{tool} is not installed")));
        }
    }
    if run(bench, &["id", "-u"])?.trim() != "0" {
        return Ok(Outcome::Skipped("needs root to mount".to_owned()));
    }
    let home = bench.directory("power_cut")?;
    let stack = match Stack::build(bench, &home) {
        Ok(stack) => stack,
        Err(error) => {
            return Ok(Outcome::Skipped(format!(
                "cannot mount loop devices: {error}"
            )));
        }
    };
    let cuts = bench.number(4, 20);
    let durable = cut_under_load(bench, &stack, "durable", cuts)?;
    if let Some(lost) = durable.lost {
        return Err(lost.into());
    }
    let control = cut_under_load(bench, &stack, "control", 6)?;
    let Some(_) = control.lost else {
        return Err("the control (syncs swallowed) lost nothing: this test proves nothing".into());
    };
    Ok(Outcome::Passed(Figures::from([
        ("cuts", cuts.into()),
        ("acknowledged", durable.acknowledged.into()),
        ("control_caught_after_cuts", control.cuts.into()),
    ])))
}

struct Cuts {
    acknowledged: usize,
    cuts: usize,
    lost: Option<String>,
}

fn cut_under_load(bench: &Bench, stack: &Stack, name: &str, cuts: usize) -> Result<Cuts, Failure> {
    let vault = stack.inner.join(name);
    let mut command = if name == "control" {
        let mut command = bench.tools.command("eatmydata");
        command.arg(&bench.binary);
        command
    } else {
        Command::new(&bench.binary)
    };
    command.args(server::arguments(&vault));
    let server = Server::start_command(command, &vault)?;
    writers::versioned_bucket(server.s3_authority(), "cut")?;
    let mut result = Cuts {
        acknowledged: 0,
        cuts: 0,
        lost: None,
    };
    let mut all = Acknowledged::new();
    while result.cuts < cuts && result.lost.is_none() {
        let snapshot = stack.outer.join("snapshot.img");
        all.extend(snapshot_under_load(bench, stack, &server, &snapshot)?);
        result.cuts += 1;
        result.acknowledged = all.len();
        result.lost = examine(bench, stack, &snapshot, name, &all)?;
    }
    Ok(result)
}

/// Lets 16 writers write, takes the snapshot under them, then stops them. Returns what had been
/// acknowledged before the snapshot began; what came later is not owed by it.
fn snapshot_under_load(
    bench: &Bench,
    stack: &Stack,
    server: &Server,
    snapshot: &Path,
) -> Result<Acknowledged, Failure> {
    let ledger = Ledger::default();
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (ledger, authority) = (&ledger, server.s3_authority().to_owned());
            scope.spawn(move || {
                writers::write_until_stopped(ledger, &authority, "cut", writer);
            });
        }
        clock::pause(Duration::from_millis(700));
        let before = ledger.snapshot();
        let disk = text(&stack.disk());
        let copied = run(bench, &["cp", "--reflink=always", &disk, &text(snapshot)]);
        ledger.stop();
        copied.and(before)
    })
}

/// Mounts a snapshot, starts a server on it, compares; `Some` says what was lost.
fn examine(
    bench: &Bench,
    stack: &Stack,
    snapshot: &Path,
    name: &str,
    acknowledged: &Acknowledged,
) -> Result<Option<String>, Failure> {
    let mount = stack.outer.with_file_name("snapshot");
    std::fs::create_dir_all(&mount)?;
    run(
        bench,
        &["mount", "-o", "loop", &text(snapshot), &text(&mount)],
    )?;
    let vault = mount.join(name);
    // A little fewer versions are fetched than listed: all are looked for.
    let judged = Server::start(&bench.binary, &vault).and_then(|server| {
        writers::verify(server.s3_authority(), "cut", acknowledged, |(key, _)| {
            key.ends_with('1')
        })
        .map(|_| ())
    });
    let log = std::fs::read_to_string(vault.with_extension("server.log")).unwrap_or_default();
    run(bench, &["umount", "-l", &text(&mount)])?;
    Ok(judged
        .err()
        .map(|error| format!("{error}\nserver log:\n{log}")))
}
