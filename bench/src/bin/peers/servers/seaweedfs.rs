//! `SeaweedFS`: master, volume server, filer and S3 in one process, telemetry off.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use azekura_bench::clock::{now, pause};

use super::{ACCESS, Running, SECRET};
use crate::Failure;
use crate::process::{Process, Programs, free_ports, output};

pub(super) fn start(programs: &Programs, dir: &Path, fsync: bool) -> Result<Running, Failure> {
    let ports = free_ports(4)?;
    let &[master, volume, filer, s3] = ports.as_slice() else {
        return Err("no ports".into());
    };
    let identities = serde_json::json!({"identities": [{
        "name": "bench",
        "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }]});
    let config = dir.join("s3.json");
    std::fs::write(&config, identities.to_string())?;
    let data = dir.join("data");
    std::fs::create_dir(&data)?;
    let program = programs.find("weed")?;
    let mut command = Command::new(&program);
    command
        .args(["server", "-filer", "-s3", "-master.telemetry=false"])
        .args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1"])
        .args(["-s3.port.iceberg=0", "-s3.port.lance=0"])
        .arg(format!("-dir={}", data.display()))
        .arg(format!("-master.port={master}"))
        .arg(format!("-volume.port={volume}"))
        .arg(format!("-filer.port={filer}"))
        .arg(format!("-s3.port={s3}"))
        .arg(format!("-s3.config={}", config.display()));
    for part in ["filer", "s3"] {
        let socket = dir.join(format!("{part}.sock"));
        command.arg(format!("-{part}.localSocket={}", socket.display()));
    }
    let process = Process::start(&command, dir)?;
    let running = Running {
        process,
        s3: ([127, 0, 0, 1], s3).into(),
        has_bucket: false,
    };
    if fsync {
        let until = now() + Duration::from_secs(60);
        while let Err(error) = configure(&program, dir, master, filer) {
            if now() > until {
                return Err(error);
            }
            pause(Duration::from_millis(200));
        }
    }
    Ok(running)
}

/// Has the volume servers sync what is written below the buckets.
fn configure(program: &Path, dir: &Path, master: u16, filer: u16) -> Result<(), Failure> {
    // The shell waits for a server that is not there yet, so it gets ten seconds.
    let mut shell = Command::new("timeout");
    shell
        .arg("10")
        .arg(program)
        .arg("shell")
        .arg(format!("-master=127.0.0.1:{master}"))
        .arg(format!("-filer=127.0.0.1:{filer}"))
        .env("HOME", dir);
    let input = "fs.configure -locationPrefix=/buckets/ -fsync -apply\nfs.configure\n";
    let said = output(&mut shell, input)?;
    if said.contains("\"fsync\":") {
        return Ok(());
    }
    Err(format!("fs.configure did not take: {said}").into())
}
