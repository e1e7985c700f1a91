//! How the audit of a tenant is kept, and how a tenant ends, through the command line.

use serde_json::Value;

use super::{World, expect, text};
use crate::client::Client;
use crate::server::{ACCESS_KEY, SECRET_KEY};
use crate::{Failure, tools};

const ROOT: (&str, &str) = (ACCESS_KEY, SECRET_KEY);

/// A refusal with this exit code, and what it says.
fn refused(
    world: &World<'_>,
    key: (&str, &str),
    words: &[&str],
    exit: i32,
) -> Result<String, Failure> {
    let found = tools::output(&mut world.command(key, words))?;
    expect(
        &words.join(" "),
        found.status.code() == Some(exit),
        &(exit, &found),
    )?;
    Ok(String::from_utf8_lossy(&found.stderr).into_owned())
}

fn tenant(world: &World<'_>, name: &str, dual: &str) -> Result<Value, Failure> {
    world.json(&[
        "tenant",
        "create",
        name,
        "--dual-control",
        dual,
        "--admin",
        "sato",
        "--without-one-time-passwords",
    ])
}

fn first_key(made: &Value) -> (&str, &str) {
    let key = made.pointer("/keys/0").unwrap_or(&Value::Null);
    (text(key, "access_key_id"), text(key, "secret_access_key"))
}

/// The tenant sets it; less than a year, or by somebody else, is refused; less at all waits for two.
pub(super) fn audits(world: &World<'_>) -> Result<(), Failure> {
    let made = tenant(world, "西病院", "required")?;
    let sato = first_key(&made);
    let words = ["tenant", "audit", "--mode", "strict", "--keep-days", "3653"];
    let set = world.json_as(sato, &words)?;
    let audit = |shown: &Value, name: &str| shown.pointer(&format!("/audit/{name}")).cloned();
    let kept = (audit(&set, "mode"), audit(&set, "keep_days"));
    let wanted = (Some("strict".into()), Some(3653.into()));
    expect("an audit that keeps more", kept == wanted, &set)?;
    let shown = world.json_as(sato, &["tenant", "show"])?;
    expect("shown", audit(&shown, "own") == Some(true.into()), &shown)?;
    refused(world, sato, &["tenant", "audit", "--keep-days", "364"], 2)?;
    refused(
        world,
        ROOT,
        &["tenant", "audit", "西病院", "--keep-days", "4000"],
        4,
    )?;
    for less in [
        ["--keep-days", "3652"],
        ["--mode", "batched"],
        ["--budget", "1GiB"],
    ] {
        let words = [&["tenant", "audit"], &less[..]].concat();
        let said = refused(world, sato, &words, 4)?;
        expect("a request", said.contains("azekura request"), &said)?;
    }
    let shown = world.json_as(sato, &["tenant", "audit"])?;
    let kept = (audit(&shown, "mode"), audit(&shown, "keep_days"));
    expect("nothing was weakened", kept == wanted, &shown)
}

/// Not while it has a bucket, nor while one that was deleted keeps anything, nor by one person where two are
/// needed.
pub(super) fn deletions(world: &World<'_>, client: &mut Client) -> Result<(), Failure> {
    let said = refused(world, ROOT, &["tenant", "delete", "西病院"], 4)?;
    expect("two people", said.contains("azekura request"), &said)?;
    let made = tenant(world, "南病院", "off")?;
    let sato = first_key(&made);
    refused(world, sato, &["tenant", "delete", "南病院"], 4)?;
    world.json_as(sato, &["bucket", "create", "minami"])?;
    let said = refused(world, ROOT, &["tenant", "delete", "南病院"], 2)?;
    expect("a bucket", said.contains("has 1 buckets"), &said)?;
    world.json_as(sato, &["bucket", "delete", "minami"])?;
    let said = refused(world, ROOT, &["tenant", "delete", "南病院"], 2)?;
    expect("history", said.contains("1 deleted ones"), &said)?;

    let made = tenant(world, "北病院", "off")?;
    let sato = first_key(&made);
    world.json_as(sato, &["tenant", "show"])?;
    let gone = world.json(&["tenant", "delete", "北病院"])?;
    expect("deleted", text(&gone, "removed") == "北病院", &gone)?;
    refused(world, sato, &["tenant", "show"], 4)?;
    let again = [
        "tenant",
        "create",
        "北病院",
        "--dual-control",
        "off",
        "--admin",
        "x",
    ];
    refused(world, ROOT, &again, 2)?;
    let list = world.json(&["tenant", "list"])?;
    let tenants = list.pointer("/tenants").and_then(Value::as_array);
    let mut deleted = tenants
        .into_iter()
        .flatten()
        .filter(|tenant| tenant.get("deleted") == Some(&true.into()));
    let one = deleted.next().map(|tenant| text(tenant, "name"));
    expect("listed as deleted", one == Some("北病院"), &list)?;
    // The first institution, and everybody else's objects, are as they were.
    let kept = client.send("GET", &format!("/{}/fits", super::BUCKET), "", &[], b"")?;
    expect("other tenants go on", kept.status == 200, &kept.status)
}
