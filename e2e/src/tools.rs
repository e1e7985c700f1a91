//! Finds the clients that the tests drive and runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Failure;
use crate::server::{ACCESS_KEY, SECRET_KEY, Server};

/// Where the clients are.
pub(crate) struct Tools {
    root: PathBuf,
}

impl Tools {
    /// Looks below `root` first, then in `PATH`.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// The folders that hold clients, for `PATH`.
    pub(crate) fn path_variable(&self) -> String {
        let own = ["py/bin", "bin", "usr/bin", "usr/sbin", "sbin"];
        let mut all: Vec<String> = own
            .iter()
            .map(|folder| self.root.join(folder).display().to_string())
            .collect();
        all.push(std::env::var("PATH").unwrap_or_default());
        all.push("/usr/sbin:/sbin".to_owned());
        all.join(":")
    }

    /// A file of a Debian package, below the tools or of the machine.
    pub(crate) fn installed(&self, path: &str) -> Option<PathBuf> {
        let places = [self.root.clone(), PathBuf::from("/")];
        let mut files = places.iter().map(|place| place.join(path));
        files.find(|file| file.is_file())
    }

    /// A folder of packages that are not commands.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Whether a client can be found.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path_variable()
            .split(':')
            .any(|folder| Path::new(folder).join(name).is_file())
    }

    /// A command for a client, pointed at a server with the tests' key.
    pub(crate) fn client(&self, name: &str, server: &Server) -> Command {
        let mut command = self.command(name);
        command
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", &server.s3)
            .env("S3_ENDPOINT_URL", &server.s3)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .env("RCLONE_CONFIG", "/nonexistent/rclone.conf")
            .env("RCLONE_CONFIG_AZ_TYPE", "s3")
            .env("RCLONE_CONFIG_AZ_PROVIDER", "Other")
            .env("RCLONE_CONFIG_AZ_ACCESS_KEY_ID", ACCESS_KEY)
            .env("RCLONE_CONFIG_AZ_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("RCLONE_CONFIG_AZ_ENDPOINT", &server.s3)
            .env("RCLONE_CONFIG_AZ_REGION", "us-east-1");
        command
    }

    /// A command found by [`path_variable`](Self::path_variable).
    pub(crate) fn command(&self, name: &str) -> Command {
        let path = self.path_variable();
        let found = path
            .split(':')
            .map(|folder| Path::new(folder).join(name))
            .find(|file| file.is_file())
            .unwrap_or_else(|| PathBuf::from(name));
        let mut command = Command::new(found);
        command.env("PATH", path);
        command
    }

    /// A Python script of the suite, run by the private interpreter.
    pub(crate) fn python(&self, script: &str, server: &Server) -> Command {
        let mut command = self.client("python3", server);
        command.arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("py")
                .join(script),
        );
        command
    }
}

/// Runs a command to its end; its output is part of the failure when it fails.
pub(crate) fn run(command: &mut Command) -> Result<String, Failure> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?} ended with {}\n{}\n{}",
        output.status,
        tail(&output.stdout),
        tail(&output.stderr)
    )
    .into())
}

/// Runs a command and returns its output whatever its exit code.
pub(crate) fn output(command: &mut Command) -> Result<Output, Failure> {
    command
        .output()
        .map_err(|error| format!("{command:?} could not run: {error}").into())
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(40);
    lines
        .iter()
        .skip(from)
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}
