//! Azekura, in its default.

use std::path::Path;
use std::process::Command;

use super::{ACCESS, Running, SECRET};
use crate::Failure;
use crate::process::{Process, Programs};

pub(super) fn start(programs: &Programs, dir: &Path) -> Result<Running, Failure> {
    let mut command = Command::new(programs.find("azekura")?);
    command
        .arg("serve")
        .arg("--data-dir")
        .arg(dir.join("vault"))
        .args(["--s3-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0"])
        .env("AZEKURA_ROOT_ACCESS_KEY_ID", ACCESS)
        .env("AZEKURA_ROOT_SECRET_ACCESS_KEY", SECRET);
    let mut process = Process::start(&command, dir)?;
    let s3 = process.wait_for(|log| {
        let line = log
            .lines()
            .find_map(|line| line.strip_prefix("azekura ready "))?;
        let word = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("s3=http://"));
        word?.parse().ok()
    })?;
    Ok(Running {
        process,
        s3,
        has_bucket: false,
    })
}
