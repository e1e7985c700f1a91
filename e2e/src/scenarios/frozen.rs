//! A vault of format v1, made once and committed, is read by every later release.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::client::{Client, content_hash};
use crate::report::{Figures, Outcome};
use crate::server::{self, PASSPHRASE, Server};
use crate::{Bench, Failure, tools};

/// The committed vault: `vault/` without its index, and `manifest.json` with what it must show.
fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/format/v1")
}

/// Every version in the manifest comes back with its hash; `vault check` finds nothing.
pub(crate) fn a_vault_of_format_v1_is_read(bench: &Bench) -> Result<Outcome, Failure> {
    let vault = bench.directory("frozen")?.join("vault");
    tools::run(
        Command::new("cp")
            .arg("-r")
            .arg(frozen().join("vault"))
            .arg(&vault),
    )?;
    let manifest: Value = serde_json::from_slice(&std::fs::read(frozen().join("manifest.json"))?)?;
    let mut command = Command::new(&bench.binary);
    command
        .args(server::arguments(&vault))
        .env("AZEKURA_PASSPHRASE", PASSPHRASE);
    let server = Server::start_command(command, &vault)?;
    let mut client = Client::connect(server.s3_authority())?;
    let versions = manifest.as_array().ok_or("the manifest is not a list")?;
    for version in versions {
        let field = |name: &str| {
            version
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let path = format!("/{}/{}", field("bucket"), field("key"));
        let query = format!("versionId={}", field("version"));
        let answer = client.send("GET", &path, &query, &[], b"")?;
        if answer.status != 200 || content_hash(&answer.body) != field("sha256") {
            return Err(format!("{path}?{query}: {}", answer.status).into());
        }
    }
    if server.stop()? != 0 {
        return Err("SIGTERM did not end the server cleanly".into());
    }
    let mut check = Command::new(&bench.binary);
    check
        .args(["vault", "check", "--data-dir"])
        .arg(&vault)
        .env("AZEKURA_PASSPHRASE", PASSPHRASE);
    tools::run(&mut check)?;
    Ok(Outcome::Passed(Figures::from([(
        "versions",
        versions.len().into(),
    )])))
}
