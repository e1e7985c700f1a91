//! Two people with the real tools: aws-cli is refused with the request's id, `ssh-keygen` signs the text,
//! and after the cooling-off the same call goes through, once. Nobody approves what they asked for.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, clock, tools};

const BUCKET: &str = "charts";
/// Cooling-off of these tests, and the wait of one person alone, in seconds.
const WAIT: u64 = 3;
/// Longest time until something acts that is due, in seconds.
const PATIENCE: u64 = 120;

struct World<'a> {
    bench: &'a Bench,
    home: PathBuf,
    server: Server,
}

/// See the module.
pub(crate) fn nothing_acts_that_one_person_wants(bench: &Bench) -> Result<Outcome, Failure> {
    for name in ["aws", "ssh-keygen"] {
        if !bench.tools.has(name) {
            return Ok(Outcome::Skipped(format!("{name} is not installed")));
        }
    }
    let home = bench.directory("two-people")?;
    let config = home.join("azekura.toml");
    std::fs::write(
        &config,
        format!(
            "[lifecycle]\ninterval_seconds = 0\ni_accept_a_cooling_off_of_seconds = {WAIT}\n\
             [approvals]\ndual_control = \"required\"\n\
             i_accept_waiting_alone_for_seconds = {WAIT}\n"
        ),
    )?;
    let vault = home.join("vault");
    let mut command = Command::new(&bench.binary);
    command.args(server::arguments(&vault));
    command.arg("--config").arg(&config);
    let server = Server::start_command(command, &vault)?;
    let world = World {
        bench,
        home,
        server,
    };
    let key = world.ssh_key("suzuki")?;
    alone_until_there_is_a_second_person(&world)?;
    let signed = bypass(&world, &key)?;
    lifecycle(&world, &key)?;
    veto(&world)?;
    if world.server.stop()? != 0 {
        return Err("the server did not end cleanly".into());
    }
    Ok(Outcome::Passed(Figures::from([(
        "signatures",
        signed.into(),
    )])))
}

impl World<'_> {
    fn cli(&self, words: &[&str]) -> Result<Output, Failure> {
        let mut command = Command::new(&self.bench.binary);
        command
            .args(words)
            .args(["--endpoint", &self.server.admin])
            .env("AZEKURA_ACCESS_KEY_ID", server::ACCESS_KEY)
            .env("AZEKURA_SECRET_ACCESS_KEY", server::SECRET_KEY);
        Ok(command.output()?)
    }

    fn done(&self, words: &[&str]) -> Result<String, Failure> {
        let out = self.cli(words)?;
        if !out.status.success() {
            return Err(format!("{words:?}: {}", String::from_utf8_lossy(&out.stderr)).into());
        }
        Ok(String::from_utf8(out.stdout)?)
    }

    fn aws(&self, words: &[&str]) -> Result<Output, Failure> {
        let mut command = self.bench.tools.client("aws", &self.server);
        Ok(command.arg("s3api").args(words).output()?)
    }

    fn aws_done(&self, words: &[&str]) -> Result<Value, Failure> {
        let out = self.aws(words)?;
        if !out.status.success() {
            return Err(format!("{words:?}: {}", String::from_utf8_lossy(&out.stderr)).into());
        }
        if out.stdout.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&out.stdout)?)
    }

    /// Repeats until it goes through: the cooling-off is by compliance time.
    fn repeat(&self, what: impl Fn() -> Result<Output, Failure>) -> Result<(), Failure> {
        let end = clock::now() + Duration::from_secs(PATIENCE);
        loop {
            let out = what()?;
            if out.status.success() {
                return Ok(());
            }
            if clock::now() > end {
                return Err(String::from_utf8_lossy(&out.stderr).into_owned().into());
            }
            clock::pause(Duration::from_millis(500));
        }
    }

    fn ssh_key(&self, name: &str) -> Result<PathBuf, Failure> {
        let key = self.home.join(name);
        let mut command = self.bench.tools.command("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]);
        tools::run(command.arg(&key))?;
        Ok(key)
    }

    /// Signs the text of a request; the file of the signature.
    fn sign(&self, id: &str, key: &PathBuf) -> Result<PathBuf, Failure> {
        let text = self.home.join(format!("{id}.txt"));
        std::fs::write(&text, self.done(&["request", "text", id])?)?;
        let mut command = self.bench.tools.command("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", "azekura-request", "-f"]);
        tools::run(command.arg(key).arg(&text))?;
        Ok(self.home.join(format!("{id}.txt.sig")))
    }

    fn shown(&self, id: &str) -> Result<Value, Failure> {
        Ok(serde_json::from_str(
            &self.done(&["request", "show", id, "--json"])?,
        )?)
    }
}

/// The id of the request in a refusal; it has 26 characters.
fn request_of(out: &Output) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() {
        return Err("it was not refused".into());
    }
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    while let Some(word) = words.next() {
        if word == "request"
            && let Some(id) = words.next().filter(|id| id.len() == 26)
        {
            return Ok(id.to_owned());
        }
    }
    Err(format!("no request is named in: {text}").into())
}

/// Nobody else is there: the first approver comes after the longer wait, and the answer says why.
fn alone_until_there_is_a_second_person(world: &World<'_>) -> Result<(), Failure> {
    let public = world.home.join("suzuki.pub").display().to_string();
    let words = [
        "user",
        "set",
        "suzuki",
        "--kind",
        "person",
        "--approver",
        "true",
        "--add-signing-key",
        &public,
    ];
    let out = world.cli(&words)?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() || !said.contains("there is no second person") {
        return Err(format!("one person alone was told: {said}").into());
    }
    world.repeat(|| world.cli(&words))
}

