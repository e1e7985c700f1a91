//! What a tenant keeps, takes with it, and what its keys reach: quotas, usage, export, blast radius.

#![expect(
    clippy::indexing_slicing,
    reason = "an index into JSON answers null where nothing is"
)]

mod ended;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::client::{Client, content_hash};
use crate::report::{Figures, Outcome};
use crate::server::{ACCESS_KEY, SECRET_KEY, Server};
use crate::{Bench, Failure, tools};

const BUCKET: &str = "tenancy";
/// A key that would leave the directory, were it a path.
const EVIL: &str = "/tenancy/x/../../escaped";

struct World<'a> {
    bench: &'a Bench,
    home: PathBuf,
    server: Server,
}

impl World<'_> {
    fn command(&self, key: (&str, &str), words: &[&str]) -> Command {
        let mut command = Command::new(&self.bench.binary);
        command
            .args(words)
            .args(["--endpoint", &self.server.admin])
            .env("AZEKURA_ACCESS_KEY_ID", key.0)
            .env("AZEKURA_SECRET_ACCESS_KEY", key.1);
        command
    }

    fn json(&self, words: &[&str]) -> Result<Value, Failure> {
        self.json_as((ACCESS_KEY, SECRET_KEY), words)
    }

    fn json_as(&self, key: (&str, &str), words: &[&str]) -> Result<Value, Failure> {
        let mut command = self.command(key, words);
        Ok(serde_json::from_str(&tools::run(command.arg("--json"))?)?)
    }
}

fn expect(what: &str, holds: bool, found: &dyn std::fmt::Debug) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(format!("{what}: {found:?}").into())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Everything of the list above, through the command line.
pub(crate) fn kept_counted_and_handed_back(bench: &Bench) -> Result<Outcome, Failure> {
    let home = bench.directory("tenancy")?;
    let server = Server::start(&bench.binary, &home.join("vault"))?;
    let world = World {
        bench,
        home,
        server,
    };
    let mut client = Client::connect(world.server.s3_authority())?;
    client.send("PUT", &format!("/{BUCKET}"), "", &[], b"")?;
    client.send("PUT", &format!("/{BUCKET}/k"), "", &[], b"first")?;
    client.send("PUT", &format!("/{BUCKET}/k"), "", &[], b"second")?;
    let evil = client.send("PUT", EVIL, "", &[], b"evil")?;
    expect(
        "a key that looks like a path",
        evil.status == 200,
        &evil.status,
    )?;
    client.send("DELETE", &format!("/{BUCKET}/k"), "", &[], b"")?;
    quota(&world, &mut client)?;
    usage(&world)?;
    let files = export(&world)?;
    reach(&world)?;
    imported(&world)?;
    ended::audits(&world)?;
    ended::deletions(&world, &mut client)?;
    let mut figures = Figures::new();
    figures.insert("files", files.into());
    if world.server.stop()? != 0 {
        return Err("the server did not end cleanly".into());
    }
    Ok(Outcome::Passed(figures))
}

/// What was deleted still counts: 5 + 6 + 4 bytes.
fn quota(world: &World<'_>, client: &mut Client) -> Result<(), Failure> {
    world.json(&["tenant", "change", "--quota-bytes", "16"])?;
    let refused = client.send("PUT", &format!("/{BUCKET}/more"), "", &[], b"xx")?;
    let told = (refused.status, refused.code());
    expect(
        "over the quota",
        told == (403, "QuotaExceeded".to_owned()),
        &told,
    )?;
    let fits = client.send("PUT", &format!("/{BUCKET}/fits"), "", &[], b"x")?;
    expect("within the quota", fits.status == 200, &fits.status)?;
    world.json(&["tenant", "change", "--quota-bytes", "0"])?;
    let more = client.send("PUT", &format!("/{BUCKET}/more"), "", &[], b"xx")?;
    expect("without a quota", more.status == 200, &more.status)
}

fn usage(world: &World<'_>) -> Result<(), Failure> {
    let report = world.json(&["tenant", "usage"])?;
    let bucket = &report["tenants"][0]["buckets"][0];
    let kept = (bucket["versions"].as_u64(), bucket["bytes"].as_u64());
    expect("usage", kept == (Some(5), Some(18)), &report)?;
    let requests = report["tenants"][0]["requests"].as_array();
    let written = requests
        .into_iter()
        .flatten()
        .find(|counted| counted["kind"] == "write");
    let refused = written.and_then(|counted| counted["refused"].as_u64());
    expect("requests", refused == Some(1), &report)?;
    let mut command = world.command((ACCESS_KEY, SECRET_KEY), &["tenant", "usage", "--csv"]);
    let csv = tools::run(&mut command)?;
    let line = format!("bucket,{BUCKET},5,18,");
    expect("csv", csv.contains(&line), &csv)
}

