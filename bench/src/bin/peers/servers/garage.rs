//! Garage: one node, one copy, LMDB for metadata (its default).

use std::path::Path;
use std::process::Command;

use super::{ACCESS, Running, SECRET};
use crate::Failure;
use crate::load::BUCKET;
use crate::process::{Process, Programs, free_ports};

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
    let mut command = Command::new(programs.find("garage")?);
    command
        .arg("-c")
        .arg(&config)
        .args(["server", "--single-node", "--default-bucket"])
        .env("GARAGE_DEFAULT_ACCESS_KEY", ACCESS)
        .env("GARAGE_DEFAULT_SECRET_KEY", SECRET)
        .env("GARAGE_DEFAULT_BUCKET", BUCKET)
        // Its default writes a line for every request.
        .env("RUST_LOG", "garage=warn");
    Ok(Running {
        process: Process::start(&command, dir)?,
        s3: ([127, 0, 0, 1], s3).into(),
        has_bucket: true,
    })
}
