//! What each operator says: documents of one condition.

use super::*;

/// Operator, values of the policy, of the request, verdict.
const OPERATORS: &[(&str, &str, &[&str], bool)] = &[
    ("StringEquals", r#""a""#, &["a"], true),
    ("StringEquals", r#""a""#, &["A"], false),
    ("StringEquals", r#"["b", "a"]"#, &["a"], true),
    ("StringEquals", r#""a*""#, &["ab"], false),
    ("StringEquals", r#""a*""#, &["a*"], true),
    ("StringNotEquals", r#"["a", "b"]"#, &["b"], false),
    ("StringNotEquals", r#"["a", "b"]"#, &["c"], true),
    (
        "StringEqualsIgnoreCase",
        r#""Straße É""#,
        &["STRASSE é"],
        true,
    ),
    ("StringNotEqualsIgnoreCase", r#""A""#, &["a"], false),
    ("StringLike", r#""a?c*""#, &["abcd"], true),
    ("StringLike", r#""a?c*""#, &["a患c"], true),
    ("StringLike", r#""a?c*""#, &["ac"], false),
    ("StringNotLike", r#"["x*", "y*"]"#, &["yes"], false),
    ("StringNotLike", r#"["x*", "y*"]"#, &["no"], true),
    ("NumericEquals", "10", &["10.0"], true),
    ("NumericEquals", "\"0.3\"", &["0.300000001"], false),
    ("NumericNotEquals", "10", &["10"], false),
    ("NumericLessThan", "10", &["9.999999999"], true),
    ("NumericLessThanEquals", "10", &["10"], true),
    (
        "NumericGreaterThan",
        "9007199254740992",
        &["9007199254740993"],
        true,
    ),
    ("NumericGreaterThanEquals", "-1", &["-2"], false),
    (
        "DateEquals",
        r#""2026-11-29""#,
        &["2026-11-29T09:00:00+09:00"],
        true,
    ),
    (
        "DateGreaterThan",
        r#""2026-11-29T00:00:00Z""#,
        &["2026-11-29T00:00:00.001Z"],
        true,
    ),
    (
        "DateLessThan",
        r#""2026-11-29T00:00:00Z""#,
        &["1795910399"],
        true,
    ),
    (
        "DateLessThan",
        r#""2026-11-29T00:00:00Z""#,
        &["1795910400"],
        false,
    ),
    ("DateNotEquals", "1795910400", &["2026-11-29T00:00Z"], false),
    ("Bool", "true", &["TRUE"], true),
    ("Bool", "\"false\"", &["true"], false),
    ("BinaryEquals", r#""5oKj6ICF""#, &["患者"], true),
    ("BinaryEquals", r#""5oKj6ICF""#, &["5oKj6ICF"], false),
    ("IpAddress", r#""10.0.0.0/8""#, &["10.255.0.1"], true),
    ("IpAddress", r#""0.0.0.0/0""#, &["2001:db8::1"], false),
    ("IpAddress", r#""::/0""#, &["2001:db8::1"], true),
    ("IpAddress", r#""::ffff:10.0.0.0/104""#, &["10.1.2.3"], true),
    ("IpAddress", r#""192.0.2.1""#, &["192.0.2.2"], false),
    (
        "NotIpAddress",
        r#"["10.0.0.0/8", "192.0.2.0/24"]"#,
        &["192.0.2.1"],
        false,
    ),
    (
        "ArnEquals",
        r#""arn:aws:iam::*:user/a?""#,
        &["arn:aws:iam::1:user/ab"],
        true,
    ),
    (
        "ArnLike",
        r#""arn:aws:iam::*:user/*""#,
        &["arn:aws:iam::1:x:user/ab"],
        false,
    ),
    (
        "ArnLike",
        r#""arn:aws:s3:::*""#,
        &["arn:aws:s3:::b/k:l"],
        true,
    ),
    ("ArnLike", r#""*""#, &["arn:aws:s3:::b"], true),
    (
        "ArnNotLike",
        r#""arn:aws:s3:::b""#,
        &["arn:aws:s3:::c"],
        true,
    ),
    (
        "ArnNotEquals",
        r#""arn:aws:s3:::*""#,
        &["arn:aws:s3:::c"],
        false,
    ),
    ("Null", "true", &["x"], false),
    ("Null", "\"false\"", &["x"], true),
    (
        "ForAnyValue:StringEquals",
        r#"["a", "b"]"#,
        &["x", "b"],
        true,
    ),
    ("ForAnyValue:StringEquals", r#"["a", "b"]"#, &["x"], false),
    (
        "ForAnyValue:StringNotEquals",
        r#"["a", "b"]"#,
        &["a", "x"],
        true,
    ),
    (
        "ForAnyValue:StringNotEquals",
        r#"["a", "b"]"#,
        &["a", "b"],
        false,
    ),
    (
        "ForAllValues:StringEquals",
        r#"["a", "b"]"#,
        &["a", "b", "a"],
        true,
    ),
    (
        "ForAllValues:StringEquals",
        r#"["a", "b"]"#,
        &["a", "x"],
        false,
    ),
    (
        "ForAllValues:StringNotEquals",
        r#"["a", "b"]"#,
        &["x", "y"],
        true,
    ),
    (
        "ForAllValues:StringNotEquals",
        r#"["a", "b"]"#,
        &["x", "a"],
        false,
    ),
    ("ForAllValues:StringLike", r#""k*""#, &[""], true),
    ("ForAnyValue:StringLike", r#""*""#, &[""], false),
];

#[test]
fn operators() {
    for (operator, values, request, wanted) in OPERATORS {
        for effect in ["Allow", "Deny"] {
            let condition = format!(r#"{{"{operator}": {{"aws:UserAgent": {values}}}}}"#);
            let got = applies(effect, &condition, &[("aws:useragent", request)]);
            assert_eq!(got, *wanted, "{effect} {condition} with {request:?}");
        }
    }
}

/// A request without the key: false, but true for what is negated, `…IfExists` and `ForAllValues`.
#[test]
fn a_missing_key() {
    let rows = [
        ("StringEquals", "\"a\"", false),
        ("StringLike", "\"*\"", false),
        ("StringNotEquals", "\"a\"", true),
        ("StringNotLike", "\"*\"", true),
        ("StringNotEqualsIgnoreCase", "\"a\"", true),
        ("NumericLessThan", "10", false),
        ("NumericNotEquals", "10", true),
        ("DateGreaterThan", "0", false),
        ("DateNotEquals", "0", true),
        ("Bool", "false", false),
        ("BinaryEquals", "\"\"", false),
        ("IpAddress", "\"0.0.0.0/0\"", false),
        ("NotIpAddress", "\"0.0.0.0/0\"", true),
        ("ArnLike", "\"*\"", false),
        ("ArnNotLike", "\"*\"", true),
        ("Null", "true", true),
        ("Null", "false", false),
        ("StringEqualsIfExists", "\"a\"", true),
        ("NumericLessThanIfExists", "1", true),
        ("BoolIfExists", "true", true),
        ("NotIpAddressIfExists", "\"10.0.0.0/8\"", true),
        ("ForAllValues:StringEquals", "\"a\"", true),
        ("ForAllValues:StringNotEqualsIfExists", "\"a\"", true),
        ("ForAnyValue:StringEquals", "\"a\"", false),
        ("ForAnyValue:StringNotEquals", "\"a\"", false),
        ("ForAnyValue:StringEqualsIfExists", "\"a\"", false),
    ];
    for (operator, values, wanted) in rows {
        for effect in ["Allow", "Deny"] {
            for absent in [&[][..], &[("aws:useragent", &[][..])][..]] {
                let condition = format!(r#"{{"{operator}": {{"aws:UserAgent": {values}}}}}"#);
                let got = applies(effect, &condition, absent);
                assert_eq!(got, wanted, "{effect} {condition}");
            }
        }
    }
}

/// What cannot be compared holds in a Deny and never in an Allow, negated or not.
#[test]
fn what_cannot_be_compared() {
    let rows: &[(&str, &str, &[&str])] = &[
        (
            "NumericLessThan",
            "10",
            &[
                "",
                "x",
                "1e3",
                "0x10",
                " 1",
                "1.",
                ".5",
                "NaN",
                "1234567890123456789",
            ],
        ),
        ("NumericNotEquals", "10", &["x"]),
        ("NumericEqualsIfExists", "10", &["x"]),
        (
            "DateLessThan",
            "0",
            &[
                "2026-02-30",
                "yesterday",
                "2026-11-29T24:00:00Z",
                "2026-11-29T00:00:00",
            ],
        ),
        ("DateNotEquals", "0", &["x"]),
        ("Bool", "true", &["yes", "1"]),
        ("IpAddress", "\"10.0.0.0/8\"", &["10.0.0", "localhost"]),
        ("NotIpAddress", "\"10.0.0.0/8\"", &["10.0.0"]),
        ("ArnLike", "\"arn:aws:s3:::b\"", &["b", "a:b:c"]),
    ];
    for (operator, wanted, values) in rows {
        for value in *values {
            let condition = format!(r#"{{"{operator}": {{"aws:UserAgent": {wanted}}}}}"#);
            let request = [*value];
            let facts: &[(&str, &[&str])] = &[("aws:useragent", &request)];
            assert!(applies("Deny", &condition, facts), "{condition} {value}");
            assert!(!applies("Allow", &condition, facts), "{condition} {value}");
        }
    }
}

/// All keys and operators of a Condition hold together; case of keys does not count.
#[test]
fn conditions_are_joined() {
    let condition = r#"{"StringEquals": {"S3:Prefix": "a", "s3:DELIMITER": "/"}, "NumericLessThan": {"s3:max-keys": 11}}"#;
    let all: [(&str, &[&str]); 3] = [
        ("s3:prefix", &["a"]),
        ("s3:delimiter", &["/"]),
        ("s3:max-keys", &["10"]),
    ];
    assert!(applies("Allow", condition, &all));
    for left_out in 0..all.len() {
        let mut some = all.to_vec();
        some.remove(left_out);
        assert!(!applies("Allow", condition, &some), "{left_out}");
    }
}

/// Variables in conditions; what has none equals nothing.
#[test]
fn variables_in_conditions() {
    let rows = [
        ("StringEquals", "${aws:username}", "hanako", true),
        ("StringEquals", "${AWS:UserName}-x", "hanako-x", true),
        ("StringLike", "${aws:username}/*", "hanako/1", true),
        ("StringEquals", "${aws:userid}", "${aws:userid}", false),
        ("StringNotEquals", "${aws:userid}", "x", true),
        ("StringEquals", "${aws:userid, 'x'}", "x", true),
        (
            "ArnEquals",
            "arn:aws:iam::${aws:PrincipalAccount}:user/*",
            "arn:aws:iam::0123456789abcdefghijklmno0:user/x",
            true,
        ),
        (
            "ArnEquals",
            "arn:aws:iam::${aws:userid}:user/*",
            "arn:aws:iam::1:user/x",
            false,
        ),
    ];
    for (operator, value, request, wanted) in rows {
        let condition = format!(r#"{{"{operator}": {{"aws:UserAgent": "{value}"}}}}"#);
        let request = [request];
        let got = applies("Allow", &condition, &[("aws:useragent", &request)]);
        assert_eq!(got, wanted, "{condition}");
    }
}

/// What follows from the principal needs no facts, and facts cannot say otherwise.
#[test]
fn the_principal_speaks_for_itself() {
    let policy = of_bucket(
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::karte/*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "0123456789abcdefghijklmno0",
        "aws:PrincipalType": "User", "aws:username": "a"}}}]}"#,
    );
    let forged: [(&str, &[&str]); 3] = [
        ("aws:principalaccount", &[TENANT]),
        ("aws:principaltype", &["User"]),
        ("aws:username", &["a"]),
    ];
    let get = |who, facts| judged(&policy, who, "s3:GetObject", "arn:aws:s3:::karte/x", facts);
    assert_eq!(get(user(TENANT, "a"), &[]), "allow");
    assert_eq!(get(nobody(), &forged), "silent");
    assert_eq!(get(user(OTHER, "a"), &forged), "silent");
}
