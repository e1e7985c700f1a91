//! What a process uses, as Linux tells it, and how many descriptors this one may open.

use std::process::Command;

use crate::Failure;

/// Use of one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Memory in bytes (`VmRSS`).
    pub(crate) resident_bytes: u64,
    /// Open descriptors.
    pub(crate) descriptors: usize,
}

impl Usage {
    /// That of a process now.
    pub(crate) fn of(pid: u32) -> Result<Self, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .ok_or("no VmRSS")?;
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        Ok(Self {
            resident_bytes: kilobytes.parse::<u64>()? << 10,
            descriptors,
        })
    }
}

/// Lets this process, and those it starts, open as many descriptors as the system allows, with
/// `prlimit` of util-linux.
pub(crate) fn raise_descriptors() -> Result<(), Failure> {
    let pid = std::process::id().to_string();
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let hard = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .and_then(|rest| rest.split_whitespace().nth(1))
        .ok_or("no limit of open files")?;
    let raised = Command::new("prlimit")
        .args(["--pid", &pid, &format!("--nofile={hard}:{hard}")])
        .status()?;
    if raised.success() {
        return Ok(());
    }
    Err("prlimit failed".into())
}
