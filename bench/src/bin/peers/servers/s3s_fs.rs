//! The sample server of `s3s`: one file for each object.

use std::path::Path;
use std::process::Command;

use super::{ACCESS, Running, SECRET};
use crate::Failure;
use crate::process::{Process, Programs, free_ports};

pub(super) fn start(programs: &Programs, dir: &Path) -> Result<Running, Failure> {
    let ports = free_ports(1)?;
    let port = *ports.first().ok_or("no port")?;
    let root = dir.join("root");
    std::fs::create_dir(&root)?;
    let mut command = Command::new(programs.find("s3s-fs")?);
    command
        .args(["--access-key", ACCESS, "--secret-key", SECRET])
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .arg(&root)
        // Its default logs every request at length.
        .env("RUST_LOG", "error");
    Ok(Running {
        process: Process::start(&command, dir)?,
        s3: ([127, 0, 0, 1], port).into(),
        has_bucket: false,
    })
}
