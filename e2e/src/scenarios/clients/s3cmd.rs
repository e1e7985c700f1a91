//! s3cmd of Debian: what its users do in a day.

use std::path::Path;

use super::{Setting, expect, finish, prepare, text};
use crate::report::Outcome;
use crate::server::{ACCESS_KEY, SECRET_KEY};
use crate::{Bench, Failure, clock, tools, tree};

/// Two uploads of a file of this many bytes: one in parts, one whole.
const LARGE: usize = 20 * 1024 * 1024;

/// Bucket, sync both ways, multipart, copy, move, info, private ACL, tags by header, deletion.
pub(crate) fn s3cmd_round_trip(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("s3cmd") {
        return Ok(Outcome::Skipped("s3cmd is not installed".to_owned()));
    }
    let setting = prepare(bench, "s3cmd", bench.number(300, 3_000))?;
    let s3cmd = configured(bench, &setting)?;
    s3cmd(&["mb", "s3://s3cmd"])?;
    expect(&s3cmd(&["ls"])?, "s3://s3cmd")?;
    let source = format!("{}/", text(&setting.source));
    s3cmd(&["sync", &source, "s3://s3cmd/t/"])?;
    if s3cmd(&["sync", &source, "s3://s3cmd/t/"])?.contains("upload:") {
        return Err("a second sync of the same tree uploaded again".into());
    }
    let restored = format!("{}/", text(&setting.restored));
    s3cmd(&["sync", "s3://s3cmd/t/", &restored])?;
    let compared = tree::compare(&setting.source, &setting.restored)?;
    single_objects(&setting, &s3cmd)?;
    refused_address(bench, &setting, &s3cmd)?;
    s3cmd(&["del", "--recursive", "--force", "s3://s3cmd"])?;
    if !s3cmd(&["ls", "--recursive", "s3://s3cmd"])?
        .trim()
        .is_empty()
    {
        return Err("del --recursive left objects in the listing".into());
    }
    s3cmd(&["rb", "s3://s3cmd"])?;
    drop(s3cmd);
    finish(setting, compared)
}

/// s3cmd with a configuration file of its own, as `docs/operating/clients/s3cmd.md` prints it.
fn configured<'a>(
    bench: &'a Bench,
    setting: &'a Setting,
) -> Result<impl Fn(&[&str]) -> Result<String, Failure> + 'a, Failure> {
    let file = setting.restored.with_file_name("s3cfg");
    let host = setting.server.s3_authority();
    std::fs::write(
        &file,
        format!(
            "[default]\naccess_key = {ACCESS_KEY}\nsecret_key = {SECRET_KEY}\nhost_base = {host}\n\
             host_bucket = {host}\nuse_https = False\nbucket_location = us-east-1\n"
        ),
    )?;
    Ok(move |arguments: &[&str]| {
        let mut command = bench.tools.client("s3cmd", &setting.server);
        command.arg("--config").arg(&file).arg("--no-progress");
        tools::run(command.args(arguments))
    })
}

/// put, get, info, setacl, cp, mv and del of one object, whole and in parts.
fn single_objects(
    setting: &Setting,
    s3cmd: &impl Fn(&[&str]) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let large = setting.restored.with_file_name("large");
    std::fs::write(&large, crate::content::make(7, LARGE))?;
    let put = |options: &[&str], to: &str| {
        let mut words = vec!["put"];
        words.extend_from_slice(options);
        let file = text(&large);
        words.extend([file.as_str(), to]);
        s3cmd(&words)
    };
    let tags = "--add-header=x-amz-tagging:department=radiology&kind=ct";
    put(
        &["--multipart-chunk-size-mb=5", tags],
        "s3://s3cmd/in parts+大.bin",
    )?;
    put(
        &["--disable-multipart", "--acl-private"],
        "s3://s3cmd/whole.bin",
    )?;
    s3cmd(&["cp", "s3://s3cmd/in parts+大.bin", "s3://s3cmd/copy.bin"])?;
    s3cmd(&["mv", "s3://s3cmd/copy.bin", "s3://s3cmd/moved.bin"])?;
    for key in ["in parts+大.bin", "whole.bin", "moved.bin"] {
        let back = large.with_file_name("back");
        let from = format!("s3://s3cmd/{key}");
        s3cmd(&["get", "--force", &from, &text(&back)])?;
        same(&large, &back)?;
        expect(&s3cmd(&["info", &from])?, &format!("File size: {LARGE}"))?;
    }
    if s3cmd(&["ls", "s3://s3cmd/"])?.contains("copy.bin") {
        return Err("mv left its source".into());
    }
    s3cmd(&["setacl", "--acl-private", "s3://s3cmd/whole.bin"])?;
    match s3cmd(&["setacl", "--acl-public", "s3://s3cmd/whole.bin"]) {
        Ok(answer) => return Err(format!("a public ACL was accepted: {answer}").into()),
        Err(error) => expect(&error.to_string(), "AccessControlListNotSupported")?,
    }
    s3cmd(&["del", "s3://s3cmd/moved.bin"])?;
    expect(&s3cmd(&["info", "s3://s3cmd"])?, "Payer")?;
    expect(&s3cmd(&["du", "s3://s3cmd"])?, "objects")?;
    expect(&s3cmd(&["multipart", "s3://s3cmd"])?, "Initiated")
}

/// `signurl` of s3cmd signs by version 2, whatever the configuration says. The server refuses it
/// by name; nothing is shown.
fn refused_address(
    bench: &Bench,
    setting: &Setting,
    s3cmd: &impl Fn(&[&str]) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let expires = (clock::unix_seconds() + 600).to_string();
    let address = s3cmd(&["signurl", "s3://s3cmd/whole.bin", &expires])?;
    let answer = tools::run(bench.tools.client("curl", &setting.server).args([
        "--silent",
        "--show-error",
        address.trim(),
    ]))?;
    expect(&answer, "AWS4-HMAC-SHA256")
}

fn same(one: &Path, other: &Path) -> Result<(), Failure> {
    if std::fs::read(one)? == std::fs::read(other)? {
        return Ok(());
    }
    Err(format!("{} and {} differ", one.display(), other.display()).into())
}
