//! What the first start prints works as pasted.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::report::{Figures, Outcome};
use crate::{Bench, Failure, clock, tools};

/// Starts `azekura serve` without any configuration in an empty directory, takes the lines that it
/// prints (exports, `aws`, `restic`) and runs each in one shell, as a new user would.
pub(crate) fn printed_lines_work_as_pasted(bench: &Bench) -> Result<Outcome, Failure> {
    for client in ["aws", "restic"] {
        if !bench.tools.has(client) {
            return Ok(Outcome::Skipped(format!("{client} is not installed")));
        }
    }
    let home = bench.directory("quick_start")?;
    std::fs::write(home.join("hello.txt"), "正倉院")?;
    let mut child = Command::new(&bench.binary)
        .args([
            "serve",
            "--s3-addr",
            "127.0.0.1:0",
            "--admin-addr",
            "127.0.0.1:0",
        ])
        .current_dir(&home)
        .env_remove("AZEKURA_ROOT_ACCESS_KEY_ID")
        .env_remove("AZEKURA_ROOT_SECRET_ACCESS_KEY")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    let mut printed = Vec::new();
    for line in stdout.lines() {
        let line = line?;
        let ready = line.starts_with("azekura ready ");
        printed.push(line);
        if ready {
            break;
        }
    }
    let ended = paste(bench, &home, &printed);
    Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()?;
    let status = clock::wait_for(Duration::from_secs(30), || child.try_wait().ok()?);
    let lines = ended?;
    match status.and_then(|status| status.code()) {
        Some(0) => Ok(Outcome::Passed(Figures::from([(
            "lines_pasted",
            lines.into(),
        )]))),
        other => Err(format!("SIGTERM ended the server with {other:?}, not 0").into()),
    }
}

/// Runs the printed commands in one shell; returns how many there were.
fn paste(bench: &Bench, home: &std::path::Path, printed: &[String]) -> Result<usize, Failure> {
    let commands: Vec<&str> = printed
        .iter()
        .map(|line| line.trim())
        .filter(|line| {
            ["export ", "aws ", "restic "]
                .iter()
                .any(|word| line.starts_with(word))
        })
        .collect();
    for word in ["export AWS_", "aws ", "restic "] {
        if !commands.iter().any(|line| line.starts_with(word)) {
            return Err(format!("no line {word:?} among:\n{}", printed.join("\n")).into());
        }
    }
    let script = format!("set -eu\n{}\n", commands.join("\n"));
    let mut shell = bench.tools.command("bash");
    shell
        .args(["-c", &script])
        .current_dir(home)
        .env("HOME", home)
        .stdin(Stdio::null());
    tools::run(&mut shell).map_err(|error| format!("pasted:\n{script}\n{error}"))?;
    Ok(commands.len())
}
