//! A failed sync: nothing is acknowledged after it, the process ends with 74 and says why, and after
//! a new start everything acknowledged before is there.

use std::path::Path;
use std::time::Duration;

use crate::client::Client;
use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::writers::{self, Acknowledged, Ledger};
use crate::{Bench, Failure, content};

/// `EX_IOERR`, see docs/reference/exit-codes.md.
const EXIT_IO: i32 = 74;
/// Mark of strace on a call whose error it made up.
const INJECTED: &str = "(INJECTED)";
const WRITERS: u64 = 8;

/// One EIO at the nth fdatasync of a thread: first under one client, whose answers are judged
/// against the trace, then under many writers.
pub(crate) fn a_failed_sync_ends_the_server(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("strace") {
        return Ok(Outcome::Skipped("strace is not installed".to_owned()));
    }
    let home = bench.directory("poison")?;
    let (vault, trace) = (home.join("vault"), home.join("trace"));
    let server = Server::start(&bench.binary, &vault)?;
    writers::versioned_bucket(server.s3_authority(), "poison")?;
    server.stop()?;
    let mut acknowledged = Acknowledged::new();
    let mut refused = 0;
    for nth in [20, 45] {
        let server = failing_server(bench, &vault, &trace, nth)?;
        refused += put_until_gone(server.s3_authority(), nth, &mut acknowledged)?;
        expect_poisoned(server, &vault)?;
        judge(&std::fs::read_to_string(&trace)?)?;
        expect_all(bench, &vault, &acknowledged)?;
    }
    let rounds = u64::try_from(bench.number(2, 10))?;
    for round in 0..rounds {
        let ledger = Ledger::default();
        let server = failing_server(bench, &vault, &trace, 30 + 20 * round)?;
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (ledger, authority) = (&ledger, server.s3_authority().to_owned());
                let seed = writer + (1 + round) * WRITERS;
                scope.spawn(move || {
                    writers::write_until_stopped(ledger, &authority, "poison", seed);
                });
            }
            let ended = expect_poisoned(server, &vault);
            ledger.stop();
            ended
        })?;
        acknowledged.extend(ledger.snapshot()?);
        expect_all(bench, &vault, &acknowledged)?;
    }
    Ok(Outcome::Passed(Figures::from([
        ("failures", (2 + rounds).into()),
        ("acknowledged", acknowledged.len().into()),
        ("refused", refused.into()),
    ])))
}

/// The server under strace, which lets the nth fdatasync of each thread fail.
fn failing_server(bench: &Bench, vault: &Path, trace: &Path, nth: u64) -> Result<Server, Failure> {
    let mut command = bench.tools.command("strace");
    command
        .args([
            "-f",
            "-s",
            "16",
            "-e",
            "trace=fdatasync,write,writev,sendto,sendmsg",
        ])
        .args([
            "-e",
            &format!("inject=fdatasync:error=EIO:when={nth}"),
            "-o",
        ])
        .arg(trace)
        .arg(&bench.binary);
    command.args(server::arguments(vault));
    Server::start_command(command, vault)
}

/// One client, one PUT at a time, until nobody listens any more. Returns how many PUTs failed; none
/// may succeed after one that failed.
fn put_until_gone(
    authority: &str,
    round: u64,
    acknowledged: &mut Acknowledged,
) -> Result<u64, Failure> {
    let mut failed = 0;
    for number in 0..2_000_u64 {
        let Ok(mut client) = Client::connect(authority) else {
            return Ok(failed);
        };
        let (key, seed) = (format!("r{round}/k{number:04}"), round * 10_000 + number);
        let length = 1_000 + usize::try_from(number % 5)? * 40_000;
        let body = content::make(seed, length);
        let answer = client.send("PUT", &format!("/poison/{key}"), "", &[], &body);
        match answer {
            Ok(answer) if answer.status == 200 => {
                if failed > 0 {
                    return Err(format!("{key} was acknowledged after a failed sync").into());
                }
                let version = answer.header("x-amz-version-id").unwrap_or("").to_owned();
                acknowledged.insert((key, version), Some((seed, length)));
            }
            Ok(answer) if answer.status < 500 => {
                return Err(format!("{key}: {} {}", answer.status, answer.text()).into());
            }
            _ => failed += 1,
        }
    }
    Err("no PUT failed: the injected error was not met".into())
}

/// The process ends by itself with the code of a failed disk, and its log says what to do.
fn expect_poisoned(server: Server, vault: &Path) -> Result<(), Failure> {
    let code = server.wait(Duration::from_secs(120))?;
    let path = vault.with_extension("server.log");
    let log = std::fs::read_to_string(&path)?;
    // The log of each start is judged by itself.
    std::fs::remove_file(&path)?;
    let told = ["the engine stopped after a failed write", "Mend the disk"]
        .iter()
        .all(|text| log.contains(text));
    if code == EXIT_IO && told {
        return Ok(());
    }
    Err(format!("after a failed sync the server ended with {code}; its log:\n{log}").into())
}

/// After the made-up error no answer of success leaves the server.
fn judge(trace: &str) -> Result<(), Failure> {
    let mut lines = trace.lines().skip_while(|line| !line.contains(INJECTED));
    if lines.next().is_none() {
        return Err("strace made up no error".into());
    }
    match lines.find(|line| line.contains("HTTP/1.1 2")) {
        Some(line) => Err(format!("answered after a failed sync: {line}").into()),
        None => Ok(()),
    }
}

/// A start without strace shows all that was ever acknowledged.
fn expect_all(bench: &Bench, vault: &Path, acknowledged: &Acknowledged) -> Result<(), Failure> {
    let server = Server::start(&bench.binary, vault)?;
    writers::verify(server.s3_authority(), "poison", acknowledged, |_| true)?;
    match server.stop()? {
        0 => Ok(()),
        code => Err(format!("the server ended with {code}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn success_after_the_error_is_caught() {
        let good = "1 sendto(9, \"HTTP/1.1 200 OK\") = 9\n\
                    2 fdatasync(3) = -1 EIO (Input/output error) (INJECTED)\n\
                    1 sendto(9, \"HTTP/1.1 503\") = 9\n";
        judge(good).unwrap();
        assert!(judge(&good.replace("503", "200")).is_err());
        assert!(judge("1 sendto(9, \"HTTP/1.1 200 OK\") = 9\n").is_err());
    }
}
