//! Retention as the one person of a hospital's IT desk works with it: classes, events, trials, limits,
//! answers, changes in bulk; and all of it again after a kill and from a new index.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, tools};

const CLERK: (&str, &str) = (
    "AZTESTCLERK000000001",
    "secret-of-a-clerk-who-cannot-bypass",
);
const BOMBER: (&str, &str) = ("AZTESTLIMITED0000001", "secret-of-a-key-that-has-limits");
/// The operator's own class.
const CLASSES: &str = "[[class]]\nname = \"own-7y\"\ntitle_ja = \"院内の記録\"\n\
     title_en = \"Our own records\"\nyears = 7\nlaw = \"院内規程 第3条\"\nedition = \"2026-04\"\n\
     unverified = false\n";

/// The steps are in `e2e/py/retention.py`.
pub(crate) fn a_day_of_the_it_desk(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("python3") {
        return Ok(Outcome::Skipped("python3 is not installed".to_owned()));
    }
    let home = bench.directory("retention")?;
    let vault = home.join("vault");
    let config = home.join("azekura.toml");
    std::fs::write(&config, configuration(&home)?)?;
    let start = || {
        let mut command = Command::new(&bench.binary);
        command.args(server::arguments(&vault));
        command.arg("--config").arg(&config);
        Server::start_command(command, &vault)
    };
    broken_classes(&home, start)?;
    let desk = |server: &Server, step: &str| {
        let mut script = bench.tools.python("retention.py", server);
        script.arg(step).arg(&bench.binary).arg(&server.admin);
        script.arg(home.join("facts.json"));
        for (id, secret) in [CLERK, BOMBER] {
            script.arg(format!("{id}:{secret}"));
        }
        tools::run(&mut script)
    };
    let server = start()?;
    let checks = desk(&server, "first")?;
    server.kill();
    let server = start()?;
    desk(&server, "trial")?;
    desk(&server, "again")?;
    server.stop()?;
    let mut rebuild = Command::new(&bench.binary);
    tools::run(
        rebuild
            .args(["vault", "rebuild-index", "--data-dir"])
            .arg(&vault),
    )?;
    let server = start()?;
    desk(&server, "again")?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([(
        "commands",
        checks.trim().into(),
    )])))
}

/// A file of classes with a fault is no start; the message names file and line.
fn broken_classes(home: &Path, start: impl Fn() -> Result<Server, Failure>) -> Result<(), Failure> {
    let file = home.join("classes.toml");
    let faults = [
        (
            CLASSES.replace("years = 7", "years = \"7\""),
            "classes.toml",
        ),
        (CLASSES.replace("own-7y", "karte-5y"), "karte-5y"),
        (format!("{CLASSES}colour = \"red\"\n"), "colour"),
    ];
    for (text, named) in faults {
        std::fs::write(&file, text)?;
        match start() {
            Ok(_) => return Err(format!("the server started: {named}").into()),
            Err(error) => {
                let said = error.to_string();
                if !said.contains(named) || !said.contains("classes.toml") || !said.contains("line")
                {
                    return Err(format!("the message does not name it: {said}").into());
                }
            }
        }
    }
    Ok(std::fs::write(&file, CLASSES)?)
}

fn configuration(home: &Path) -> Result<String, Failure> {
    let classes = home.join("classes.toml");
    let mut text = format!("[retention]\nclasses = {classes:?}\ni_accept_a_trial_of_seconds = 8\n");
    for ((id, secret), more) in [
        (CLERK, ""),
        (
            BOMBER,
            "lock_days_max = 400\nlocked_bytes_per_day = 1000000\n",
        ),
    ] {
        let file = home.join(format!("{id}.secret"));
        std::fs::write(&file, secret)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        text.push_str(&format!(
            "[[keys]]\nid = \"{id}\"\nprincipal = \"{id}\"\nsecret_file = {file:?}\n\
             rights = [\"read\", \"write\", \"manage\", \"lock\", \"event\", \"admin\"]\n{more}"
        ));
    }
    Ok(text)
}
