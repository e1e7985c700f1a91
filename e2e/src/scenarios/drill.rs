//! `azekura drill locks` on the real server, as an operator runs it.

use std::process::Command;

use serde_json::Value;

use crate::report::{Figures, Outcome};
use crate::server::{ACCESS_KEY, SECRET_KEY, Server};
use crate::{Bench, Failure, tools};

/// Every door is shut, every locked version is whole, and the words are there in both languages.
pub(crate) fn no_door_opens(bench: &Bench) -> Result<Outcome, Failure> {
    let home = bench.directory("drill")?;
    let server = Server::start(&bench.binary, &home.join("vault"))?;
    let drill = |words: &[&str]| {
        let mut command = Command::new(&bench.binary);
        command
            .args(["drill", "locks", "--endpoint", &server.admin])
            .args(words)
            .env("AZEKURA_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AZEKURA_SECRET_ACCESS_KEY", SECRET_KEY);
        tools::run(&mut command)
    };
    let report: Value = serde_json::from_str(&drill(&["--json"])?)?;
    let doors = report.get("doors").and_then(Value::as_array);
    let doors = doors.ok_or("no doors in the report")?;
    let harmless_or_refused = doors.iter().all(|door| {
        let verdict = door.get("verdict").and_then(Value::as_str);
        matches!(verdict, Some("refused" | "harmless" | "not-offered"))
    });
    if !harmless_or_refused || report.get("open") != Some(&Value::from(0)) {
        return Err(format!("a door opened: {report:#}").into());
    }
    // The first drill's locks still hold: the second finds its bucket and names it.
    let japanese = drill(&["--lang", "ja"])?;
    for word in ["手口すべてが退けられました", "残るもの"] {
        if !japanese.contains(word) {
            return Err(format!("no {word:?} in:\n{japanese}").into());
        }
    }
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([
        ("doors", doors.len().into()),
        (
            "versions_read_back",
            report
                .get("versions_read_back")
                .cloned()
                .unwrap_or_default(),
        ),
    ])))
}
