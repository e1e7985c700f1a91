//! Object lock as a client meets it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, tools};

/// Keys beside the root key: id, secret, rights.
const KEYS: [(&str, &str, &str); 2] = [
    (
        "AZTESTCLERK000000001",
        "secret-of-the-clerk-who-locks",
        r#""read", "write", "manage", "lock""#,
    ),
    (
        "AZTESTWRITER00000001",
        "secret-of-the-one-who-writes",
        r#""read", "write""#,
    ),
];

/// See `e2e/py/boto3_object_lock.py`.
pub(crate) fn what_the_suite_leaves_out(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("python3") {
        return Ok(Outcome::Skipped("python3 is not installed".to_owned()));
    }
    let home = bench.directory("object_lock")?;
    let config = home.join("azekura.toml");
    std::fs::write(&config, keys(&home)?)?;
    let vault = home.join("vault");
    let mut command = Command::new(&bench.binary);
    command.args(server::arguments(&vault));
    command.arg("--config").arg(config);
    let server = Server::start_command(command, &vault)?;
    let mut script = bench.tools.python("boto3_object_lock.py", &server);
    script.args(KEYS.map(|(id, secret, _)| format!("{id}:{secret}")));
    let printed = tools::run(&mut script)?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([(
        "shown",
        json!(printed.trim()),
    )])))
}

fn keys(home: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    for (id, secret, rights) in KEYS {
        let file = home.join(format!("{id}.secret"));
        std::fs::write(&file, format!("{secret}\n"))?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        text.push_str(&format!(
            "[[keys]]\nid = \"{id}\"\nprincipal = \"{id}\"\nsecret_file = {file:?}\n\
             rights = [{rights}]\n"
        ));
    }
    Ok(text)
}