/// The root key may not; a key with the policy may. What is there is not fetched again; what was changed
/// on the way is found.
fn export(world: &World<'_>) -> Result<u64, Failure> {
    let out = world.home.join("returned");
    let place = out.display().to_string();
    let words = ["tenant", "export", "--history", "--out", &place];
    let refused = tools::output(&mut world.command((ACCESS_KEY, SECRET_KEY), &words))?;
    expect(
        "without the right",
        refused.status.code() == Some(4),
        &refused,
    )?;
    let policy = world.home.join("export.json");
    fs::write(
        &policy,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Return","Effect":"Allow","Action":["azekura:AdminRead","azekura:ExportTenant"],"Resource":"*"}]}"#,
    )?;
    let policy = policy.display().to_string();
    let key = world.json(&["key", "create", "--label", "returner", "--policy", &policy])?;
    let key = (text(&key, "access_key_id"), text(&key, "secret_access_key"));
    let report = world.json_as(key, &words)?;
    let done = (report["fetched"].as_u64(), report["verified"].as_u64());
    expect("export", done == (Some(5), Some(5)), &report)?;
    let manifest = fs::read_to_string(out.join("manifest.jsonl"))?;
    let mut broken = None;
    for line in manifest.lines() {
        let line: Value = serde_json::from_str(line)?;
        let file = out.join(text(&line, "file"));
        let content = fs::read(&file)?;
        let hash = content_hash(&content);
        expect("a hash", hash == text(&line, "file_sha256"), &line)?;
        broken = Some(file);
    }
    expect("keys are no paths", inside(&out)?, &manifest)?;
    let again = world.json_as(key, &words)?;
    expect("run again", again["fetched"] == 0, &again)?;
    let broken = broken.ok_or("an empty manifest")?;
    let bytes = fs::read(&broken)?.len();
    fs::write(&broken, vec![b'#'; bytes])?;
    let found = tools::output(&mut world.command(key, &words))?;
    expect("an edited file", found.status.code() == Some(5), &found)?;
    let mended = world.json_as(key, &words)?;
    expect("mended", mended["fetched"] == 1, &mended)?;
    let wanted = [
        "policy",
        "explain",
        "--key",
        key.0,
        "--action",
        "azekura:ExportTenant",
        "--resource",
    ];
    let tenant = format!("arn:azekura:tenant:{}", text(&report, "tenant"));
    let explained = world.json(&[&wanted[..], &[&tenant]].concat())?;
    let because = (&explained["allowed"], text(&explained, "sid"));
    expect(
        "explained",
        because == (&Value::Bool(true), "Return"),
        &explained,
    )?;
    Ok(5)
}

/// Nothing but folders named by two digits, and files named by a hash.
fn inside(out: &Path) -> Result<bool, Failure> {
    let mut plain = !out.join("../escaped").exists();
    for folder in fs::read_dir(out.join("content"))? {
        let folder = folder?;
        plain &= folder.file_name().len() == 2;
        for file in fs::read_dir(folder.path())? {
            plain &= file?.file_name().len() == 64;
        }
    }
    Ok(plain)
}

/// An ingest-only key reaches nothing; a backup key hides and reads, and destroys nothing.
fn reach(world: &World<'_>) -> Result<(), Failure> {
    for (preset, objects, write) in [("ingest-only", 0, true), ("backup", 3, true)] {
        let key = world.json(&["key", "create", "--label", preset, "--preset", preset])?;
        let id = text(&key, "access_key_id").to_owned();
        let radius = world.json(&["blast-radius", "--key", &id])?;
        let bucket = &radius["buckets"][0];
        let reached = (
            bucket["read"]["objects"].as_u64(),
            bucket["hide"]["objects"].as_u64(),
            bucket["write"].as_bool(),
            radius["destroy"].as_u64(),
        );
        let wanted = (Some(objects), Some(objects), Some(write), Some(0));
        expect(preset, reached == wanted, &radius)?;
    }
    Ok(())
}

fn imported(world: &World<'_>) -> Result<(), Failure> {
    let (list, out) = (world.home.join("keys.csv"), world.home.join("secrets.csv"));
    fs::write(
        &list,
        "label,user,preset,expires-days\npacs,,ingest-only,365\nrestic,,backup,\n",
    )?;
    let (list, place) = (list.display().to_string(), out.display().to_string());
    let words = ["key", "import", &list, "--out", &place];
    let done = world.json(&words)?;
    expect("import", done["keys"] == 2, &done)?;
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(&out)?.permissions().mode() & 0o777;
    expect("mode of the secrets", mode == 0o600, &mode)?;
    let again = tools::output(&mut world.command((ACCESS_KEY, SECRET_KEY), &words))?;
    expect("never overwritten", !again.status.success(), &again)
}
