//! Facts of the machine that figures cannot be read without.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use azekura_bench::clock::now;

use crate::Failure;

/// One sentence: processor, cores, memory, kernel, file system.
pub(crate) fn describe(dir: &Path) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value.map_or("unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field(&read("/proc/cpuinfo"), "model name");
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let kernel = read("/proc/sys/kernel/osrelease");
    let mounts = read("/proc/self/mounts");
    let dir = dir.canonicalize().unwrap_or_default();
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(at, _)| dir.starts_with(at))
        .max_by_key(|(at, _)| at.len());
    let system = mount.map_or("unknown", |(_, system)| system);
    format!(
        "{model}, {cores} cores, memory {memory}, Linux {}, {system}",
        kernel.trim()
    )
}

/// Bare appends of 4 KiB, each with its `fdatasync`, by one thread: writes a second.
pub(crate) fn disk_probe(dir: &Path) -> Result<f64, Failure> {
    let path = dir.join("probe");
    let mut file = File::create(&path)?;
    let block = [0xa5; 4096];
    let (start, time) = (now(), Duration::from_millis(500));
    let mut writes = 0_u32;
    while start.elapsed() < time {
        file.write_all(&block)?;
        file.sync_data()?;
        writes += 1;
    }
    let rate = f64::from(writes) / start.elapsed().as_secs_f64();
    fs::remove_file(&path)?;
    Ok(rate)
}
