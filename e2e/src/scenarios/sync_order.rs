//! `strace` shows that no acknowledgement precedes its fdatasync.

use std::process::Command;
use std::time::Duration;

use crate::client::Client;
use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, clock, content};

/// One client, one request at a time, of each way to store: between the arrival of each PUT and its
/// `200` lies a completed fdatasync that began after the last write of content.
pub(crate) fn no_answer_before_its_sync(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("strace") {
        return Ok(Outcome::Skipped("strace is not installed".to_owned()));
    }
    let home = bench.directory("sync_order")?;
    let (vault, trace) = (home.join("vault"), home.join("trace"));
    let mut command = bench.tools.command("strace");
    let calls = "trace=fdatasync,fsync,pwrite64,pwritev,read,recvfrom,readv,recvmsg,write,writev,\
                 sendto,sendmsg";
    command
        .args(["-f", "-s", "48", "-e", calls, "-o"])
        .arg(&trace)
        .arg(&bench.binary);
    command.args(server::arguments(&vault));
    let server = Server::start_command(command, &vault)?;
    let mut client = Client::connect(server.s3_authority())?;
    client.send("PUT", "/order", "", &[], b"")?;
    let sizes = [0, 100, 4_096, 70_000, 900_000, 3_000_000];
    for (number, size) in sizes.iter().cycle().take(30).enumerate() {
        let body = content::make(7, 16 + size);
        let answer = client.send("PUT", &format!("/order/k{number}"), "", &[], &body)?;
        if answer.status != 200 {
            return Err(format!("PUT: {} {}", answer.status, answer.text()).into());
        }
        // Let lazy marks pass, so that their syncs are not taken for this request's.
        clock::pause(Duration::from_millis(250));
    }
    let traced = Command::new("pkill")
        .args(["-TERM", "-P", &server.pid().to_string()])
        .status()?;
    if !traced.success() {
        return Err("the traced server could not be stopped".into());
    }
    server.wait(Duration::from_secs(30))?;
    let judged = judge(&std::fs::read_to_string(&trace)?)?;
    if judged < 30 {
        return Err(format!("only {judged} of 30 PUTs were seen in the trace").into());
    }
    Ok(Outcome::Passed(Figures::from([(
        "puts_judged",
        judged.into(),
    )])))
}

/// Walks the trace; returns how many PUTs of objects were answered after their sync.
fn judge(trace: &str) -> Result<usize, Failure> {
    let mut judged = 0;
    let mut waiting: Option<(usize, Option<usize>, Option<usize>)> = None;
    for (number, line) in trace.lines().enumerate() {
        let resumed_sync = line.contains("sync resumed>") && line.ends_with("= 0");
        let whole_sync =
            (line.contains("fdatasync(") || line.contains("fsync(")) && line.ends_with("= 0");
        if line.contains("\"PUT /order/k") {
            waiting = Some((number, None, None));
        } else if line.contains("pwrite") {
            if let Some((_, write, sync)) = waiting.as_mut() {
                *write = Some(number);
                *sync = None;
            }
        } else if resumed_sync || whole_sync {
            if let Some((_, Some(_), sync)) = waiting.as_mut() {
                *sync = Some(number);
            }
        } else if line.contains("\"HTTP/1.1 200") {
            match waiting.take() {
                Some((_, Some(_), Some(_))) => judged += 1,
                Some((start, ..)) => {
                    return Err(format!(
                        "line {number}: answered without a finished sync since line {start}"
                    )
                    .into());
                }
                None => {}
            }
        }
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn an_answer_without_sync_is_caught() {
        let good = "1 recvfrom(9, \"PUT /order/k1 H\", 1) = 1\n1 pwrite64(3, \"x\", 1, 0) = 1\n\
                    2 fdatasync(3) = 0\n1 writev(9, [{\"HTTP/1.1 200 OK\"}]) = 9\n";
        assert_eq!(judge(good).unwrap(), 1);
        assert!(judge(&good.replace("2 fdatasync(3) = 0\n", "")).is_err());
        assert!(judge(&good.replace("= 0\n1 w", "= -1 EIO\n1 w")).is_err());
    }
}
