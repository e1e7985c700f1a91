//! What the measurements share: the clock, and what the system says of this process.

pub mod clock;

use std::io;
use std::time::Duration;

/// Bytes that this process caused to be written to devices.
///
/// # Errors
/// When the system does not count them.
pub fn device_bytes() -> io::Result<u64> {
    let io = std::fs::read_to_string("/proc/self/io")?;
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|text| text.parse().ok())
        .ok_or_else(|| io::Error::other("no write_bytes"))
}

/// Processor time of all threads of this process, in steps of 10 ms.
///
/// # Errors
/// When the system does not tell.
pub fn cpu() -> io::Result<Duration> {
    cpu_of(std::process::id())
}

/// Processor time of all threads of a process, in steps of 10 ms.
///
/// # Errors
/// When there is no such process.
pub fn cpu_of(pid: u32) -> io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold spaces; user and system time are the 12th and 13th after it.
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|text| text.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks.saturating_mul(10)))
}

/// The machine's load: runnable tasks, averaged over the last minute.
///
/// # Errors
/// When the system does not tell.
pub fn load() -> io::Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let first = text.split_whitespace().next();
    first
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| io::Error::other("no load"))
}
