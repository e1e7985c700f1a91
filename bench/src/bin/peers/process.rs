//! Other programs: where they are, how they are started, what they cost, how they end.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use azekura_bench::clock::{now, pause};

use crate::Failure;

/// Time to end by itself, before it is killed.
const GRACE: Duration = Duration::from_secs(15);

/// Where programs are looked for before `PATH`.
pub(crate) struct Programs(pub(crate) Vec<PathBuf>);

impl Programs {
    /// Full path of a program.
    pub(crate) fn find(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.0.iter().cloned().chain(std::env::split_paths(&path));
        let found = folders
            .map(|folder| folder.join(name))
            .find(|path| path.is_file());
        found.ok_or_else(|| format!("{name} is not installed").into())
    }
}

/// A server, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command in `dir`, its output in a log there. It ends with this process, even when
    /// this one is killed.
    pub(crate) fn start(command: &Command, dir: &Path) -> Result<Self, Failure> {
        let log = dir.join("server.log");
        let mut guarded = Command::new("setpriv");
        guarded
            .args(["--pdeathsig", "KILL", "--"])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(dir)
            .env("HOME", dir)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        for (name, value) in command.get_envs() {
            guarded.env(name, value.unwrap_or_default());
        }
        Ok(Self {
            child: guarded.spawn()?,
            log,
        })
    }

    /// Process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Text of the log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until `ready` finds in the log what it wants.
    pub(crate) fn wait_for<T>(
        &mut self,
        mut ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, Failure> {
        let until = now() + Duration::from_secs(60);
        while now() < until {
            if let Some(found) = ready(&self.log()) {
                return Ok(found);
            }
            self.check()?;
            pause(Duration::from_millis(50));
        }
        Err(format!("not ready in time: {}", self.tail()).into())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// With the end of its log when it does not.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            Some(status) => Err(format!("ended with {status}: {}", self.tail()).into()),
            None => Ok(()),
        }
    }

    /// Last lines of the log.
    pub(crate) fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }

    /// Most memory it ever had, in bytes (`VmHWM`).
    pub(crate) fn peak_memory(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.ok_or("no VmHWM")?.parse::<u64>()? << 10)
    }

    /// SIGTERM, and SIGKILL when that does not help.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        let pid = self.pid().to_string();
        if !Command::new("kill")
            .args(["-TERM", &pid])
            .status()?
            .success()
        {
            return Err(format!("process {pid} cannot be stopped").into());
        }
        let until = now() + GRACE;
        while now() < until {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            pause(Duration::from_millis(20));
        }
        // Dropping it kills it.
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        if self.child.kill().is_ok() && self.child.wait().is_ok() {}
    }
}

/// Output of a command that must succeed, within a minute.
pub(crate) fn output(command: &mut Command, input: &str) -> Result<String, Failure> {
    let name = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let out = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.success() {
        return Ok(text);
    }
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    Err(format!("{name}: {}: {text} {said}", out.status).into())
}

/// Free loopback ports, of which each port + 10,000 is free too (`SeaweedFS` puts its gRPC there).
pub(crate) fn free_ports(count: usize) -> Result<Vec<u16>, Failure> {
    let (mut ports, mut held) = (Vec::new(), Vec::new());
    for _ in 0..1000 {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        if let Some(upper) = port.checked_add(10_000)
            && let Ok(second) = TcpListener::bind(("127.0.0.1", upper))
        {
            ports.push(port);
            held.push(second);
        }
        held.push(listener);
        if ports.len() == count {
            return Ok(ports);
        }
    }
    Err("no free ports".into())
}

/// Counts the syncs that a process asks the kernel for while `work` runs. `None` without strace or
/// the right to trace.
pub(crate) async fn syncs_during<F>(
    strace: &Path,
    pid: u32,
    file: &Path,
    work: F,
) -> Result<Option<usize>, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    const CALLS: [&str; 6] = [
        "fsync",
        "fdatasync",
        "msync",
        "sync_file_range",
        "syncfs",
        "sync",
    ];
    let mut child = Command::new(strace)
        .args(["-f", "-qq", "-e", &format!("trace={}", CALLS.join(","))])
        .args(["-p", &pid.to_string(), "-o"])
        .arg(file)
        .stderr(Stdio::null())
        .spawn()?;
    // strace says nothing when it has attached; TracerPid tells.
    let until = now() + Duration::from_secs(5);
    let traced = || {
        let status = File::open(format!("/proc/{pid}/status")).map(BufReader::new);
        let lines = status
            .into_iter()
            .flat_map(|reader| reader.lines().map_while(Result::ok));
        lines
            .filter_map(|line| line.strip_prefix("TracerPid:").map(|p| p.trim() != "0"))
            .any(|t| t)
    };
    while !traced() && now() < until && child.try_wait()?.is_none() {
        pause(Duration::from_millis(20));
    }
    let attached = traced();
    if attached {
        pause(Duration::from_millis(200));
    }
    let done = work.await;
    let stopped = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    let ended = child.wait();
    done?;
    stopped?;
    ended?;
    let text = std::fs::read_to_string(file)?;
    let begun = |line: &&str| {
        let call = line.split_whitespace().nth(1).unwrap_or_default();
        CALLS.iter().any(|name| {
            call.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('('))
        })
    };
    Ok(attached.then(|| text.lines().filter(begun).count()))
}
