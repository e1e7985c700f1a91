//! pgBackRest of Debian, through a TLS proxy as it needs one: a PostgreSQL cluster backed up, lost
//! and restored.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::text;
use crate::report::{Figures, Outcome};
use crate::server::{ACCESS_KEY, SECRET_KEY, Server};
use crate::{Bench, Failure, clock, tools};

const SCRIPT: &str = include_str!("../../../sh/pgbackrest.sh");

/// Stanza, check, full and incremental backup, restore with the archived log, verify.
pub(crate) fn a_database_restored(bench: &Bench) -> Result<Outcome, Failure> {
    for client in ["pgbackrest", "stunnel4", "openssl", "setpriv", "aws"] {
        if !bench.tools.has(client) {
            return Ok(Outcome::Skipped(format!("{client} is not installed")));
        }
    }
    let Some(binaries) = postgresql() else {
        let why = "the server of PostgreSQL is not installed";
        return Ok(Outcome::Skipped(why.to_owned()));
    };
    let root = tools::run(Command::new("id").arg("-u"))?.trim() == "0";
    if root && tools::run(Command::new("id").arg("postgres")).is_err() {
        let why = "there is no user postgres, and PostgreSQL does not run as root";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let vault = bench.directory("pgbackrest")?.join("vault");
    let server = Server::start(&bench.binary, &vault)?;
    tools::run(
        bench
            .tools
            .client("aws", &server)
            .args(["s3", "mb", "s3://pgbackrest"]),
    )?;
    // Apart from the other files: another user works here, and socket names must be short.
    let folder = tempfile::Builder::new().prefix("azekura-pg-").tempdir()?;
    let tunnel = Tunnel::start(bench, folder.path(), server.s3_authority())?;
    configure(folder.path(), tunnel.port)?;
    let mut script = if root {
        tools::run(
            Command::new("chown")
                .args(["-R", "postgres:"])
                .arg(folder.path()),
        )?;
        let mut command = bench.tools.command("setpriv");
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "bash",
        ]);
        command
    } else {
        bench.tools.command("bash")
    };
    let file = folder.path().join("pgbackrest.sh");
    script
        .arg(&file)
        .arg(folder.path())
        .arg(&binaries)
        .current_dir(folder.path());
    let printed = tools::run(&mut script)?;
    drop(tunnel);
    server.stop()?;
    let rows = printed.lines().last().unwrap_or_default().to_owned();
    Ok(Outcome::Passed(Figures::from([("restored", rows.into())])))
}

/// Folder of the server's programs, which Debian keeps off `PATH`.
fn postgresql() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .find(|folder| folder.join("initdb").is_file())
}

/// Writes the script and the configuration that `docs/operating/clients/pgbackrest.md` prints.
fn configure(folder: &Path, port: u16) -> Result<(), Failure> {
    let shown = text(folder);
    for name in ["log", "lock", "spool"] {
        fs::create_dir_all(folder.join(name))?;
    }
    fs::write(folder.join("pgbackrest.sh"), SCRIPT)?;
    let lines = format!(
        "[global]\n\
         repo1-type=s3\n\
         repo1-path=/main\n\
         repo1-s3-bucket=pgbackrest\n\
         repo1-s3-endpoint=localhost\n\
         repo1-storage-host=127.0.0.1\n\
         repo1-storage-port={port}\n\
         repo1-storage-ca-file={shown}/cert.pem\n\
         repo1-s3-region=us-east-1\n\
         repo1-s3-uri-style=path\n\
         repo1-s3-key={ACCESS_KEY}\n\
         repo1-s3-key-secret={SECRET_KEY}\n\
         repo1-retention-full=2\n\
         repo1-bundle=y\n\
         process-max=2\n\
         log-path={shown}/log\n\
         lock-path={shown}/lock\n\
         spool-path={shown}/spool\n\
         log-level-console=warn\n\
         start-fast=y\n\
         [main]\n\
         pg1-path={shown}/data\n\
         pg1-socket-path={shown}\n\
         pg1-user=postgres\n"
    );
    fs::write(folder.join("pgbackrest.conf"), lines)?;
    Ok(())
}

/// A TLS listener in front of the S3 listener; ended when dropped.
struct Tunnel {
    child: Child,
    port: u16,
}

impl Tunnel {
    fn start(bench: &Bench, folder: &Path, target: &str) -> Result<Self, Failure> {
        let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
        let mut openssl = bench.tools.command("openssl");
        openssl
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args(["-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost,DNS:127.0.0.1"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        tools::run(&mut openssl)?;
        fs::set_permissions(&certificate, fs::Permissions::from_mode(0o644))?;
        // Free now; taken by stunnel a moment later.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = folder.join("stunnel.conf");
        fs::write(
            &settings,
            format!(
                "foreground = yes\npid =\n[s3]\naccept = 127.0.0.1:{port}\nconnect = {target}\n\
                 cert = {}\nkey = {}\n",
                text(&certificate),
                text(&key)
            ),
        )?;
        let child = bench
            .tools
            .command("stunnel4")
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let tunnel = Self { child, port };
        let open = clock::wait_for(Duration::from_secs(10), || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        open.ok_or("stunnel4 does not listen")?;
        Ok(tunnel)
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        if self.child.kill().is_ok() && self.child.wait().is_ok() {}
    }
}
