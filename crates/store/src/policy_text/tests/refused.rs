//! Documents that are refused, and with which words.

use super::*;

const GOOD: &str = r#"{"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "A", "Effect": "Allow",
    "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::karte/*"}]}"#;

fn refusal(text: &str) -> String {
    match parse_bucket_policy(text, &bucket()) {
        Ok(policy) => format!("accepted: {policy:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_good_one_is_accepted() {
    assert_eq!(of_bucket(GOOD).statements.len(), 1);
}

/// Each change of the good document is refused with these words.
#[test]
fn bad_documents() {
    let rows = [
        ("{\"Version\"", "[\"Version\"", "valid JSON"),
        ("2012-10-17", "2012-10-18", "valid version string"),
        (
            "\"Id\": \"x\"",
            "\"Id\": \"x\", \"Id\": \"x\"",
            "`Id` stands twice",
        ),
        ("\"Id\": \"x\"", "\"ID\": \"x\"", "`ID` is not known"),
        ("\"Id\": \"x\"", "\"Id\": 1", "put it in quotes"),
        (
            "\"Effect\": \"Allow\"",
            "\"Effect\": \"Allow\", \"Effect\": \"Deny\"",
            "`Effect` stands twice",
        ),
        (
            "\"Effect\": \"Allow\"",
            "\"Effect\": \"allow\"",
            "Invalid effect, statement 1 (Sid A): `allow`",
        ),
        ("\"Effect\": \"Allow\",", "", "no Effect"),
        ("\"Principal\": \"*\",", "", "no Principal"),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": \"x\"",
            "Invalid principal in policy",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": {}",
            "Invalid principal",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": {\"AWS\": []}",
            "has no value",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": {\"aws\": \"*\"}",
            "`aws` is not known",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": {\"AWS\": \"arn:aws:iam::0123456789abcdefghijklmno0:user/*\"}",
            "is not a principal",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": {\"AWS\": \"arn:aws:iam::0123456789abcdefghijklmno0:group/x\"}",
            "is not a principal",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": {\"CanonicalUser\": \"*\"}",
            "is not a principal",
        ),
        (
            "\"Principal\": \"*\"",
            "\"Principal\": \"*\", \"NotPrincipal\": \"*\"",
            "stand together",
        ),
        ("\"Action\": \"s3:GetObject\",", "", "no Action"),
        (
            "s3:GetObject",
            "s3:GetObjects",
            "Policy has invalid action, statement 1 (Sid A)",
        ),
        ("s3:GetObject", "s3:Fetch*", "invalid action"),
        ("s3:GetObject", "GetObject", "invalid action"),
        ("s3:GetObject", "ec2:*", "invalid action"),
        ("s3:GetObject", "azekura:DestroyKey", "invalid action"),
        ("s3:GetObject", "s3:", "invalid action"),
        ("\"s3:GetObject\"", "[]", "Action has no value"),
        (
            "\"s3:GetObject\"",
            "[\"s3:GetObject\", [\"s3:*\"]]",
            "not a text",
        ),
        (
            "\"Action\"",
            "\"NotAction\": \"s3:Get*\", \"Action\"",
            "Action and NotAction stand together",
        ),
        (
            "arn:aws:s3:::karte/*",
            "arn:aws:s3:::karte2/*",
            "Policy has invalid resource, statement 1 (Sid A)",
        ),
        (
            "arn:aws:s3:::karte/*",
            "arn:aws:s3:::kart/e",
            "invalid resource",
        ),
        (
            "arn:aws:s3:::karte/*",
            "karte/*",
            "write arn:aws:s3:::karte for the bucket",
        ),
        ("arn:aws:s3:::karte/*", "*", "invalid resource"),
        (
            "arn:aws:s3:::karte/*",
            "arn:aws:s3:::karte/${aws:username",
            "is not a variable",
        ),
        (
            "arn:aws:s3:::karte/*",
            "arn:aws:s3:::karte/${}",
            "is not a variable",
        ),
        (
            "arn:aws:s3:::karte/*",
            "arn:aws:s3:::karte/${aws:username, x}",
            "is not a variable",
        ),
        ("\"arn:aws:s3:::karte/*\"", "true", "not a text"),
        ("\"Sid\": \"A\"", "\"Sid\": \"A\\n\"", "a Sid has"),
        (
            "\"Sid\": \"A\"",
            "\"Sid\": \"A\", \"sid\": \"A\"",
            "`sid` is not known",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"stringequals\": {\"s3:prefix\": \"a\"}}",
            "not an operator",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"StringEquals\": {\"prefix\": \"a\"}}",
            "not a condition key",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"StringEquals\": {\"s3:prefix\": []}}",
            "has no value",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"StringEquals\": {\"s3:prefix\": null}}",
            "not a text",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"StringEquals\": {\"s3:prefix\": \"a\", \"S3:Prefix\": \"b\"}}",
            "stands twice",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"StringEquals\": \"a\"}",
            "\"KEY\"",
        ),
        ("\"Sid\": \"A\"", "\"Condition\": []", "\"OPERATOR\""),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"NumericLessThan\": {\"s3:max-keys\": \"x\"}}",
            "`x` is not a number",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"DateLessThan\": {\"aws:CurrentTime\": \"2026-13-01\"}}",
            "is not a date",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/33\"}}",
            "is not an address",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"yes\"}}",
            "not true or false",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"ArnLike\": {\"aws:SourceArn\": \"arn:aws:s3\"}}",
            "not an ARN",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"NullIfExists\": {\"s3:prefix\": \"true\"}}",
            "not an operator",
        ),
        (
            "\"Sid\": \"A\"",
            "\"Condition\": {\"BinaryEquals\": {\"s3:prefix\": \"x\"}}",
            "is not base64",
        ),
    ];
    for (from, to, wanted) in rows {
        assert!(GOOD.contains(from), "{from}");
        let refusal = refusal(&GOOD.replacen(from, to, 1));
        assert!(refusal.contains(wanted), "{to}: {refusal}");
    }
}

