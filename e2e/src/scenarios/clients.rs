//! Backup and restore of a generated tree by each client, every byte compared.

mod aws_cli;
pub(super) mod duplicity;
pub(super) mod forms;
pub(super) mod hospital;
pub(super) mod javascript;
pub(super) mod pgbackrest;
pub(super) mod s3cmd;
pub(super) mod s3fs;
pub(super) mod unicode_keys;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::{Bench, Failure, tools, tree};

/// Seed of the trees.
const SEED: u64 = 20_261_122;

/// A server with an empty vault, a tree to store, and room for what comes back.
struct Setting {
    server: Server,
    source: PathBuf,
    restored: PathBuf,
    stored_bytes: u64,
}

fn prepare(bench: &Bench, name: &str, files: usize) -> Result<Setting, Failure> {
    prepare_with(bench, name, |source| tree::generate(source, files, SEED))
}

/// Like [`prepare`], with a tree that `generate` makes; it answers the number of bytes.
fn prepare_with(
    bench: &Bench,
    name: &str,
    generate: impl FnOnce(&Path) -> Result<u64, Failure>,
) -> Result<Setting, Failure> {
    let home = bench.directory(name)?;
    let (source, restored) = (home.join("source"), home.join("restored"));
    std::fs::create_dir_all(&restored)?;
    let stored_bytes = generate(&source)?;
    let server = Server::start(&bench.binary, &home.join("vault"))?;
    Ok(Setting {
        server,
        source,
        restored,
        stored_bytes,
    })
}

fn finish(setting: Setting, compared: usize) -> Result<Outcome, Failure> {
    let code = setting.server.stop()?;
    if code != 0 {
        return Err(format!("SIGTERM ended the server with {code}").into());
    }
    Ok(Outcome::Passed(Figures::from([
        ("files", compared.into()),
        ("bytes", setting.stored_bytes.into()),
    ])))
}

pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A day's work in a tree: one file changed, one gone, one new.
pub(super) fn change(root: &Path) -> Result<(), Failure> {
    let all = tree::files(root)?;
    let mut files = all.values();
    let (changed, gone) = (files.next(), files.next());
    std::fs::write(changed.ok_or("an empty tree")?, "changed the next day")?;
    std::fs::remove_file(gone.ok_or("a tree of one file")?)?;
    std::fs::write(root.join("新しい.txt"), crate::content::make(3, 300_000))?;
    Ok(())
}

/// An error that shows the output when `word` is not in it.
fn expect(output: &str, word: &str) -> Result<(), Failure> {
    if output.contains(word) {
        return Ok(());
    }
    Err(format!("no {word:?} in:\n{output}").into())
}

/// boto3 with its default checksums, multipart both ways, versions, ranges, presigned URLs.
pub(crate) fn boto3_round_trip(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("python3") {
        return Ok(Outcome::Skipped("python3 is not installed".to_owned()));
    }
    let setting = prepare(bench, "boto3", bench.number(400, 2_000))?;
    let compared = boto3_copies(bench, &setting)?;
    for checks in ["boto3_core.py", "boto3_bucket_configuration.py"] {
        tools::run(&mut bench.tools.python(checks, &setting.server))?;
    }
    finish(setting, compared)
}

/// Stores the tree and restores it; answers how many files were compared.
fn boto3_copies(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let mut script = bench.tools.python("boto3_round_trip.py", &setting.server);
    tools::run(script.arg(&setting.source).arg(&setting.restored))?;
    let compared = tree::compare(&setting.source, &setting.restored)?;
    Ok(compared)
}

/// aws-cli: `s3 sync` up and down, which uses multipart above 8 MiB, and what follows a day later;
/// then many commands of `s3api`.
pub(crate) fn aws_cli_round_trip(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("aws") {
        return Ok(Outcome::Skipped("aws is not installed".to_owned()));
    }
    let setting = prepare(bench, "aws_cli", bench.number(400, 2_000))?;
    let mut compared = aws_cli_copies(bench, &setting)?;
    compared += aws_cli_next_day(bench, &setting)?;
    finish(setting, compared)
}

/// Stores the tree and restores it; answers how many files were compared.
fn aws_cli_copies(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let aws = || bench.tools.client("aws", &setting.server);
    tools::run(aws().args(["s3", "mb", "s3://aws-cli"]))?;
    let quiet = ["--only-show-errors"];
    tools::run(
        aws()
            .args(["s3", "sync", &text(&setting.source), "s3://aws-cli/t"])
            .args(quiet),
    )?;
    let down = ["s3", "sync", "s3://aws-cli/t", &text(&setting.restored)];
    tools::run(aws().args(down).args(quiet))?;
    tree::compare(&setting.source, &setting.restored)
}

/// What follows a day later: `sync --delete` both ways, many commands of `s3api`, all removed.
fn aws_cli_next_day(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let aws = || bench.tools.client("aws", &setting.server);
    let quiet = ["--only-show-errors"];
    change(&setting.source)?;
    let source = text(&setting.source);
    let mirror = |from: &str, to: &str| {
        tools::run(aws().args(["s3", "sync", "--delete", from, to]).args(quiet))
    };
    mirror(&source, "s3://aws-cli/t")?;
    mirror("s3://aws-cli/t", &text(&setting.restored))?;
    let compared = tree::compare(&setting.source, &setting.restored)?;
    aws_cli::s3api(&aws, &setting.restored)?;
    tools::run(
        aws()
            .args(["s3", "rm", "--recursive", "s3://aws-cli/t"])
            .args(quiet),
    )?;
    tools::run(aws().args(["s3", "rb", "s3://aws-cli"]))?;
    Ok(compared)
}

