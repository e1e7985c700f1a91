//! What an operator does: makes a vault under a passphrase, reads the recovery sheet, asks for its
//! state, exports the keyring.

use std::path::Path;
use std::process::Command;

use crate::client::Client;
use crate::report::{Figures, Outcome};
use crate::server::{self, ACCESS_KEY, PASSPHRASE, SECRET_KEY, Server};
use crate::{Bench, Failure, tools};

fn azekura(bench: &Bench, words: &[&str], passphrase: &str) -> Command {
    let mut command = Command::new(&bench.binary);
    command
        .args(words)
        .env("AZEKURA_PASSPHRASE", passphrase)
        .env("AZEKURA_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AZEKURA_SECRET_ACCESS_KEY", SECRET_KEY);
    command
}

fn serve(bench: &Bench, vault: &Path, passphrase: &str) -> Result<Server, Failure> {
    let mut command = azekura(bench, &[], passphrase);
    command.args(server::arguments(vault));
    Server::start_command(command, vault)
}

fn unsigned_get(authority: &str, path: &str) -> Result<(u16, String), Failure> {
    let head = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    let answer = Client::connect(authority)?.send_raw("GET", head.as_bytes(), b"")?;
    Ok((answer.status, answer.text()))
}

/// Init, serve, health, the admin API refusing the unsigned, the online commands, the export.
pub(crate) fn a_vault_under_a_passphrase(bench: &Bench) -> Result<Outcome, Failure> {
    let home = bench.directory("operator")?;
    let vault = home.join("vault");
    let place = vault.display().to_string();
    let init = ["vault", "init", "--data-dir", &place];
    let sheet = tools::run(&mut azekura(bench, &init, PASSPHRASE))?;
    if !sheet.contains("keyring") {
        return Err(format!("vault init printed no recovery sheet:\n{sheet}").into());
    }
    match serve(bench, &vault, "wrong passphrase") {
        Err(error) if error.to_string().contains("passphrase") => {}
        Err(error) => return Err(format!("the message does not name it: {error}").into()),
        Ok(_) => return Err("a wrong passphrase opened the vault".into()),
    }
    let server = serve(bench, &vault, PASSPHRASE)?;
    health(&server)?;
    let mut client = Client::connect(server.s3_authority())?;
    client.send("PUT", "/operator", "", &[], b"")?;
    client.send("PUT", "/operator/k", "", &[], b"one")?;
    client.send("PUT", "/operator/k", "", &[], b"two")?;
    online_commands(bench, &server)?;
    let busy = tools::output(&mut azekura(
        bench,
        &["vault", "check", "--data-dir", &place],
        PASSPHRASE,
    ))?;
    if busy.status.success() {
        return Err("vault check ran on a vault that a server has open".into());
    }
    server.stop()?;
    let exported = home.join("keyring.copy").display().to_string();
    let export = ["vault", "export-keyring", &exported, "--data-dir", &place];
    tools::run(&mut azekura(bench, &export, PASSPHRASE))?;
    tools::run(&mut azekura(
        bench,
        &["vault", "check", "--data-dir", &place],
        PASSPHRASE,
    ))?;
    tools::run(&mut azekura(
        bench,
        &["vault", "upgrade", "--data-dir", &place],
        PASSPHRASE,
    ))?;
    let dump = tools::run(&mut azekura(
        bench,
        &["vault", "dump", "--data-dir", &place],
        PASSPHRASE,
    ))?;
    Ok(Outcome::Passed(Figures::from([(
        "records_dumped",
        dump.lines().count().into(),
    )])))
}

/// Health pages answer; the API refuses who does not sign; an unexported keyring is warned of.
fn health(server: &Server) -> Result<(), Failure> {
    let admin = server.admin.trim_start_matches("http://").to_owned();
    for (path, want) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/", 200),
    ] {
        let (status, text) = unsigned_get(&admin, path)?;
        if status != want {
            return Err(format!("{path}: {status} {text}").into());
        }
    }
    for path in ["/v1/vault", "/v1/buckets"] {
        let (status, text) = unsigned_get(&admin, path)?;
        if status != 401 && status != 403 {
            return Err(format!("unsigned {path}: {status} {text}").into());
        }
    }
    if !unsigned_get(&admin, "/readyz")?.1.contains("keyring") {
        return Err("/readyz does not warn that the keyring was not exported".into());
    }
    Ok(())
}

/// What the online commands print.
fn online_commands(bench: &Bench, server: &Server) -> Result<(), Failure> {
    let online = |words: &[&str]| {
        let mut command = azekura(bench, words, PASSPHRASE);
        tools::run(command.args(["--json", "--endpoint", &server.admin]))
    };
    for (words, want) in [
        (&["vault", "info"][..], "incarnation"),
        (&["vault", "snapshot"], "sequence"),
        (&["bucket", "list"], "operator"),
        (&["object", "list", "operator"], "\"k\""),
        (&["object", "history", "operator", "k"], "principal"),
    ] {
        let printed = online(words)?;
        if !printed.contains(want) {
            return Err(format!("{words:?} does not show {want}:\n{printed}").into());
        }
    }
    Ok(())
}
