//! The audit: a report of each patient equals what the clients did; SIGKILL loses nothing that `strict`
//! acknowledged; a flood of requests that nobody signed stays small; an edit on disk is found.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::client::Client;
use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, clock, tools, tree};

const BUCKET: &str = "hospital";
const CONFIG: &str = "[audit]\nmode = \"strict\"\n";
const READERS: usize = 8;
const FLOOD: u64 = 2_000;
/// Entries of one source and hour that stand word for word.
const VERBATIM: u64 = 100;

struct World<'a> {
    bench: &'a Bench,
    home: PathBuf,
    vault: PathBuf,
}

impl World<'_> {
    fn serve(&self) -> Result<Server, Failure> {
        let config = self.home.join("azekura.toml");
        std::fs::write(&config, CONFIG)?;
        let mut command = Command::new(&self.bench.binary);
        command.args(server::arguments(&self.vault));
        command.arg("--config").arg(config);
        Server::start_command(command, &self.vault)
    }

    fn query(&self, server: &Server, words: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.bench.binary);
        command
            .args(["audit", "query", "--endpoint", &server.admin])
            .args(words)
            .env("AZEKURA_ACCESS_KEY_ID", server::ACCESS_KEY)
            .env("AZEKURA_SECRET_ACCESS_KEY", server::SECRET_KEY);
        tools::run(&mut command)
    }

    fn rows(&self, server: &Server, words: &[&str]) -> Result<Vec<Value>, Failure> {
        let text = self.query(server, words)?;
        let rows = text.lines().map(serde_json::from_str);
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// All four, with rclone, aws-cli and boto3.
pub(crate) fn nothing_read_goes_unseen(bench: &Bench) -> Result<Outcome, Failure> {
    for name in ["rclone", "aws", "python3"] {
        if !bench.tools.has(name) {
            return Ok(Outcome::Skipped(format!("{name} is not installed")));
        }
    }
    let home = bench.directory("audit")?;
    let vault = home.join("vault");
    let world = World { bench, home, vault };
    let mut figures = Figures::new();
    let server = world.serve()?;
    let patients = reports(&world, &server)?;
    figures.insert("patients", patients.into());
    let server = killed_under_load(&world, server, &mut figures)?;
    let server = flooded(&world, server, &mut figures)?;
    if server.stop()? != 0 {
        return Err("the server did not end cleanly".into());
    }
    edited(&world, &mut figures)?;
    Ok(Outcome::Passed(figures))
}

/// The folder of a patient in a key of SS-MIX2, taken apart by the driver's own rule.
fn patient_of(key: &str) -> Option<&str> {
    key.strip_prefix("ssmix2/standard/")?.split('/').nth(2)
}

/// What a driver did: operation and key, with how often.
type Done = BTreeMap<(String, String), u64>;

/// A day of messages through three clients; every patient's report is exactly what they did.
#[expect(
    clippy::too_many_lines,
    reason = "one story from its beginning to its end"
)]
fn reports(world: &World<'_>, server: &Server) -> Result<usize, Failure> {
    let source = world.home.join("source");
    let mut generate = Command::new(&world.bench.binary);
    generate.args(["testdata", "--classes", "ss-mix2", "--scale", "1/100"]);
    tools::run(generate.arg(&source))?;
    let files = tree::files(&source)?;
    let keys: Vec<String> = files
        .keys()
        .map(|path| path.display().to_string())
        .collect();
    let aws = |words: &[&str]| tools::run(world.bench.tools.client("aws", server).args(words));
    aws(&["s3", "mb", &format!("s3://{BUCKET}")])?;
    let mut copy = world.bench.tools.client("rclone", server);
    tools::run(
        copy.args(["copyto", "--s3-no-check-bucket", "--no-traverse"])
            .args([&source.display().to_string(), &format!("az:{BUCKET}")]),
    )?;
    let mut done: BTreeMap<String, Done> = BTreeMap::new();
    let mut did = |operation: &str, key: &str| {
        if let Some(patient) = patient_of(key) {
            let done = done.entry(patient.to_owned()).or_default();
            *done
                .entry((operation.to_owned(), key.to_owned()))
                .or_default() += 1;
        }
    };
    for key in &keys {
        did("PutObject", key);
    }
    // boto3 looks at every third message, aws-cli fetches every seventh.
    let looked: Vec<&String> = keys.iter().step_by(3).collect();
    let mut script = world.bench.tools.python("audit_reads.py", server);
    let mut child = script.arg(BUCKET).stdin(Stdio::piped()).spawn()?;
    let listed: Vec<&str> = looked.iter().map(|key| key.as_str()).collect();
    let mut input = child.stdin.take().ok_or("no standard input")?;
    input.write_all(listed.join("\n").as_bytes())?;
    drop(input);
    if !child.wait()?.success() {
        return Err("audit_reads.py failed".into());
    }
    for key in looked {
        for operation in ["HeadObject", "GetObject", "GetObjectTagging"] {
            did(operation, key);
        }
        let folder = key.rsplit_once('/').ok_or("a key without a folder")?.0;
        did("ListObjectsV2", &format!("{folder}/"));
    }
    for key in keys.iter().step_by(7) {
        let from = format!("s3://{BUCKET}/{key}");
        aws(&[
            "s3api",
            "get-object",
            "--bucket",
            BUCKET,
            "--key",
            key,
            "/dev/null",
        ])
        .map_err(|error| format!("{from}: {error}"))?;
        did("GetObject", key);
    }
    for (patient, expected) in &done {
        let mut found = Done::new();
        for row in world.rows(server, &["--patient", patient])? {
            let text = |name: &str| {
                let value = row.get(name).and_then(|value| value.as_str());
                value.unwrap_or_default().to_owned()
            };
            // rclone looks before it writes; the driver does not list what that is.
            let looks = text("operation") == "HeadObject" && text("user_agent").contains("rclone");
            if !looks {
                *found.entry((text("operation"), text("key"))).or_default() += 1;
            }
        }
        if found != *expected {
            return Err(format!("patient {patient}: {found:?} instead of {expected:?}").into());
        }
    }
    for form in ["s3", "ocsf"] {
        let text = world.query(server, &["--bucket", BUCKET, "--format", form])?;
        if text.lines().count() < keys.len() {
            return Err(format!("--format {form} prints too little").into());
        }
    }
    Ok(done.len())
}