/// A version under GOVERNANCE leaves by the signature of another person, and not before.
fn bypass(world: &World<'_>, key: &PathBuf) -> Result<u64, Failure> {
    world.aws_done(&[
        "create-bucket",
        "--bucket",
        BUCKET,
        "--object-lock-enabled-for-bucket",
    ])?;
    let put = world.aws_done(&[
        "put-object",
        "--bucket",
        BUCKET,
        "--key",
        "検査/0001.dcm",
        "--object-lock-mode",
        "GOVERNANCE",
        "--object-lock-retain-until-date",
        "2036-01-01T00:00:00Z",
    ])?;
    let version = put
        .get("VersionId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let words = [
        "delete-object",
        "--bucket",
        BUCKET,
        "--key",
        "検査/0001.dcm",
        "--bypass-governance-retention",
        "--version-id",
        version,
    ];
    let refused = world.aws(&words)?;
    let id = request_of(&refused)?;
    if request_of(&world.aws(&words)?)? != id {
        return Err("the same call made another request".into());
    }
    // A key that nobody registered, and a signature of another text.
    let stranger = world.ssh_key("stranger")?;
    let other = world.sign(&id, &stranger)?.display().to_string();
    if world
        .cli(&["request", "approve", &id, "--signature", &other])?
        .status
        .success()
    {
        return Err("a stranger approved".into());
    }
    std::fs::remove_file(&other)?;
    let signature = world.sign(&id, key)?.display().to_string();
    world.done(&["request", "approve", &id, "--signature", &signature])?;
    let shown = world.shown(&id)?;
    if shown.get("approved_by").and_then(Value::as_str) != Some("suzuki") {
        return Err(format!("approved by somebody else: {shown}").into());
    }
    openssh_agrees(world, &shown)?;
    world.repeat(|| world.aws(&words))?;
    let head = ["head-object", "--bucket", BUCKET, "--key", "検査/0001.dcm"];
    if world.aws(&head)?.status.success() {
        return Err("the version is still shown".into());
    }
    let stage = world.shown(&id)?;
    if stage.get("stage").and_then(Value::as_str) != Some("executed") {
        return Err(format!("not used up: {stage}").into());
    }
    Ok(1)
}

/// What the vault keeps is checked by `ssh-keygen -Y verify` alone.
fn openssh_agrees(world: &World<'_>, shown: &Value) -> Result<(), Failure> {
    let field = |name: &str| shown.get(name).and_then(Value::as_str).unwrap_or_default();
    let (text, signature) = (world.home.join("kept.txt"), world.home.join("kept.sig"));
    std::fs::write(&text, field("text"))?;
    std::fs::write(&signature, field("signature"))?;
    let public = std::fs::read_to_string(world.home.join("suzuki.pub"))?;
    let allowed = world.home.join("allowed");
    std::fs::write(&allowed, format!("suzuki {public}"))?;
    let mut command = world.bench.tools.command("ssh-keygen");
    command.args([
        "-Y",
        "verify",
        "-I",
        "suzuki",
        "-n",
        "azekura-request",
        "-f",
    ]);
    command.arg(&allowed).arg("-s").arg(&signature);
    command.stdin(std::fs::File::open(&text)?);
    tools::run(&mut command)?;
    Ok(())
}

/// Wider rules are answered 200, wait, and act by themselves.
fn lifecycle(world: &World<'_>, key: &PathBuf) -> Result<(), Failure> {
    let rules = r#"{"Rules":[{"ID":"all","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":1}}]}"#;
    world.aws_done(&[
        "put-bucket-lifecycle-configuration",
        "--bucket",
        BUCKET,
        "--lifecycle-configuration",
        rules,
    ])?;
    let in_force = || -> Result<usize, Failure> {
        let shown = world.done(&["lifecycle", "show", BUCKET, "--json"])?;
        let shown: Value = serde_json::from_str(&shown)?;
        let rules = shown.get("in_force").or_else(|| shown.get("rules"));
        Ok(rules.and_then(Value::as_array).map_or(0, Vec::len))
    };
    let list = world.done(&["request", "list", "--json"])?;
    let list: Value = serde_json::from_str(&list)?;
    let id = list
        .pointer("/requests/0/id")
        .and_then(Value::as_str)
        .ok_or("no request waits")?
        .to_owned();
    clock::pause(Duration::from_secs(2 * WAIT));
    if in_force()? != 0 {
        return Err("rules act that nobody approved".into());
    }
    let signature = world.sign(&id, key)?.display().to_string();
    world.done(&["request", "approve", &id, "--signature", &signature])?;
    let end = clock::now() + Duration::from_secs(PATIENCE);
    while in_force()? == 0 {
        if clock::now() > end {
            return Err("approved rules do not act".into());
        }
        clock::pause(Duration::from_millis(500));
    }
    Ok(())
}

/// A no ends it.
fn veto(world: &World<'_>) -> Result<(), Failure> {
    let words = ["delete-public-access-block", "--bucket", BUCKET];
    let id = request_of(&world.aws(&words)?)?;
    world.done(&["request", "veto", &id, "--reason", "心当たりがない"])?;
    if request_of(&world.aws(&words)?)? == id {
        return Err("a vetoed request stands".into());
    }
    let metric = "azekura_approval_requests_total{what=\"vetoed\"}";
    if world.server.metric(metric)? != 1 {
        return Err("the veto is not on /metrics".into());
    }
    Ok(())
}
