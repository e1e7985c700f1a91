//! Garage: one node, one copy, LMDB for metadata (its default).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use azekura_bench::clock::{now, pause};

use super::{ACCESS, Running, SECRET};
use crate::Failure;
use crate::load::BUCKET;
use crate::process::{Process, Programs, free_ports, output};

pub(super) fn start(programs: &Programs, dir: &Path, fsync: bool) -> Result<Running, Failure> {
    let ports = free_ports(2)?;
    let &[rpc, s3] = ports.as_slice() else {
        return Err("no ports".into());
    };
    let config = dir.join("garage.toml");
    let base = dir.display();
    std::fs::write(
        &config,
        format!(
            "metadata_dir = \"{base}/meta\"\ndata_dir = \"{base}/data\"\nreplication_factor = 1\n\
             metadata_fsync = {fsync}\ndata_fsync = {fsync}\n\
             rpc_bind_addr = \"127.0.0.1:{rpc}\"\nrpc_public_addr = \"127.0.0.1:{rpc}\"\n\
             rpc_secret = \"{}\"\n[s3_api]\ns3_region = \"us-east-1\"\n\
             api_bind_addr = \"127.0.0.1:{s3}\"\n",
            "5b".repeat(32)
        ),
    )?;
    let program = programs.find("garage")?;
    let garage = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.arg("-c").arg(&config).args(words);
        command.env("RUST_LOG", "garage=warn");
        command
    };
    let process = Process::start(&garage(&["server"]), dir)?;
    let run = |words: &[&str]| output(&mut garage(words), "");
    let until = now() + Duration::from_secs(60);
    let node = loop {
        match run(&["node", "id", "-q"]).and_then(|id| run(&["status"]).map(|_| id)) {
            Ok(id) => break id,
            Err(error) if now() > until => return Err(error),
            Err(_) => pause(Duration::from_millis(100)),
        }
    };
    let node = node.trim().split('@').next().unwrap_or_default();
    run(&["layout", "assign", "-z", "here", "-c", "100G", node])?;
    run(&["layout", "apply", "--version", "1"])?;
    run(&["key", "import", "--yes", ACCESS, SECRET])?;
    run(&["bucket", "create", BUCKET])?;
    let rights = ["--read", "--write", "--owner"];
    run(&[
        &["bucket", "allow"],
        &rights[..],
        &[BUCKET, "--key", ACCESS],
    ]
    .concat())?;
    Ok(Running {
        process,
        s3: ([127, 0, 0, 1], s3).into(),
        has_bucket: true,
    })
}