#[test]
fn documents_without_statements() {
    for (text, wanted) in [
        ("", "valid JSON"),
        ("{}", "Missing required field Statement"),
        ("{\"Statement\": []}", "Statement is empty"),
        ("{\"Statement\": [[]]}", "not an object"),
        (
            "{\"Statement\": [{}]}",
            "Missing required field, statement 1",
        ),
        ("[]", "not an object"),
        ("{\"Statement\": {}} x", "valid JSON"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(wanted), "{text}: {refusal}");
    }
    let deep = format!("{{\"Statement\": {}1{}}}", "[".repeat(500), "]".repeat(500));
    assert!(refusal(&deep).contains("recursion"), "{}", refusal(&deep));
}

#[test]
fn a_sid_stands_once() {
    let statement = GOOD.split_once('[').unwrap().1.trim_end_matches("]}");
    let twice = format!("{{\"Statement\": [{statement}, {statement}]}}");
    assert!(refusal(&twice).contains("statement 2 (Sid A): the Sid stands in two"));
    let unnamed = twice.replace("\"Sid\": \"A\"", "\"Sid\": \"\"");
    assert_eq!(of_bucket(&unnamed).statements.len(), 2);
}

#[test]
fn large_documents() {
    let padded = |to: usize| format!("{}{GOOD}", " ".repeat(to - GOOD.len()));
    assert!(parse_bucket_policy(&padded(BUCKET_POLICY_BYTES_MAX), &bucket()).is_ok());
    assert!(refusal(&padded(BUCKET_POLICY_BYTES_MAX + 1)).contains("document size"));
    let identity = |extra: usize| {
        let text = GOOD.replace("\"Principal\": \"*\",", "");
        let body = text.chars().filter(|c| !c.is_whitespace()).count();
        let longer = "x".repeat(IDENTITY_POLICY_CHARS_MAX - body + extra - 2);
        parse_identity_policy(&text.replace("karte/*", &format!("karte/{longer}xxx")))
    };
    assert!(identity(0).is_err_and(|error| error.detail.contains("4096 bytes")));
    assert!(identity(1).is_err_and(|error| error.rule == SIZE));
    let many = format!("{{\"Statement\": [{}]}}", vec!["1"; 9_000].join(","));
    assert!(refusal(&many).contains("entries"));
}

#[test]
fn policies_of_identities() {
    let rows = [
        ("\"Principal\": \"*\",", "leave Principal out"),
        ("\"Sid\": \"a b\",", "a Sid has"),
    ];
    for (part, wanted) in rows {
        let text = format!(
            r#"{{"Statement": {{{part} "Effect": "Allow", "Action": "*", "Resource": "*"}}}}"#
        );
        let error = parse_identity_policy(&text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    for (resource, good) in [
        ("*", true),
        ("arn:aws:s3:::any/key", true),
        ("arn:azekura:audit", true),
        ("arn:aws:s3:::", false),
        ("arn:aws:ec2:::x", false),
        ("bucket", false),
    ] {
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Action": ["s3:*", "azekura:*"], "Resource": "{resource}"}}}}"#
        );
        assert_eq!(parse_identity_policy(&text).is_ok(), good, "{resource}");
    }
}

/// Wildcards for the bucket's name are taken where they meet it.
#[test]
fn resources_that_meet_the_bucket() {
    for resource in [
        "arn:aws:s3:::*",
        "arn:aws:s3:::*/*",
        "arn:aws:s3:::kar*/x",
        "arn:aws:s3:::kart?",
    ] {
        let text = GOOD.replace("arn:aws:s3:::karte/*", resource);
        assert!(parse_bucket_policy(&text, &bucket()).is_ok(), "{resource}");
    }
}

#[test]
fn strangers_are_known_as_such() {
    let text = GOOD.replace(
        "\"Principal\": \"*\"",
        r#""Principal": {"AWS": ["arn:aws:iam::123456789012:role/x", "123456789012"], "Service": "x.amazonaws.com"}"#,
    );
    let policy = of_bucket(&text);
    let strangers = policy
        .principals()
        .filter(|p| matches!(p, PolicyPrincipal::Stranger(_)));
    assert_eq!(strangers.count(), 3);
    let unknown = GOOD.replace(
        "\"Sid\": \"A\"",
        r#""Condition": {"StringEquals": {"aws:SourceVpc": "v", "s3:prefix": ""}}"#,
    );
    assert_eq!(of_bucket(&unknown).unknown_keys(), ["aws:sourcevpc"]);
}
