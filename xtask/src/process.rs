//! Runs other programs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Answer of `cargo metadata`.
///
/// # Errors
/// A sentence when cargo fails.
pub fn cargo_metadata(root: &Path) -> Result<serde_json::Value, String> {
    let mut command = Command::new("cargo");
    command
        .args(["metadata", "--format-version", "1"])
        .current_dir(root);
    let text = output(&mut command)?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))
}

/// Standard output of a command that must succeed.
///
/// # Errors
/// A sentence with the command's standard error.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = describe(command);
    let out = command
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    if !out.status.success() {
        return Err(format!(
            "{name}: {}: {}",
            out.status,
            String::from_utf8_lossy(&out.stderr).trim()
        ));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// What a command wrote to standard output and standard error, and whether it succeeded.
///
/// # Errors
/// A sentence when it cannot start.
pub fn everything_said(command: &mut Command) -> Result<(bool, String), String> {
    let name = describe(command);
    println!("    $ {name}");
    let out = command
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    let mut text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&out.stderr));
    Ok((out.status.success(), text))
}

/// Runs a command on this terminal.
///
/// # Errors
/// A sentence when it cannot start or does not succeed.
pub fn run(command: &mut Command) -> Result<(), String> {
    let name = describe(command);
    println!("    $ {name}");
    let status = command
        .status()
        .map_err(|error| format!("{name}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name}: {status}"))
    }
}

/// Runs a command, shows each line of its standard output as it comes and hands it to `line`.
/// Returns whether the command succeeded.
///
/// # Errors
/// A sentence when it cannot start or its output cannot be read.
pub fn run_lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool, String> {
    let name = describe(command);
    println!("    $ {name}");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    if let Some(stdout) = child.stdout.take() {
        for text in BufReader::new(stdout).lines() {
            let text = text.map_err(|error| format!("{name}: {error}"))?;
            println!("{text}");
            line(&text);
        }
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    Ok(status.success())
}

/// SHA-256 in hexadecimal, by coreutils: a hash crate would be built before every `cargo xtask`.
///
/// # Errors
/// A sentence when `sha256sum` fails.
pub fn sha256(bytes: &[u8]) -> Result<String, String> {
    let start = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = start.map_err(|error| format!("sha256sum: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(bytes)
            .map_err(|error| format!("sha256sum: {error}"))?;
    }
    let out = child
        .wait_with_output()
        .map_err(|error| format!("sha256sum: {error}"))?;
    let text = String::from_utf8_lossy(&out.stdout);
    text.split_whitespace()
        .next()
        .map(str::to_owned)
        .ok_or_else(|| "sha256sum: no answer".to_owned())
}

/// A command as one would type it.
fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn sha256_of_the_empty_string() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b"").unwrap(), expected);
    }
}
