//! Many commands of `aws s3api`, as administrators type them.

use std::path::Path;
use std::process::Command;

use super::{expect, text};
use crate::{Failure, content, tools};

const BUCKET: &str = "aws-cli-api";

/// A wide pass over one bucket: put, head, get, copy, attributes, tags, parts, listings, versions,
/// presigned URL, and errors by their names.
pub(super) fn s3api(aws: &impl Fn() -> Command, folder: &Path) -> Result<(), Failure> {
    let file = folder.with_file_name("api.bin");
    std::fs::write(&file, content::make(5, 300_000))?;
    let api = |operation: &str, arguments: &[&str]| {
        let mut command = aws();
        command.args(["s3api", operation, "--bucket", BUCKET, "--output", "json"]);
        tools::run(command.args(arguments))
    };
    api("create-bucket", &[])?;
    let body = text(&file);
    let key = ["--key", "検査/結果 1.bin"];
    let with = |more: &[&'static str]| [&key[..], more].concat();
    let mut put = with(&[
        "--metadata",
        "kind=synthetic",
        "--checksum-algorithm",
        "SHA256",
    ]);
    put.extend(["--body", &body]);
    expect(&api("put-object", &put)?, "ChecksumSHA256")?;
    let head = api("head-object", &with(&["--checksum-mode", "ENABLED"]))?;
    expect(&head, "\"kind\": \"synthetic\"")?;
    let back = text(&folder.with_file_name("api.back"));
    let mut get = with(&["--range", "bytes=100-199"]);
    get.push(&back);
    expect(&api("get-object", &get)?, "bytes 100-199/300000")?;
    let source = format!("{BUCKET}/検査/結果 1.bin");
    api("copy-object", &["--key", "copy", "--copy-source", &source])?;
    expect(&api("get-object-acl", &key)?, "FULL_CONTROL")?;
    tags(&api, &key)?;
    listings(&api)?;
    parts(&api, &body)?;
    versions(&api, &body)?;
    presigned(aws, &back, &file)?;
    for (operation, arguments, code) in [
        ("head-object", &["--key", "missing"][..], "404"),
        ("get-object", &["--key", "missing", &back], "NoSuchKey"),
        (
            "put-object-acl",
            &["--key", "copy", "--acl", "public-read"],
            "AccessControlListNotSupported",
        ),
    ] {
        match api(operation, arguments) {
            Ok(answer) => return Err(format!("{operation} was not refused: {answer}").into()),
            Err(error) => expect(&error.to_string(), code)?,
        }
    }
    Ok(())
}

fn tags(api: &Api<'_>, key: &[&str]) -> Result<(), Failure> {
    let set = ["--tagging", "TagSet=[{Key=科,Value=放射線科}]"];
    api("put-object-tagging", &[key, &set].concat())?;
    expect(&api("get-object-tagging", key)?, "放射線科")?;
    api("delete-object-tagging", key)?;
    expect(&api("get-object-tagging", key)?, "[]")?;
    let attributes = ["--object-attributes", "ObjectSize", "Checksum"];
    expect(
        &api("get-object-attributes", &[key, &attributes].concat())?,
        "300000",
    )
}

type Api<'a> = dyn Fn(&str, &[&str]) -> Result<String, Failure> + 'a;

fn listings(api: &Api<'_>) -> Result<(), Failure> {
    expect(&api("list-objects-v2", &["--delimiter", "/"])?, "検査/")?;
    let one = ["--prefix", "検査", "--max-items", "1", "--page-size", "1"];
    expect(&api("list-objects-v2", &one)?, "結果 1.bin")?;
    expect(&api("list-objects", &["--prefix", "copy"])?, "\"copy\"")?;
    expect(&api("get-bucket-location", &[])?, "LocationConstraint")?;
    api("head-bucket", &[]).map(|_| ())
}

fn parts(api: &Api<'_>, body: &str) -> Result<(), Failure> {
    let key = ["--key", "in-parts"];
    let made = api("create-multipart-upload", &key)?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    let id = made.get("UploadId").and_then(|id| id.as_str());
    let id = ["--upload-id", id.ok_or("no UploadId")?];
    let call = |operation: &str, more: &[&str]| api(operation, &[&key, &id, more].concat());
    let part = call("upload-part", &["--part-number", "1", "--body", body])?;
    let part: serde_json::Value = serde_json::from_str(&part)?;
    let etag = part.get("ETag").ok_or("no ETag")?;
    expect(&call("list-parts", &[])?, "300000")?;
    expect(&api("list-multipart-uploads", &[])?, "in-parts")?;
    let list = serde_json::json!({ "Parts": [{ "PartNumber": 1, "ETag": etag }] }).to_string();
    let done = call("complete-multipart-upload", &["--multipart-upload", &list])?;
    expect(&done, "-1\\\"")?;
    let made = api("create-multipart-upload", &["--key", "given-up"])?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    let id = made.get("UploadId").and_then(|id| id.as_str());
    let id = id.ok_or("no UploadId")?;
    let abort = ["--key", "given-up", "--upload-id", id];
    api("abort-multipart-upload", &abort).map(|_| ())
}

fn versions(api: &Api<'_>, body: &str) -> Result<(), Failure> {
    let enabled = ["--versioning-configuration", "Status=Enabled"];
    api("put-bucket-versioning", &enabled)?;
    expect(&api("get-bucket-versioning", &[])?, "Enabled")?;
    let key = ["--key", "versioned"];
    let put = api("put-object", &["--key", "versioned", "--body", body])?;
    let put: serde_json::Value = serde_json::from_str(&put)?;
    let version = put.get("VersionId").and_then(|id| id.as_str());
    let version = version.ok_or("no VersionId")?;
    expect(&api("delete-object", &key)?, "\"DeleteMarker\": true")?;
    let listed = api("list-object-versions", &["--prefix", "versioned"])?;
    expect(&listed, version)?;
    expect(&listed, "DeleteMarkers")?;
    let old = ["--key", "versioned", "--version-id", version];
    expect(&api("head-object", &old)?, "300000")?;
    let suspended = ["--versioning-configuration", "Status=Suspended"];
    api("put-bucket-versioning", &suspended).map(|_| ())
}

fn presigned(aws: &impl Fn() -> Command, back: &str, file: &Path) -> Result<(), Failure> {
    let object = format!("s3://{BUCKET}/検査/結果 1.bin");
    // Without this aws-cli 1 still presigns by version 2 (docs/operating/clients/aws-cli.md).
    let settings = file.with_file_name("aws-config");
    let lines = "[default]\ns3 =\n  signature_version = s3v4\n  addressing_style = path\n";
    std::fs::write(&settings, lines)?;
    let mut presign = aws();
    presign.env("AWS_CONFIG_FILE", settings);
    presign.args(["s3", "presign", &object, "--expires-in", "60"]);
    let address = tools::run(&mut presign)?;
    let mut curl = Command::new("curl");
    tools::run(curl.args([
        "--silent",
        "--show-error",
        "--fail",
        "--output",
        back,
        address.trim(),
    ]))?;
    if std::fs::read(back)? == std::fs::read(file)? {
        return Ok(());
    }
    Err("the presigned URL gave other content".into())
}