/// s5cmd: `cp` up and down with 16 workers.
pub(crate) fn s5cmd_round_trip(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("s5cmd") {
        return Ok(Outcome::Skipped("s5cmd is not installed".to_owned()));
    }
    let setting = prepare(bench, "s5cmd", bench.number(3_000, 20_000))?;
    let compared = s5cmd_copies(bench, &setting)?;
    finish(setting, compared)
}

/// Stores the tree and restores it; answers how many files were compared.
fn s5cmd_copies(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let s5cmd = || {
        let mut command = bench.tools.client("s5cmd", &setting.server);
        command.args(["--numworkers", "16", "--log", "error"]);
        command
    };
    tools::run(s5cmd().args(["mb", "s3://s5cmd"]))?;
    tools::run(s5cmd().args([
        "cp",
        &format!("{}/", text(&setting.source)),
        "s3://s5cmd/t/",
    ]))?;
    tools::run(s5cmd().args([
        "cp",
        "s3://s5cmd/t/*",
        &format!("{}/", text(&setting.restored)),
    ]))?;
    let compared = tree::compare(&setting.source, &setting.restored)?;
    Ok(compared)
}

/// rclone: `copy` up and down, its own `check`; a day later `sync --checksum` and `check --download`.
pub(crate) fn rclone_round_trip(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("rclone") {
        return Ok(Outcome::Skipped("rclone is not installed".to_owned()));
    }
    let setting = prepare(bench, "rclone", bench.number(3_000, 20_000))?;
    let mut compared = rclone_copies(bench, &setting)?;
    compared += rclone_next_day(bench, &setting)?;
    finish(setting, compared)
}

fn rclone(bench: &Bench, setting: &Setting) -> Command {
    let mut command = bench.tools.client("rclone", &setting.server);
    command.args(["--transfers", "16", "--checkers", "16"]);
    command.args(["--s3-upload-cutoff", "16M"]);
    command
}

/// Stores the tree and restores it; answers how many files were compared.
fn rclone_copies(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let rclone = || rclone(bench, setting);
    tools::run(rclone().args(["mkdir", "az:rclone"]))?;
    tools::run(rclone().args(["copy", &text(&setting.source), "az:rclone/t"]))?;
    tools::run(rclone().args(["copy", "az:rclone/t", &text(&setting.restored)]))?;
    let source = text(&setting.source);
    tools::run(rclone().args(["check", &source, "az:rclone/t"]))?;
    tree::compare(&setting.source, &setting.restored)
}

/// What follows a day later: `sync --checksum` both ways, `check --download`.
fn rclone_next_day(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let rclone = || rclone(bench, setting);
    let source = text(&setting.source);
    change(&setting.source)?;
    let differs = tools::output(rclone().args(["check", &source, "az:rclone/t"]))?;
    if differs.status.success() {
        return Err("rclone check did not see that the tree changed".into());
    }
    tools::run(rclone().args(["sync", "--checksum", &source, "az:rclone/t"]))?;
    tools::run(rclone().args(["check", "--download", &source, "az:rclone/t"]))?;
    let restored = text(&setting.restored);
    tools::run(rclone().args(["sync", "--checksum", "az:rclone/t", &restored]))?;
    tree::compare(&setting.source, &setting.restored)
}

/// restic: two backups a day apart, `check --read-data`, both restored, `forget --prune`.
pub(crate) fn restic_round_trip(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("restic") {
        return Ok(Outcome::Skipped("restic is not installed".to_owned()));
    }
    let setting = prepare(bench, "restic", bench.number(3_000, 20_000))?;
    let mut compared = restic_copies(bench, &setting)?;
    compared += restic_next_day(bench, &setting)?;
    finish(setting, compared)
}

fn restic(bench: &Bench, setting: &Setting, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = bench.tools.client("restic", &setting.server);
    command
        .env("RESTIC_PASSWORD", "synthetic")
        .env(
            "RESTIC_REPOSITORY",
            format!("s3:{}/restic", setting.server.s3),
        )
        .env("RESTIC_CACHE_DIR", setting.restored.with_file_name("cache"))
        .current_dir(&setting.source)
        .args(arguments);
    tools::run(&mut command)
}

/// Stores the tree and restores it; answers how many files were compared.
fn restic_copies(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let restic = |arguments: &[&str]| restic(bench, setting, arguments);
    restic(&["init"])?;
    restic(&["backup", "."])?;
    restic(&["restore", "latest", "--target", &text(&setting.restored)])?;
    tree::compare(&setting.source, &setting.restored)
}

/// What follows a day later: a second backup, `check --read-data`, both restored, `forget --prune`.
fn restic_next_day(bench: &Bench, setting: &Setting) -> Result<usize, Failure> {
    let restic = |arguments: &[&str]| restic(bench, setting, arguments);
    restic(&["tag", "--add", "monday"])?;
    let monday = setting.restored.with_file_name("monday");
    std::fs::rename(&setting.restored, &monday)?;
    change(&setting.source)?;
    restic(&["backup", "--tag", "tuesday", "."])?;
    restic(&["check", "--read-data"])?;
    let again = setting.restored.with_file_name("again");
    let of = |tag: &str, target: &Path| {
        restic(&["restore", "latest", "--tag", tag, "--target", &text(target)])
    };
    of("monday", &again)?;
    let mut compared = tree::compare(&monday, &again)?;
    of("tuesday", &setting.restored)?;
    compared += tree::compare(&setting.source, &setting.restored)?;
    restic(&["forget", "--keep-last", "1", "--group-by", "", "--prune"])?;
    restic(&["check", "--read-data"])?;
    if restic(&["snapshots", "--json"])?
        .matches("\"short_id\"")
        .count()
        != 1
    {
        return Err("forget did not leave one snapshot".into());
    }
    Ok(compared)
}
