//! Signed requests whose documents, headers or numbers are out of bounds.

use super::Case;
use super::Want::{Answer, Refused};
use crate::Failure;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Name, path, headers, and what must come of it.
type Named<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], super::Want);

/// All of them. `upload` is a multipart upload of `/bad/upload`.
pub(super) fn cases(authority: &str, upload: &str) -> Result<Vec<Case>, Failure> {
    let mut cases = markup(authority)?;
    cases.extend(numbers(authority, upload)?);
    cases.extend(headers(authority)?);
    Ok(cases)
}

/// XML that attacks its reader.
fn markup(authority: &str) -> Result<Vec<Case>, Failure> {
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let texts = [
        (
            "a billion laughs",
            format!("<!DOCTYPE Delete [<!ENTITY l0 \"ha\">{laughs}]><Delete><Object><Key>&l9;</Key></Object></Delete>"),
        ),
        (
            "an external entity",
            "<!DOCTYPE Delete [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Delete><Object><Key>&x;</Key></Object></Delete>".to_owned(),
        ),
        (
            "an entity that nobody declared",
            "<Delete><Object><Key>&nothing;</Key></Object></Delete>".to_owned(),
        ),
        ("depth", "<Delete>".repeat(50_000) + &"</Delete>".repeat(50_000)),
        ("no end", "<Delete><Object><Key>kept".to_owned()),
        ("another root", "<Tagging/>".to_owned()),
        ("no XML", "{\"Delete\": []}".to_owned()),
        ("nothing", String::new()),
    ];
    texts
        .iter()
        .map(|(name, text)| {
            let target = ("POST", "/bad", "delete=");
            let want = match *name {
                "nothing" => Refused,
                _ => Answer(400, "MalformedXML"),
            };
            let name = format!("document: {name}");
            Case::checked(authority, &name, target, text.as_bytes(), want)
        })
        .collect()
}

/// 1,001 keys, 10,001 parts, and 3 MiB.
fn long_documents() -> [String; 3] {
    let keys: String = (0..1001)
        .map(|n| format!("<Object><Key>k{n}</Key></Object>"))
        .collect();
    let keys = format!("<Delete xmlns=\"{NAMESPACE}\">{keys}</Delete>");
    let parts: String = (1..=10_001)
        .map(|n| format!("<Part><PartNumber>{n}</PartNumber><ETag>\"{n:032x}\"</ETag></Part>"))
        .collect();
    let parts = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let huge = format!(
        "<Delete><Object><Key>{}</Key></Object></Delete>",
        "k".repeat(3 << 20)
    );
    [keys, parts, huge]
}

/// Numbers of things.
fn numbers(authority: &str, upload: &str) -> Result<Vec<Case>, Failure> {
    let [keys, parts, huge] = long_documents();
    let completing = format!("uploadId={upload}");
    let numbered = |number: &str| format!("partNumber={number}&uploadId={upload}");
    let (part_0, part_10001, part_x) = (numbered("0"), numbered("10001"), numbered("x"));
    let object = "/bad/upload";
    let cases = [
        (
            "1,001 keys",
            ("POST", "/bad", "delete="),
            keys,
            Answer(400, "MalformedXML"),
        ),
        (
            "10,001 parts",
            ("POST", object, completing.as_str()),
            parts,
            Refused,
        ),
        (
            "a document of 3 MiB",
            ("POST", "/bad", "delete="),
            huge,
            Answer(400, "MaxMessageLengthExceeded"),
        ),
        (
            "part 0",
            ("PUT", object, part_0.as_str()),
            "x".to_owned(),
            Answer(400, "InvalidArgument"),
        ),
        (
            "part 10,001",
            ("PUT", object, part_10001.as_str()),
            "x".to_owned(),
            Answer(400, "InvalidArgument"),
        ),
        (
            "part x",
            ("PUT", object, part_x.as_str()),
            "x".to_owned(),
            Answer(400, "InvalidArgument"),
        ),
        (
            "-1 keys",
            ("GET", "/bad", "max-keys=-1"),
            String::new(),
            Answer(400, "InvalidArgument"),
        ),
        (
            "x keys",
            ("GET", "/bad", "max-keys=x"),
            String::new(),
            Answer(400, "InvalidArgument"),
        ),
    ];
    cases
        .into_iter()
        .map(|(name, target, body, want)| {
            Case::checked(authority, name, target, body.as_bytes(), want)
        })
        .collect()
}

/// Names and headers.
fn headers(authority: &str) -> Result<Vec<Case>, Failure> {
    let metadata = "m".repeat(2100);
    let tags: Vec<String> = (0..11).map(|n| format!("t{n}=1")).collect();
    let tags = tags.join("&");
    let long_tag = format!("{}=1", "t".repeat(129));
    let key = format!("/bad/{}", "k".repeat(1025));
    let plain = "/bad/key";
    let cases: [Named<'_>; 9] = [
        (
            "a key of 1,025 bytes",
            &key,
            &[],
            Answer(400, "KeyTooLongError"),
        ),
        ("a key of no UTF-8", "/bad/%FF%FE", &[], Refused),
        (
            "2,100 bytes of metadata",
            plain,
            &[("x-amz-meta-a", &metadata)],
            Answer(400, "MetadataTooLarge"),
        ),
        ("11 tags", plain, &[("x-amz-tagging", &tags)], Refused),
        (
            "a tag of 129 characters",
            plain,
            &[("x-amz-tagging", &long_tag)],
            Answer(400, "InvalidTag"),
        ),
        (
            "another storage class",
            plain,
            &[("x-amz-storage-class", "ICE")],
            Refused,
        ),
        (
            "a digest of nothing",
            plain,
            &[("content-md5", "x")],
            Answer(400, "InvalidDigest"),
        ),
        (
            "an old signature",
            plain,
            &[("x-amz-date", "20200101T000000Z")],
            Refused,
        ),
        (
            "a checksum that is none",
            plain,
            &[("x-amz-checksum-crc32", "!!")],
            Refused,
        ),
    ];
    cases
        .into_iter()
        .map(|(name, path, headers, want)| {
            Case::signed(authority, name, ("PUT", path, ""), headers, b"body", want)
        })
        .collect()
}
