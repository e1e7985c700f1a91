//! Tenants, people, keys of every preset, and what they meet: with the command line, boto3, aws-cli and
//! rclone. And an intruder who holds one of those keys.

use std::process::Command;

use serde_json::Value;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, tools};

/// Each key does what its preset says, in its tenant alone; people log in with one-time passwords.
pub(crate) fn each_key_does_its_work_alone(bench: &Bench) -> Result<Outcome, Failure> {
    run(
        bench,
        "identity",
        &["python3", "aws", "rclone", "ssh-keygen"],
    )
}

/// A stolen key destroys nothing that is locked, and nothing at all that nobody approved.
pub(crate) fn a_stolen_key_destroys_nothing(bench: &Bench) -> Result<Outcome, Failure> {
    run(bench, "intruder", &["python3", "ssh-keygen"])
}

/// A script against a server of its own.
fn run(bench: &Bench, name: &str, clients: &[&str]) -> Result<Outcome, Failure> {
    for client in clients {
        if !bench.tools.has(client) {
            return Ok(Outcome::Skipped(format!("{client} is not installed")));
        }
    }
    let home = bench.directory(name)?;
    let vault = home.join("vault");
    let mut command = Command::new(&bench.binary);
    command.args(server::arguments(&vault));
    let server = Server::start_command(command, &vault)?;
    let mut script = bench.tools.python(&format!("{name}.py"), &server);
    script
        .env("AZEKURA_BINARY", &bench.binary)
        .env("AZEKURA_ADMIN", &server.admin)
        .env("AZEKURA_HOME", &home);
    let printed = tools::run(&mut script)?;
    if server.stop()? != 0 {
        return Err("the server did not end cleanly".into());
    }
    // The last line is the figures; what stands before is for people.
    let (shown, figures) = printed
        .trim_end()
        .rsplit_once('\n')
        .unwrap_or(("", printed.trim()));
    eprintln!("{shown}");
    let figures: Value = serde_json::from_str(figures)?;
    Ok(Outcome::Passed(Figures::from([("found", figures)])))
}
