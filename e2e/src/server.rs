//! The real binary, started on free loopback ports and stopped at the end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::client::Client;
use crate::{Failure, clock};

/// Access key that the tests give their servers.
pub(crate) const ACCESS_KEY: &str = "AZTESTROOTKEY0000001";
/// Its secret.
pub(crate) const SECRET_KEY: &str = "test-secret-key-that-guards-synthetic-data";
/// Passphrase of the test keyrings.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// `http://host:port` of the S3 endpoint.
    pub(crate) s3: String,
    /// `http://host:port` of the admin endpoint.
    pub(crate) admin: String,
}

/// Command that would serve `data_dir`, for callers that wrap it (strace).
pub(crate) fn arguments(data_dir: &Path) -> Vec<String> {
    [
        "serve",
        "--data-dir",
        &data_dir.display().to_string(),
        "--s3-addr",
        "127.0.0.1:0",
    ]
    .iter()
    .chain(["--admin-addr", "127.0.0.1:0"].iter())
    .map(ToString::to_string)
    .collect()
}

impl Server {
    /// Starts the binary on a directory and waits until it accepts requests.
    pub(crate) fn start(binary: &Path, data_dir: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        command.args(arguments(data_dir));
        Self::start_command(command, data_dir)
    }

    /// Starts a prepared command.
    pub(crate) fn start_command(mut command: Command, data_dir: &Path) -> Result<Self, Failure> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(data_dir.with_extension("server.log"))?;
        let mut child = command
            .env("AZEKURA_ROOT_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AZEKURA_ROOT_SECRET_ACCESS_KEY", SECRET_KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Nobody listens once the server is ready; its output is then dropped.
                if send.send(line).is_err() {}
            }
        });
        let deadline = clock::now() + Duration::from_secs(120);
        while let Ok(line) = receive.recv_timeout(deadline.saturating_duration_since(clock::now()))
        {
            if let Some(rest) = line.strip_prefix("azekura ready ") {
                let field = |name: &str| {
                    rest.split_whitespace()
                        .find_map(|word| word.strip_prefix(name))
                        .map(ToOwned::to_owned)
                        .ok_or_else(|| format!("no {name} in {line:?}"))
                };
                let (s3, admin) = (field("s3=")?, field("admin=")?);
                return Ok(Self { child, s3, admin });
            }
        }
        kill(&mut child);
        let log = std::fs::read_to_string(data_dir.with_extension("server.log"))?;
        Err(format!("the server did not become ready; its log:\n{log}").into())
    }

    /// `host:port` of the S3 endpoint.
    pub(crate) fn s3_authority(&self) -> &str {
        self.s3.trim_start_matches("http://")
    }

    /// Sum of the samples of `/metrics` whose line starts with `name`.
    pub(crate) fn metric(&self, name: &str) -> Result<u64, Failure> {
        let authority = self.admin.trim_start_matches("http://");
        let head =
            format!("GET /metrics HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
        let answer = Client::connect(authority)?.send_raw("GET", head.as_bytes(), b"")?;
        let text = answer.text();
        let samples = text.lines().filter(|line| line.starts_with(name));
        samples
            .map(|line| {
                let value = line.rsplit(' ').next().unwrap_or_default();
                value.parse::<u64>().map_err(Failure::from)
            })
            .sum()
    }

    /// Process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, at once.
    pub(crate) fn kill(mut self) {
        kill(&mut self.child);
    }

    /// SIGTERM; does not wait.
    pub(crate) fn terminate(&self) -> Result<(), Failure> {
        let sent = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()?;
        if sent.success() {
            return Ok(());
        }
        Err("SIGTERM could not be sent".into())
    }

    /// SIGTERM; waits for the end and returns the exit code.
    pub(crate) fn stop(mut self) -> Result<i32, Failure> {
        self.terminate()?;
        let ended = clock::wait_for(Duration::from_secs(30), || self.child.try_wait().ok()?);
        let status = ended.ok_or("the server did not stop within 30 s of SIGTERM")?;
        status
            .code()
            .ok_or_else(|| "the server was ended by a signal".into())
    }

    /// Waits until the process ends by itself.
    pub(crate) fn wait(mut self, limit: Duration) -> Result<i32, Failure> {
        let ended = clock::wait_for(limit, || self.child.try_wait().ok()?);
        ended
            .ok_or("the server still runs")?
            .code()
            .ok_or_else(|| "ended by a signal".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// Ends a child for good; one that has ended already is fine.
fn kill(child: &mut Child) {
    if child.kill().is_ok() && child.wait().is_ok() {}
}
