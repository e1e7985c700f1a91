//! Contents that only a passphrase of the institution opens: boto3 and aws-cli before and after a restart,
//! then the stopped vault by `vault check` and by the independent reader.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, tools};

const PASSPHRASE: &str = "correct horse battery staple";

/// See the module.
pub(crate) fn nobody_reads_without_the_passphrase(bench: &Bench) -> Result<Outcome, Failure> {
    for client in ["python3", "aws"] {
        if !bench.tools.has(client) {
            return Ok(Outcome::Skipped(format!("{client} is not installed")));
        }
    }
    let home = bench.directory("sealed")?;
    let vault = home.join("vault");
    let words = home.join("passphrase");
    fs::write(&words, format!("{PASSPHRASE}\n"))?;
    fs::write(home.join("wrong"), "another four random words\n")?;
    let mut figures = Figures::new();
    for phase in ["filled", "started again"] {
        let mut command = Command::new(&bench.binary);
        command.args(server::arguments(&vault));
        let server = Server::start_command(command, &vault)?;
        let mut script = bench.tools.python("sealed.py", &server);
        script
            .arg(phase)
            .env("AZEKURA_BINARY", &bench.binary)
            .env("AZEKURA_ADMIN", &server.admin)
            .env("AZEKURA_HOME", &home);
        let printed = tools::run(&mut script)?;
        let last = printed.trim_end().lines().last().unwrap_or_default();
        figures.insert(phase, serde_json::from_str(last)?);
        if server.stop()? != 0 {
            return Err("the server did not end cleanly".into());
        }
    }
    checked(bench, &vault, &words)?;
    read(bench, &vault, &words)?;
    Ok(Outcome::Passed(figures))
}

/// Without the passphrase contents are counted that were not hashed again; with it there are none.
fn checked(bench: &Bench, vault: &Path, words: &Path) -> Result<(), Failure> {
    let check = |more: Option<&Path>| -> Result<Value, Failure> {
        let mut command = Command::new(&bench.binary);
        command.args(["vault", "check", "--json", "--data-dir"]);
        command.arg(vault);
        if let Some(file) = more {
            command.arg("--tenant-passphrase-file").arg(file);
        }
        Ok(serde_json::from_str(&tools::run(&mut command)?)?)
    };
    let number = |report: &Value, name: &str| report.get(name).and_then(Value::as_u64);
    let (locked, open) = (check(None)?, check(Some(words))?);
    let left = number(&locked, "not_rehashed").unwrap_or(0);
    let all = number(&locked, "versions").map(|versions| versions + left);
    if left == 0 || number(&open, "not_rehashed") != Some(0) || number(&open, "versions") != all {
        return Err(format!("vault check: {locked} without the passphrase, {open} with it").into());
    }
    Ok(())
}

/// The reader names everything and opens nothing without the passphrase.
fn read(bench: &Bench, vault: &Path, words: &Path) -> Result<(), Failure> {
    for passphrase in [None, Some(words)] {
        let mut reader = bench.tools.command("python3");
        reader
            .arg(vault.join("decoder/azekura_reader.py"))
            .args(["--json", "--verify"]);
        if let Some(file) = passphrase {
            reader.arg("--tenant-passphrase-file").arg(file);
        }
        let printed = tools::run(reader.arg(vault))?;
        let mut contents = 0;
        for line in printed.lines() {
            let line: Value = serde_json::from_str(line)?;
            let of = |name: &str| line.get(name).cloned().unwrap_or_default();
            if of("bucket") != "charts" || of("kind") != "version" {
                continue;
            }
            contents += 1;
            let opened = of("verified") == Value::Bool(true);
            if of("key").is_null() || opened != passphrase.is_some() {
                return Err(format!("the reader, passphrase {passphrase:?}: {line}").into());
            }
        }
        if contents == 0 {
            return Err("the reader found no version of the sealed tenant".into());
        }
    }
    Ok(())
}
