//! The same difficult keys through every client.

use serde_json::json;

use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::{Bench, Failure, tools};

/// Put by one client, listed and read by the others: see `e2e/py/unicode_keys.py`.
pub(crate) fn every_client_names_keys_alike(bench: &Bench) -> Result<Outcome, Failure> {
    let clients = ["python3", "aws", "rclone", "s5cmd", "s3cmd", "node"];
    if let Some(missing) = clients.iter().find(|name| !bench.tools.has(name)) {
        return Ok(Outcome::Skipped(format!("{missing} is not installed")));
    }
    let packages = bench.tools.folder("js");
    if !packages.join("node_modules").is_dir() {
        let why = "the JavaScript SDK is not installed";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let home = bench.directory("unicode_keys")?;
    let server = Server::start(&bench.binary, &home.join("vault"))?;
    let mut script = bench.tools.python("unicode_keys.py", &server);
    let printed = tools::run(script.env("SDK_FOLDER", &packages).arg(&home))?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([(
        "shown",
        json!(printed.trim()),
    )])))
}