/// Readers, SIGKILL, a new start: whatever a client got an answer to is on record.
fn killed_under_load(
    world: &World<'_>,
    server: Server,
    figures: &mut Figures,
) -> Result<Server, Failure> {
    let mut client = Client::connect(server.s3_authority())?;
    client.send("PUT", &format!("/{BUCKET}/load"), "", &[], b"x")?;
    let answered = Arc::new(Mutex::new(BTreeSet::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let authority = server.s3_authority().to_owned();
            let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
            std::thread::spawn(move || read_on(&authority, &answered, &stop))
        })
        .collect();
    let enough = || {
        let count = answered.lock().map_or(0, |answered| answered.len());
        (count >= 500).then_some(())
    };
    clock::wait_for(Duration::from_secs(60), enough).ok_or("the readers are too slow")?;
    server.kill();
    stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.join().map_err(|_| "a reader panicked")?;
    }
    let server = world.serve()?;
    let rows = world.rows(&server, &["--bucket", BUCKET, "--prefix", "load"])?;
    let found: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row["request_id"].as_str())
        .collect();
    let answered = answered.lock().map_err(|_| "a reader panicked")?;
    let lost = answered
        .iter()
        .filter(|id| !found.contains(id.as_str()))
        .count();
    if lost > 0 {
        return Err(format!(
            "{lost} of {} answered reads are not on record",
            answered.len()
        )
        .into());
    }
    figures.insert("answered_before_kill", answered.len().into());
    Ok(server)
}

