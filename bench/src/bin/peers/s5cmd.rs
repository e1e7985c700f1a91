//! What a real client sees: `s5cmd` copies a folder up and down again. It signs the hash of each
//! body, and its own cost on the same cores is part of the figure.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use azekura_bench::clock::now;

use crate::Failure;
use crate::content::Content;
use crate::load::BUCKET;
use crate::process::{Programs, output};
use crate::servers::{ACCESS, SECRET};

/// Connections that it uses.
const WORKERS: &str = "16";

/// Copies `count` files of `size` bytes; returns the seconds up and down. What comes back is compared.
pub(crate) fn run(
    programs: &Programs,
    dir: &Path,
    s3: SocketAddr,
    content: &Content,
    (first, count, size): (u64, u32, usize),
) -> Result<(Duration, Duration), Failure> {
    let program = programs.find("s5cmd")?;
    let (up, down) = (dir.join("up"), dir.join("down"));
    fs::create_dir(&up)?;
    fs::create_dir(&down)?;
    for number in 0..count {
        let body = content.body(first + u64::from(number), size);
        fs::write(up.join(format!("{number:06}")), body.to_vec())?;
    }
    let copy = |from: &str, to: &str| {
        let mut command = Command::new("timeout");
        command
            .arg("120")
            .arg(&program)
            .args(["--endpoint-url", &format!("http://{s3}")])
            .args(["--numworkers", WORKERS, "--log", "error", "cp", from, to])
            .env("AWS_ACCESS_KEY_ID", ACCESS)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_REGION", "us-east-1")
            .env("HOME", dir);
        let start = now();
        output(&mut command, "").map(|_| start.elapsed())
    };
    let remote = format!("s3://{BUCKET}/s5-{size}/");
    let wrote = copy(&format!("{}/*", up.display()), &remote)?;
    let read = copy(&format!("{remote}*"), &format!("{}/", down.display()))?;
    for number in 0..count {
        let name = format!("{number:06}");
        if fs::read(up.join(&name))? != fs::read(down.join(&name))? {
            return Err(format!("s5cmd: {name} came back changed").into());
        }
    }
    fs::remove_dir_all(&up)?;
    fs::remove_dir_all(&down)?;
    Ok((wrote, read))
}
