//! SIGKILL while the keeper erases.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Run, text};
use crate::client::{Client, content_hash};
use crate::random::Seeded;
use crate::server::Server;
use crate::{Failure, clock, content};

const BUCKET: &str = "kills";
/// Stored and deleted before each kill: a pass takes longer than the server lives.
const VERSIONS: usize = 60;
/// Longest time that a pass is left alone.
const LIFE_MS: u64 = 250;

/// What was done.
pub(super) struct Killed {
    pub(super) rounds: usize,
    /// Kills that cut a pass off.
    pub(super) in_a_pass: usize,
    /// Versions that a certificate calls freed.
    pub(super) released: usize,
}

/// One version.
struct Stored {
    key: String,
    version: String,
    content: Vec<u8>,
}

/// Each round stores versions, locks some, deletes the others for good, lets the keeper pass and kills
/// the server at a random moment. At the end nothing locked is lost and all else is freed.
pub(super) fn in_the_middle_of_a_pass(
    run: &Run<'_>,
    mut server: Server,
) -> Result<(Server, Killed), Failure> {
    let rounds = run.bench.number(10, 50);
    let mut random = Seeded::new(1_800);
    let (mut kept, mut gone) = (Vec::new(), BTreeMap::new());
    let mut in_a_pass = 0;
    let enabled = ("x-amz-bucket-object-lock-enabled", "true");
    let made = Client::connect(server.s3_authority())?.send(
        "PUT",
        &format!("/{BUCKET}"),
        "",
        &[enabled],
        b"",
    )?;
    if made.status != 200 {
        return Err(format!("the bucket was not made: {}", made.text()).into());
    }
    for round in 0..rounds {
        let mut client = Client::connect(server.s3_authority())?;
        for number in 0..VERSIONS {
            let held = number % 12 == 0;
            let stored = put(&mut client, round * VERSIONS + number, held)?;
            if held {
                kept.push(stored);
            } else {
                delete(&mut client, &stored, 204)?;
                gone.insert(stored.version, stored.key);
            }
        }
        let mut pass = run
            .online(&server, &["lifecycle", "run", BUCKET])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        clock::pause(Duration::from_millis(random.below(LIFE_MS)));
        server.kill();
        in_a_pass += usize::from(!pass.wait()?.success());
        server = run
            .start()
            .map_err(|error| format!("start after kill {round}: {error}"))?;
    }
    run.keep(&server, BUCKET)?;
    let certificate = run.ask(&server, &["disposal", "certificate", BUCKET])?;
    let releases = certificate.get("releases").and_then(Value::as_array);
    for release in releases.ok_or("no releases")? {
        let version = text(release, "version")?;
        if text(release, "stage")? != "freed" || gone.remove(&version).is_none() {
            return Err(format!("pending, twice or never deleted: {release}").into());
        }
    }
    if let Some((version, key)) = gone.first_key_value() {
        return Err(format!("{key} {version} was never released").into());
    }
    let mut client = Client::connect(server.s3_authority())?;
    for stored in &kept {
        let (path, query) = (format!("/{BUCKET}/{}", stored.key), version_id(stored));
        let answer = client.send("GET", &path, &query, &[], b"")?;
        if answer.body != stored.content {
            return Err(format!("{} under a hold: {}", stored.key, answer.status).into());
        }
        delete(&mut client, stored, 403)?;
    }
    let released = releases.map_or(0, Vec::len);
    let killed = Killed {
        rounds,
        in_a_pass,
        released,
    };
    Ok((server, killed))
}

fn version_id(stored: &Stored) -> String {
    format!("versionId={}", stored.version)
}

fn put(client: &mut Client, number: usize, held: bool) -> Result<Stored, Failure> {
    // Inline, between, and a file of its own.
    let length = match number % 12 {
        5 | 6 => 100 << 10,
        0 | 7 => (1 << 20) + 5,
        _ => 1000,
    };
    let key = format!("{number:05}");
    let content = content::make(u64::try_from(number)?, length);
    let sum = STANDARD.encode(hex::decode(content_hash(&content))?);
    let lock = [
        ("x-amz-checksum-sha256", sum.as_str()),
        ("x-amz-object-lock-legal-hold", "ON"),
    ];
    let lock = if held { &lock[..] } else { &[] };
    let answer = client.send("PUT", &format!("/{BUCKET}/{key}"), "", lock, &content)?;
    if answer.status != 200 {
        return Err(format!("PUT of {key}: {}", answer.text()).into());
    }
    let version = answer.header("x-amz-version-id").ok_or("no version id")?;
    Ok(Stored {
        key,
        version: version.to_owned(),
        content,
    })
}

fn delete(client: &mut Client, stored: &Stored, want: u16) -> Result<(), Failure> {
    let path = format!("/{BUCKET}/{}", stored.key);
    let answer = client.send("DELETE", &path, &version_id(stored), &[], b"")?;
    if answer.status == want {
        return Ok(());
    }
    Err(format!(
        "DELETE of {}: {} {}",
        stored.key,
        answer.status,
        answer.text()
    )
    .into())
}
