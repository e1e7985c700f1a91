//! What a process uses, as Linux tells it, and how many descriptors this one may open.

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

/// Lets this process, and those it starts, open as many descriptors as the system allows.
pub(crate) fn raise_descriptors() -> Result<(), Failure> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?;
    Ok(())
}
