//! Debian packages: installed where the caller is root, else unpacked below `tools`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{output, run};

/// Installs or unpacks packages.
///
/// # Errors
/// A sentence that names what failed.
pub(super) fn install(tools: &Path, packages: &[String]) -> Result<(), String> {
    println!("  Debian packages to install: {}", packages.join(" "));
    if is_root()? {
        install_as_root(packages)
    } else {
        unpack(tools, packages)
    }
}

/// Where packages are unpacked.
pub(super) fn unpacked_root(tools: &Path) -> PathBuf {
    tools.join("debian")
}

/// Folders that may hold unpacked commands.
pub(super) fn unpacked_folders(tools: &Path) -> Vec<PathBuf> {
    let root = unpacked_root(tools);
    ["usr/bin", "usr/sbin", "bin", "sbin"]
        .iter()
        .map(|folder| root.join(folder))
        .collect()
}

/// `LD_LIBRARY_PATH` for an unpacked command.
pub(super) fn library_path(tools: &Path) -> String {
    let mut folders = Vec::new();
    for base in ["usr/lib", "lib"] {
        let entries = fs::read_dir(unpacked_root(tools).join(base))
            .into_iter()
            .flatten()
            .flatten();
        let triplets = entries.filter(|e| e.file_name().to_string_lossy().contains("-linux-"));
        folders.extend(triplets.map(|e| e.path().to_string_lossy().into_owned()));
    }
    folders.join(":")
}

/// Whether this process may install packages.
pub(super) fn is_root() -> Result<bool, String> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn install_as_root(packages: &[String]) -> Result<(), String> {
    let apt = || {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-qq", "-o", "Dpkg::Use-Pty=0"]);
        command
    };
    // An outdated list may still serve, so that a failure here is not the end.
    let updated = run(apt().arg("update"));
    let flags = ["install", "-y", "--no-install-recommends"];
    if run(apt().args(flags).args(packages)).is_ok() {
        return Ok(());
    }
    // One unknown package must not keep the others away.
    let mut failed: Vec<String> = updated.err().into_iter().collect();
    for package in packages {
        failed.extend(run(apt().args(flags).arg(package)).err());
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("; "))
    }
}

/// Fetches packages, with what they need and the system lacks, and unpacks them.
fn unpack(tools: &Path, packages: &[String]) -> Result<(), String> {
    let state = tools.join("apt");
    let fetched = state.join("fetched");
    for folder in ["lists/partial", "cache/archives/partial", "fetched"] {
        fs::create_dir_all(state.join(folder))
            .map_err(|error| format!("{}: {error}", state.display()))?;
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command
            .current_dir(&fetched)
            .args(["-qq", "-o", "Debug::NoLocking=true"]);
        command.arg("-o").arg(format!(
            "Dir::State::lists={}",
            state.join("lists").display()
        ));
        command
            .arg("-o")
            .arg(format!("Dir::Cache={}", state.join("cache").display()));
        command
    };
    run(apt().arg("update"))?;
    let mut names = Vec::new();
    for package in packages {
        let mut plan = apt();
        plan.args(["install", "-y", "--no-install-recommends", "--print-uris"])
            .arg(package);
        // Each line: 'address' file_version_arch.deb size hash. The package itself comes even if
        // the system counts it as installed.
        names.push(package.clone());
        let plan = output(&mut plan)?;
        names.extend(plan.lines().filter_map(package_of_line));
    }
    names.sort();
    names.dedup();
    run(apt().arg("download").args(&names))?;
    let root = unpacked_root(tools);
    for entry in fs::read_dir(&fetched)
        .map_err(|error| error.to_string())?
        .flatten()
    {
        if entry.path().extension().is_some_and(|end| end == "deb") {
            run(Command::new("dpkg-deb")
                .arg("-x")
                .arg(entry.path())
                .arg(&root))?;
        }
    }
    Ok(())
}

/// Name of the package in a line of `apt-get --print-uris`.
fn package_of_line(line: &str) -> Option<String> {
    let file = line
        .starts_with('\'')
        .then(|| line.split_whitespace().nth(1))??;
    file.split('_').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::package_of_line;

    #[test]
    fn package_names_are_read_from_the_plan() {
        let line = "'http://mirror.example/debian/pool/main/l/libunwind/libunwind8_1.6.2-3_amd64.deb' libunwind8_1.6.2-3_amd64.deb 51 SHA256:aa";
        assert_eq!(package_of_line(line).as_deref(), Some("libunwind8"));
        assert_eq!(package_of_line("Reading package lists..."), None);
    }
}
