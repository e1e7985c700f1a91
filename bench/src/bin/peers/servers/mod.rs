//! The servers that are compared, one a file: how each is started on a fresh store, and what its
//! `200` means.

mod azekura;
mod garage;
mod s3s_fs;
mod seaweedfs;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::process::{self, Process, Programs};

/// Access key of the test, in the form that the strictest (Garage) wants.
pub(crate) const ACCESS: &str = "GK31c2f218a2e44f485b94239e";
/// Its secret.
pub(crate) const SECRET: &str = "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835";

/// A server in one setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// As on the command line and in the tables.
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    /// Told to sync before it answers.
    pub(crate) fsync: bool,
    /// What its makers say, and how it was set.
    pub(crate) durability: &'static str,
}

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Ours.
    Azekura,
    /// <https://github.com/seaweedfs/seaweedfs>
    SeaweedFs,
    /// <https://garagehq.deuxfleurs.fr>
    Garage,
    /// Sample server of the library `s3s`.
    S3sFs,
}

/// All of them; ours first.
pub(crate) const VARIANTS: [Variant; 6] = [
    Variant {
        name: "azekura",
        server: Server::Azekura,
        fsync: true,
        durability: "always synced before 200; no other setting; encrypts, keeps every version",
    },
    Variant {
        name: "seaweedfs",
        server: Server::SeaweedFs,
        fsync: false,
        durability: "default: not synced",
    },
    Variant {
        name: "seaweedfs-fsync",
        server: Server::SeaweedFs,
        fsync: true,
        durability: "`fs.configure -locationPrefix=/buckets/ -fsync`; the filer's LevelDB stays unsynced",
    },
    Variant {
        name: "garage",
        server: Server::Garage,
        fsync: false,
        durability: "default: not synced",
    },
    Variant {
        name: "garage-fsync",
        server: Server::Garage,
        fsync: true,
        durability: "`metadata_fsync` and `data_fsync`",
    },
    Variant {
        name: "s3s-fs",
        server: Server::S3sFs,
        fsync: false,
        durability: "default: not synced; has no setting",
    },
];

/// A server that runs.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) s3: SocketAddr,
    /// Whether the bucket is made already.
    pub(crate) has_bucket: bool,
}

impl Variant {
    /// Whether its default is what is measured.
    pub(crate) fn is_default(&self) -> bool {
        self.server == Server::Azekura || !self.fsync
    }

    /// Starts it on an empty folder.
    pub(crate) fn start(&self, programs: &Programs, dir: &Path) -> Result<Running, Failure> {
        match self.server {
            Server::Azekura => azekura::start(programs, dir),
            Server::SeaweedFs => seaweedfs::start(programs, dir, self.fsync),
            Server::Garage => garage::start(programs, dir, self.fsync),
            Server::S3sFs => s3s_fs::start(programs, dir),
        }
    }

    /// What its program says of its version.
    pub(crate) fn version(&self, programs: &Programs) -> Result<String, Failure> {
        let (program, argument) = match self.server {
            Server::Azekura => ("azekura", "--version"),
            Server::SeaweedFs => ("weed", "version"),
            Server::Garage => ("garage", "--version"),
            Server::S3sFs => ("s3s-fs", "--version"),
        };
        let mut command = Command::new(programs.find(program)?);
        let text = process::output(command.arg(argument), "")?;
        Ok(text.lines().next().unwrap_or_default().trim().to_owned())
    }
}
