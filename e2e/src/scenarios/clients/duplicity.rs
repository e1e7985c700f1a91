//! duplicity of Debian: an encrypted full backup, an incremental one, and both restored.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{SEED, Setting, change, expect, finish, prepare_with, text};
use crate::report::Outcome;
use crate::{Bench, Failure, clock, content, tools, tree};

/// Bytes of the one large file.
const DUMP: usize = 20 * 1024 * 1024;

const TARGET: &str = "boto3+s3://duplicity/backups/ward";

/// Full, a day's work, incremental; verify; restore of both points in time from a client that lost
/// its cache; removal of old chains.
pub(crate) fn two_points_in_time(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("duplicity") {
        return Ok(Outcome::Skipped("duplicity is not installed".to_owned()));
    }
    let files = bench.number(200, 2_000);
    let generate = |root: &Path| generate(root, files);
    let setting = prepare_with(bench, "duplicity", generate)?;
    let home = setting.restored.with_file_name("home");
    // The same seed gives the same tree: what the first backup must bring back.
    let first = setting.restored.with_file_name("first");
    generate(&first)?;
    let client = Duplicity {
        bench,
        setting: &setting,
        home,
    };
    client.make_home()?;
    tools::run(
        bench
            .tools
            .client("aws", &setting.server)
            .args(["s3", "mb", "s3://duplicity"]),
    )?;
    let source = text(&setting.source);
    client.run("1", &["full", &source, TARGET])?;
    let between = clock::unix_seconds().to_string();
    // duplicity counts in seconds.
    clock::pause(Duration::from_millis(1_100));
    change(&setting.source)?;
    client.run("1", &["incremental", &source, TARGET])?;
    expect(
        &client.run("1", &["verify", "--compare-data", TARGET, &source])?,
        "0 differences found",
    )?;
    let status = client.run("2", &["collection-status", TARGET])?;
    expect(&status, "Number of contained backup sets: 2")?;
    let old = text(&setting.restored.join("old"));
    client.run("2", &["restore", "--time", &between, TARGET, &old])?;
    let new = text(&setting.restored.join("new"));
    client.run("2", &["restore", TARGET, &new])?;
    let compared = tree::compare(&first, &setting.restored.join("old"))?
        + tree::compare(&setting.source, &setting.restored.join("new"))?;
    client.run("2", &["remove-all-but-n-full", "1", "--force", TARGET])?;
    client.run("2", &["cleanup", "--force", TARGET])?;
    client.end()?;
    finish(setting, compared)
}

/// A tree that fills several volumes, each uploaded in parts.
fn generate(root: &Path, files: usize) -> Result<u64, Failure> {
    let bytes = tree::generate_light(root, files, SEED)?;
    std::fs::write(root.join("dump.sql"), content::make(SEED, DUMP))?;
    Ok(bytes + u64::try_from(DUMP)?)
}

struct Duplicity<'a> {
    bench: &'a Bench,
    setting: &'a Setting,
    home: PathBuf,
}

impl Duplicity<'_> {
    /// A home of its own, so that no configuration of the machine takes part.
    fn make_home(&self) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.home)?;
        std::fs::set_permissions(&self.home, std::fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = self.bench.tools.client(name, &self.setting.server);
        command
            .env("HOME", &self.home)
            .env("GNUPGHOME", &self.home)
            .env("PASSPHRASE", "synthetic");
        command
    }

    /// Runs duplicity with the local cache `cache`: a name that is new has lost its cache.
    fn run(&self, cache: &str, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = self.command("duplicity");
        command.args(arguments).args([
            "--s3-endpoint-url",
            &self.setting.server.s3,
            "--s3-region-name=us-east-1",
            "--volsize=10",
            "--archive-dir",
            &text(&self.home.join(cache)),
        ]);
        tools::run(&mut command)
    }

    /// Ends the agent that gpg starts.
    fn end(&self) -> Result<(), Failure> {
        let mut command = self.command("gpgconf");
        tools::run(command.args(["--kill", "gpg-agent"])).map(|_| ())
    }
}
