//! `azekura drill locks`: tries on a live server, in a bucket of its own, every door by which locks
//! were broken elsewhere, and reads every locked version back.

mod cleanup;
mod doors;
mod report;
mod scene;
mod subject;
#[cfg(test)]
mod tests;
mod wire;

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::client::Client;
use azekura_admin_api::client::tls::ClientTls;
use azekura_admin_api::sigv4::Credentials;

use crate::exit::{CommandError, Exit};
use crate::progress;
use doors::{Door, Rule};
use scene::Scene;
use subject::{Subject, must};
use wire::{Ask, Reply, Wire};

use report::{Control, Row, Verdict};
pub(crate) use report::{Report, text};

/// What a drill needs to know.
pub(crate) struct Plan {
    /// Admin address, `http://host:port`.
    pub(crate) admin: String,
    /// S3 address; what the server tells when not given.
    pub(crate) s3: Option<String>,
    /// The key to sign with.
    pub(crate) credentials: Credentials,
    /// Region to sign for.
    pub(crate) region: String,
    /// Whom to trust.
    pub(crate) tls: ClientTls,
    /// How long the locks of the drill hold, in minutes.
    pub(crate) lock_minutes: u32,
}

/// Runs a drill to its end. A door that opens is no error: the report says so.
pub(crate) async fn run(plan: Plan, admin: &Client) -> Result<Report, CommandError> {
    let info = admin.vault_info().await?;
    let told = info.s3_endpoint.map(|told| reachable(&told, &plan.admin));
    let s3 = plan.s3.or(told).ok_or_else(|| {
        CommandError::new(Exit::Usage, "the server does not tell its S3 address")
            .hint("Give it with --s3-endpoint https://HOST:PORT.")
    })?;
    let wire = Wire::new((&s3, &plan.admin), plan.credentials, plan.region, &plan.tls)?;
    let bar = progress::doors(doors::all().len());
    let mut remains = cleanup::earlier(&wire, admin).await?;
    let scene = Scene::make(wire, admin, plan.lock_minutes).await?;
    let controls = controls(&scene).await?;
    let mut rows = Vec::new();
    for door in doors::all() {
        bar.set_message(door.name);
        rows.push(try_door(&scene, door).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let lost = read_all_back(&scene).await?;
    remains.push(cleanup::own(&scene).await?);
    Ok(Report {
        server_version: info.server_version,
        region: info.region,
        s3_endpoint: s3,
        bucket: scene.bucket.clone(),
        began: scene::stamp(scene.began),
        locked_until: scene::stamp(scene.until),
        open: rows
            .iter()
            .filter(|row| row.verdict == Verdict::Open)
            .count(),
        controls,
        doors: rows,
        not_tried: report::not_tried(),
        versions_read_back: scene.subjects.len(),
        bytes_read_back: scene
            .subjects
            .iter()
            .map(|subject| subject.content.len())
            .sum(),
        lost,
        remains: remains
            .into_iter()
            .filter(|left| left.versions > 0)
            .collect(),
    })
}

/// A server that listens on every address tells one that nobody can call: the admin host is used
/// with the port told.
fn reachable(told: &str, admin: &str) -> String {
    let every = ["0.0.0.0", "[::]"]
        .iter()
        .any(|host| told.contains(&format!("//{host}:")));
    let host = admin.rsplit_once(':').map(|(host, _)| host);
    match (every, host, told.rsplit_once(':')) {
        (true, Some(host), Some((_, port))) => format!("{host}:{port}"),
        _ => told.to_owned(),
    }
}

/// Shows that the requests of the drill would delete what nothing holds: without that a refusal
/// might have any reason.
async fn controls(scene: &Scene) -> Result<Vec<Control>, CommandError> {
    let mut controls = Vec::new();
    let free = (None, scene.until, false);
    for (name, batch) in [("delete-unlocked", false), ("batch-delete-unlocked", true)] {
        let stored = scene.put(name, b"nothing holds this", free).await?;
        let version = stored.header("x-amz-version-id").unwrap_or_default();
        let ask = if batch {
            doors::batch(scene, &[(name, version)])
        } else {
            Ask::s3(
                "DELETE",
                format!("/{}/{name}?versionId={version}", scene.bucket),
            )
        };
        let reply = must(
            scene.wire.send(ask).await?,
            "delete a version that nothing holds, so refusals would prove nothing",
        )?;
        controls.push(Control {
            name: name.to_owned(),
            answer: reply.label(),
        });
    }
    if let Some((last, rest)) = scene
        .expired
        .split_last()
        .filter(|(_, rest)| !rest.is_empty())
    {
        let spare = rest.last().unwrap_or(last);
        let target = format!(
            "/{}/{}?versionId={}",
            scene.bucket, spare.key, spare.version
        );
        let reply = must(
            scene.wire.send(Ask::s3("DELETE", target)).await?,
            "delete a version whose lock is over, so refusals would prove nothing",
        )?;
        controls.push(Control {
            name: "delete-expired".to_owned(),
            answer: reply.label(),
        });
    }
    controls.push(bypassed(scene).await?);
    Ok(controls)
}

/// GOVERNANCE yields to right and header together: S3's rule. Whether the drill's key has the right
/// is shown, and neither answer is wrong.
async fn bypassed(scene: &Scene) -> Result<Control, CommandError> {
    let key = "governance-with-bypass";
    let lock = (Some("GOVERNANCE"), scene.until, false);
    let stored = scene.put(key, b"held by GOVERNANCE", lock).await?;
    let version = stored.header("x-amz-version-id").unwrap_or_default();
    let target = format!("/{}/{key}?versionId={version}", scene.bucket);
    let reply = scene.wire.send(Ask::s3("DELETE", target).bypass()).await?;
    Ok(Control {
        name: key.to_owned(),
        answer: reply.label(),
    })
}

/// Tries one door on all versions that it concerns and judges by what is there afterwards.
async fn try_door(scene: &Scene, door: &Door) -> Result<Row, CommandError> {
    let concerned: Vec<&Subject> = scene
        .subjects
        .iter()
        .filter(|subject| door.on.covers(subject.held))
        .collect();
    let mut replies = Vec::new();
    let mut harms = Vec::new();
    for subject in &concerned {
        replies.extend(door.try_on(scene, subject).await?);
        harms.extend(subject.harm(&scene.wire).await?);
    }
    if concerned.len() == 1 {
        // A door of the bucket may have harmed any of them.
        harms = read_all_back(scene).await?;
    }
    let mut answers: Vec<String> = Vec::new();
    for label in replies.iter().map(Reply::label) {
        if !answers.contains(&label) {
            answers.push(label);
        }
    }
    let accepted = replies.iter().any(Reply::accepted);
    if door.rule == Rule::Refused && accepted {
        harms.push("a request that must be refused was accepted".to_owned());
    }
    harms.dedup();
    Ok(Row {
        id: door.id,
        name: door.name,
        title: door.en,
        title_ja: door.ja,
        tried_on: concerned.iter().map(|one| one.held.name()).collect(),
        verdict: verdict(&replies, !harms.is_empty(), accepted),
        answers,
        harms,
    })
}

fn verdict(replies: &[Reply], harmed: bool, accepted: bool) -> Verdict {
    let not_offered = replies.iter().all(|reply| match reply.status {
        405 | 501 => true,
        // Of S3 that is an answer about a name, not about the operation.
        404 => !reply.code().is_some_and(|code| code.starts_with("NoSuch")),
        _ => false,
    });
    match (harmed, accepted, not_offered) {
        (true, _, _) => Verdict::Open,
        (false, true, _) => Verdict::Harmless,
        (false, false, true) => Verdict::NotOffered,
        (false, false, false) => Verdict::Refused,
    }
}

/// Every locked version, byte for byte.
async fn read_all_back(scene: &Scene) -> Result<Vec<String>, CommandError> {
    let mut lost = Vec::new();
    for subject in &scene.subjects {
        lost.extend(subject.harm(&scene.wire).await?);
    }
    Ok(lost)
}
