//! A hundredth of a day of the synthetic hospital, made by the binary, read by the libraries that
//! read real files, and carried by five clients.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{
    Setting, aws_cli_copies, boto3_copies, finish, prepare_with, rclone_copies, restic_copies,
    s5cmd_copies, text,
};
use crate::report::Outcome;
use crate::{Bench, Failure, tools, tree};

/// Stores and restores a tree; answers how many files were compared.
type Copies = fn(&Bench, &Setting) -> Result<usize, Failure>;

/// Clients in the order of use.
const CLIENTS: [(&str, &str, Copies); 5] = [
    ("boto3", "python3", boto3_copies),
    ("aws-cli", "aws", aws_cli_copies),
    ("s5cmd", "s5cmd", s5cmd_copies),
    ("rclone", "rclone", rclone_copies),
    ("restic", "restic", restic_copies),
];

/// One tree, one server, five clients one after the other; every byte compared each time.
pub(crate) fn a_day_through_five_clients(bench: &Bench) -> Result<Outcome, Failure> {
    let missing = CLIENTS.iter().find(|(_, tool, _)| !bench.tools.has(tool));
    if let Some((name, _, _)) = missing {
        return Ok(Outcome::Skipped(format!("{name} is not installed")));
    }
    let mut setting = prepare_with(bench, "hospital", |source| generate(bench, source))?;
    check(bench, &setting.source)?;
    let mut compared = 0;
    for (name, _, copies) in CLIENTS {
        let home = bench.directory("hospital")?.join(name);
        setting.restored = home.join("restored");
        std::fs::create_dir_all(&setting.restored)?;
        compared += copies(bench, &setting).map_err(|error| format!("{name}: {error}"))?;
        std::fs::remove_dir_all(&home)?;
    }
    finish(setting, compared)
}

/// Runs `azekura testdata`, holds its summary to what it wrote, and sees it refuse to do so twice.
fn generate(bench: &Bench, source: &Path) -> Result<u64, Failure> {
    let testdata = || {
        let mut command = Command::new(&bench.binary);
        command.args(["testdata", "--json", "--scale", "1/100", "--image-scale"]);
        command
            .arg(if bench.full { "1" } else { "1/8" })
            .arg(source);
        command
    };
    let summary: Value = serde_json::from_str(&tools::run(&mut testdata())?)?;
    let number = |name: &str| summary.get(name).and_then(Value::as_u64).unwrap_or(0);
    let written = tree::files(source)?;
    let mut bytes = 0;
    for path in written.values() {
        bytes += std::fs::metadata(path)?.len();
    }
    let found = (u64::try_from(written.len())?, bytes);
    if found != (number("files"), number("bytes")) {
        return Err(format!("{found:?} were written, the summary is {summary}").into());
    }
    let again = tools::output(&mut testdata())?;
    if again.status.code() != Some(4) {
        return Err(format!("a full directory was answered with {}", again.status).into());
    }
    Ok(bytes)
}

fn check(bench: &Bench, source: &Path) -> Result<(), Failure> {
    let qpdf = if bench.tools.has("qpdf") { "qpdf" } else { "" };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("py/hospital_check.py");
    let mut command = bench.tools.command("python3");
    tools::run(command.arg(script).args([&text(source), qpdf]))?;
    Ok(())
}
