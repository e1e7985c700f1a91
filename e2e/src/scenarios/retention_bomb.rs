//! The retention bomb: one key tries to fill a small disk with locks of a hundred years.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, tools};

const BOMBER: (&str, &str) = ("AZTESTBOMBER00000001", "secret-of-a-key-that-was-stolen");
const OTHER: (&str, &str) = ("AZTESTOTHER000000001", "secret-of-a-key-that-works-on");
/// Locked bytes a day of the stolen key.
const CEILING: u64 = 16 * 1024 * 1024;
/// Bytes that the vault may use: twenty times more than the ceiling lets through.
const BUDGET: u64 = 320 * 1024 * 1024;

/// The ceiling stops it before the disk is full, in every way to lock; others store and lock as
/// before. A restart does not open the day's ceiling again.
pub(crate) fn its_ceiling_stops_it(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("python3") {
        return Ok(Outcome::Skipped("python3 is not installed".to_owned()));
    }
    let home = bench.directory("retention_bomb")?;
    let floor = free_bytes(&home)?.saturating_sub(BUDGET);
    let config = home.join("azekura.toml");
    std::fs::write(&config, configuration(&home)?)?;
    let start = || {
        let vault = home.join("vault");
        let mut command = Command::new(&bench.binary);
        command.args(server::arguments(&vault));
        command.arg("--config").arg(&config);
        command.args(["--space-floor", &floor.to_string()]);
        Server::start_command(command, &vault)
    };
    let bomb = |server: &Server, more: &[&str]| {
        let mut script = bench.tools.python("retention_bomb.py", server);
        for (id, secret) in [BOMBER, OTHER] {
            script.arg(format!("{id}:{secret}"));
        }
        tools::run(script.arg(CEILING.to_string()).args(more))
    };
    let server = start()?;
    let filled = bomb(&server, &[])?;
    server.stop()?;
    let server = start()?;
    bomb(&server, &["again"])?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([
        ("ceiling_bytes", CEILING.into()),
        ("mib_locked_before_it_was_stopped", filled.trim().into()),
    ])))
}

fn configuration(home: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    for ((id, secret), more) in [
        (BOMBER, format!("locked_bytes_per_day = {CEILING}\n")),
        (OTHER, String::new()),
    ] {
        let file = home.join(format!("{id}.secret"));
        std::fs::write(&file, secret)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        text.push_str(&format!(
            "[[keys]]\nid = \"{id}\"\nprincipal = \"{id}\"\nsecret_file = {file:?}\n\
             rights = [\"read\", \"write\", \"lock\"]\n{more}"
        ));
    }
    Ok(text)
}

/// Free bytes of the disk that holds `home`.
fn free_bytes(home: &Path) -> Result<u64, Failure> {
    let table = tools::run(Command::new("df").args(["--output=avail", "-B1"]).arg(home))?;
    let free = table.lines().nth(1).ok_or("df printed no line")?;
    Ok(free.trim().parse()?)
}