fn read_on(authority: &str, answered: &Mutex<BTreeSet<String>>, stop: &AtomicBool) {
    let Ok(mut client) = Client::connect(authority) else {
        return;
    };
    while !stop.load(Ordering::SeqCst) {
        let Ok(answer) = client.send("GET", &format!("/{BUCKET}/load"), "", &[], b"") else {
            return;
        };
        if let (200, Some(id)) = (answer.status, answer.header("x-amz-request-id"))
            && let Ok(mut answered) = answered.lock()
        {
            answered.insert(id.to_owned());
        }
    }
}

/// Requests that nobody signed: a hundred stand word for word, the rest as one count.
fn flooded(world: &World<'_>, server: Server, figures: &mut Figures) -> Result<Server, Failure> {
    let authority = server.s3_authority().to_owned();
    let before = server.metric("azekura_journal_bytes")?;
    for _ in 0..FLOOD / 100 {
        // An error may end the connection.
        let mut client = Client::connect(&authority)?;
        for _ in 0..100 {
            let head = format!("GET /{BUCKET}/secret HTTP/1.1\r\nhost: {authority}\r\n\r\n");
            let answer = client.send_raw("GET", head.as_bytes(), b"")?;
            if answer.status != 403 {
                return Err(format!("an unsigned request got {}", answer.status).into());
            }
        }
    }
    let bytes = server
        .metric("azekura_journal_bytes")?
        .saturating_sub(before);
    if bytes > FLOOD * 1000 {
        return Err(format!("the flood took {bytes} bytes of journal").into());
    }
    figures.insert("flood_requests", FLOOD.into());
    figures.insert("flood_journal_bytes", bytes.into());
    // A stop writes the counts of the hour.
    server.stop()?;
    let server = world.serve()?;
    let rows = world.rows(&server, &["--bucket", BUCKET, "--prefix", "secret"])?;
    let all = world.rows(&server, &["--bucket", BUCKET, "--result", "refused"])?;
    // Clients that look for what is not there are refused, too.
    let unsigned = all.iter().filter(|row| row["auth"] == "unverified");
    let counted: u64 = unsigned.filter_map(|row| row["count"].as_u64()).sum();
    // At the turn of an hour there are two of everything.
    let verbatim = rows.len() as u64;
    if counted != FLOOD || !(verbatim == VERBATIM || verbatim == 2 * VERBATIM) {
        return Err(format!("{counted} counted, {verbatim} word for word").into());
    }
    Ok(server)
}

/// One bit of the journal in turn; `vault check` finds every one, audit batches among them.
fn edited(world: &World<'_>, figures: &mut Figures) -> Result<(), Failure> {
    let check = || -> Result<i32, Failure> {
        let mut command = Command::new(&world.bench.binary);
        command
            .args(["vault", "check", "--data-dir"])
            .arg(&world.vault);
        Ok(tools::output(&mut command)?.status.code().unwrap_or(-1))
    };
    if check()? != 0 {
        return Err("an untouched vault is not sound".into());
    }
    let segment = newest_segment(&world.vault.join("journal"))?;
    let whole = std::fs::read(&segment)?;
    // Behind the load nearly everything is audit.
    let used = whole
        .iter()
        .rposition(|byte| *byte != 0)
        .ok_or("an empty segment")?;
    let parts = [90, 94, 98];
    for part in parts {
        let mut bytes = whole.clone();
        let at = used * part / 100;
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x10;
        }
        std::fs::write(&segment, &bytes)?;
        let code = check()?;
        if code != 5 {
            let file = segment.display();
            return Err(format!("an edit at {at} of {file}: exit code {code}").into());
        }
    }
    std::fs::write(&segment, &whole)?;
    figures.insert("edits_found", parts.len().into());
    Ok(())
}

fn newest_segment(journal: &Path) -> Result<PathBuf, Failure> {
    let mut segments: Vec<PathBuf> = std::fs::read_dir(journal)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "seg"))
        .collect();
    segments.sort();
    segments.pop().ok_or_else(|| "no segment".into())
}
