//! SIGKILL at random moments: what was acknowledged is there, nothing half visible.

use std::time::Duration;

use crate::random::Seeded;
use crate::report::{Figures, Outcome};
use crate::server::{ACCESS_KEY, SECRET_KEY, Server};
use crate::writers::{self, Acknowledged, Ledger};
use crate::{Bench, Failure, clock, tools};

const WRITERS: u64 = 32;

/// 32 writers, SIGKILL after a random number of acknowledgements, start again, compare; at the end
/// every version of every round, and `vault check`.
pub(crate) fn acknowledged_survives_kill(bench: &Bench) -> Result<Outcome, Failure> {
    let rounds = bench.number(30, 200);
    let vault = bench.directory("crash")?.join("vault");
    let mut random = Seeded::new(1_300);
    let mut all = Acknowledged::new();
    let mut listed = 0;
    let mut server = Server::start(&bench.binary, &vault)?;
    writers::versioned_bucket(server.s3_authority(), "crash")?;
    for round in 0..rounds {
        let ledger = Ledger::default();
        let target = 30 + random.below(500);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (ledger, authority) = (&ledger, server.s3_authority().to_owned());
                let id = writer + u64::try_from(round).unwrap_or(0) * WRITERS * 100;
                scope.spawn(move || {
                    writers::write_until_stopped(ledger, &authority, "crash", id + writer);
                });
            }
            let reached = clock::wait_for(Duration::from_secs(60), || {
                (ledger.count() >= target).then_some(())
            });
            ledger.stop();
            server.kill();
            reached.ok_or("the writers made no progress")
        })?;
        let fresh = ledger.snapshot()?;
        all.extend(fresh.clone());
        server = Server::start(&bench.binary, &vault)
            .map_err(|error| format!("start after kill {round}: {error}"))?;
        let last = round + 1 == rounds;
        listed = writers::verify(server.s3_authority(), "crash", &all, |name| {
            last || fresh.contains_key(name)
        })
        .map_err(|error| format!("after kill {round}: {error}"))?;
    }
    history_agrees(bench, &server, &all)?;
    if server.stop()? != 0 {
        return Err("SIGTERM did not end the server cleanly".into());
    }
    let mut check = std::process::Command::new(&bench.binary);
    check
        .args(["vault", "check", "--json", "--data-dir"])
        .arg(&vault);
    tools::run(&mut check)?;
    Ok(Outcome::Passed(Figures::from([
        ("kills", rounds.into()),
        ("writers", WRITERS.into()),
        ("acknowledged", all.len().into()),
        ("listed", listed.into()),
    ])))
}

/// The history of a key, asked of the admin API, holds every acknowledged version of it.
fn history_agrees(bench: &Bench, server: &Server, all: &Acknowledged) -> Result<(), Failure> {
    let (key, _) = all.keys().next().ok_or("nothing was acknowledged")?;
    let mut history = std::process::Command::new(&bench.binary);
    history
        .args([
            "object",
            "history",
            "crash",
            key,
            "--json",
            "--endpoint",
            &server.admin,
        ])
        .env("AZEKURA_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AZEKURA_SECRET_ACCESS_KEY", SECRET_KEY);
    let printed = tools::run(&mut history)?;
    match all
        .keys()
        .find(|(of, version)| of == key && !printed.contains(version.as_str()))
    {
        Some(missing) => Err(format!("history lacks {missing:?}:\n{printed}").into()),
        None => Ok(()),
    }
}
