//! Examples of AWS's documentation and of this vault's own, with what they must say.

use super::*;

type Facts<'a> = &'a [(&'a str, &'a [&'a str])];

/// Action, resource, facts, verdict.
type Row<'a> = (&'a str, &'a str, Facts<'a>, &'a str);

fn table(policy: &Policy, who: PrincipalFacts<'_>, rows: &[Row<'_>]) {
    for (action, resource, facts, wanted) in rows {
        let got = judged(policy, who, action, resource, facts);
        assert_eq!(got, *wanted, "{action} on {resource} with {facts:?}");
    }
}

/// "Home directory": a user lists and keeps what lies under the own name.
#[test]
fn users_have_homes() {
    let policy = of_identity(
        r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "AllowListingOfUserFolder", "Action": ["s3:ListBucket"], "Effect": "Allow",
         "Resource": ["arn:aws:s3:::karte"],
         "Condition": {"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}}},
        {"Sid": "AllowAllS3ActionsInUserFolder", "Action": ["s3:*"], "Effect": "Allow",
         "Resource": ["arn:aws:s3:::karte/home/${aws:username}/*"]}]}"#,
    );
    let bob = user(TENANT, "bob");
    table(
        &policy,
        bob,
        &[
            (
                "s3:ListBucket",
                "arn:aws:s3:::karte",
                &[("s3:prefix", &["home/bob/x"])],
                "allow",
            ),
            (
                "s3:ListBucket",
                "arn:aws:s3:::karte",
                &[("s3:prefix", &["home/alice/x"])],
                "silent",
            ),
            ("s3:ListBucket", "arn:aws:s3:::karte", &[], "silent"),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/home/bob/a",
                &[],
                "allow",
            ),
            (
                "S3:getobject",
                "arn:aws:s3:::karte/home/bob/a",
                &[],
                "allow",
            ),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/home/Bob/a",
                &[],
                "silent",
            ),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/home/bobby/a",
                &[],
                "silent",
            ),
        ],
    );
    // What replaces a variable is literal.
    let get = "s3:GetObject";
    let alice = "arn:aws:s3:::karte/home/alice/a";
    assert_eq!(
        judged(&policy, user(TENANT, "*"), get, alice, &[]),
        "silent"
    );
    let tenant = PrincipalFacts { user: None, ..bob };
    assert_eq!(
        judged(&policy, tenant, get, "arn:aws:s3:::karte/home//a", &[]),
        "silent"
    );
}

/// "Managing Object Lock": nobody extends a retention beyond a limit.
#[test]
fn retention_is_limited() {
    let policy = of_bucket(
        r#"{"Version": "2012-10-17", "Id": "SetRetentionLimits", "Statement": [
        {"Sid": "SetRetentionPeriod", "Effect": "Deny", "Principal": "*", "Action": ["s3:PutObjectRetention"],
         "Resource": "arn:aws:s3:::karte/*",
         "Condition": {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}}},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::karte/*",
         "Condition": {"StringNotEquals": {"s3:object-lock-mode": "COMPLIANCE"}}},
        {"Effect": "Allow", "Principal": {"AWS": "0123456789abcdefghijklmno0"}, "Action": "s3:Put*",
         "Resource": "arn:aws:s3:::karte/*"}]}"#,
    );
    let days = "s3:object-lock-remaining-retention-days";
    let mode = "s3:object-lock-mode";
    table(
        &policy,
        user(TENANT, "backup"),
        &[
            (
                "s3:PutObjectRetention",
                "arn:aws:s3:::karte/a",
                &[(days, &["11"])],
                "deny",
            ),
            (
                "s3:PutObjectRetention",
                "arn:aws:s3:::karte/a",
                &[(days, &["10.5"])],
                "deny",
            ),
            (
                "s3:PutObjectRetention",
                "arn:aws:s3:::karte/a",
                &[(days, &["10"])],
                "delegate",
            ),
            (
                "s3:PutObjectRetention",
                "arn:aws:s3:::karte/a",
                &[],
                "delegate",
            ),
            // Cannot be read: AWS would let it pass.
            (
                "s3:PutObjectRetention",
                "arn:aws:s3:::karte/a",
                &[(days, &["1e9"])],
                "deny",
            ),
            (
                "s3:PutObject",
                "arn:aws:s3:::karte/a",
                &[(mode, &["COMPLIANCE"])],
                "delegate",
            ),
            (
                "s3:PutObject",
                "arn:aws:s3:::karte/a",
                &[(mode, &["GOVERNANCE"])],
                "deny",
            ),
            ("s3:PutObject", "arn:aws:s3:::karte/a", &[], "deny"),
            ("s3:GetObject", "arn:aws:s3:::karte/a", &[], "silent"),
        ],
    );
    let tenant = PrincipalFacts {
        user: None,
        ..user(TENANT, "")
    };
    table(
        &policy,
        tenant,
        &[(
            "s3:PutObject",
            "arn:aws:s3:::karte/a",
            &[(mode, &["COMPLIANCE"])],
            "allow",
        )],
    );
    assert!(policy.references("s3:object-lock-"));
    assert!(!policy.references("s3:ExistingObjectTag/"));
}

/// "Limit access to requests from specific addresses": both versions of IP.
#[test]
fn addresses_are_limited() {
    let policy = of_bucket(
        r#"{"Version": "2012-10-17", "Id": "PolicyId2", "Statement": [
        {"Sid": "AllowIPmix", "Effect": "Allow", "Principal": "*", "Action": "s3:*",
         "Resource": ["arn:aws:s3:::karte", "arn:aws:s3:::karte/*"],
         "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24", "2001:DB8:1234:5678::/64"]},
          "NotIpAddress": {"aws:SourceIp": ["203.0.113.128/30", "2001:DB8:1234:5678:ABCD::/80"]}}}]}"#,
    );
    let rows: [(&str, &str); 8] = [
        ("192.0.2.7", "allow"),
        ("::ffff:192.0.2.7", "allow"),
        ("203.0.113.127", "allow"),
        ("203.0.113.129", "silent"),
        ("192.0.3.0", "silent"),
        ("2001:db8:1234:5678::1", "allow"),
        ("2001:db8:1234:5678:abcd::1", "silent"),
        ("not an address", "silent"),
    ];
    for (address, wanted) in rows {
        let values = [address];
        let facts: Facts<'_> = &[("aws:sourceip", &values)];
        let got = judged(
            &policy,
            nobody(),
            "s3:GetObject",
            "arn:aws:s3:::karte/a",
            facts,
        );
        assert_eq!(got, wanted, "{address}");
    }
    let got = judged(
        &policy,
        nobody(),
        "s3:GetObject",
        "arn:aws:s3:::karte/a",
        &[],
    );
    assert_eq!(got, "silent");
}

/// "Restrict access to only HTTPS requests".
#[test]
fn plaintext_is_denied() {
    let policy = of_bucket(
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "RestrictToTLSRequestsOnly", "Action": "s3:*",
        "Effect": "Deny", "Resource": ["arn:aws:s3:::karte", "arn:aws:s3:::karte/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:TlsVersion": 1.3}},
        "Principal": "*"}]}"#,
    );
    let secure = "aws:securetransport";
    let version = "s3:tlsversion";
    table(
        &policy,
        user(OTHER, "x"),
        &[
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(secure, &["false"]), (version, &["1.2"])],
                "deny",
            ),
            (
                "s3:ListBucket",
                "arn:aws:s3:::karte",
                &[(secure, &["FALSE"]), (version, &["1.2"])],
                "deny",
            ),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(secure, &["true"]), (version, &["1.2"])],
                "silent",
            ),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(secure, &["false"]), (version, &["1.3"])],
                "silent",
            ),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(secure, &["no"]), (version, &["1.2"])],
                "deny",
            ),
        ],
    );
}

/// "Object tagging and access control policies".
#[test]
fn tags_decide() {
    let policy = of_bucket(
        r#"{"Version": "2012-10-17", "Statement": [
        {"Principal": {"AWS": ["arn:aws:iam::0123456789abcdefghijklmno0:user/dr/sato"]}, "Effect": "Allow",
         "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "arn:aws:s3:::karte/*",
         "Condition": {"StringEquals": {"s3:ExistingObjectTag/Environment": "Production"}}},
        {"Principal": {"AWS": "arn:aws:iam::0123456789abcdefghijklmno0:user/dr/sato"}, "Effect": "Allow",
         "Action": "s3:PutObjectTagging", "Resource": "arn:aws:s3:::karte/*",
         "Condition": {"ForAllValues:StringLike": {"s3:RequestObjectTagKeys": ["Owner", "CreationDate"]}}}]}"#,
    );
    let tag = "s3:existingobjecttag/environment";
    let keys = "s3:requestobjecttagkeys";
    table(
        &policy,
        user(TENANT, "dr/sato"),
        &[
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(tag, &["Production"])],
                "allow",
            ),
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(tag, &["production"])],
                "silent",
            ),
            ("s3:GetObject", "arn:aws:s3:::karte/a", &[], "silent"),
            // Two tags whose keys differ in case only: both must say so.
            (
                "s3:GetObject",
                "arn:aws:s3:::karte/a",
                &[(tag, &["Production", "x"])],
                "silent",
            ),
            (
                "s3:PutObjectTagging",
                "arn:aws:s3:::karte/a",
                &[(keys, &["Owner"])],
                "allow",
            ),
            (
                "s3:PutObjectTagging",
                "arn:aws:s3:::karte/a",
                &[(keys, &["Owner", "X"])],
                "silent",
            ),
            ("s3:PutObjectTagging", "arn:aws:s3:::karte/a", &[], "allow"),
        ],
    );
    assert_eq!(
        judged(
            &policy,
            user(OTHER, "dr/sato"),
            "s3:GetObject",
            "arn:aws:s3:::karte/a",
            &[(tag, &["Production"])]
        ),
        "silent"
    );
    assert!(policy.references("s3:existingobjecttag/"));
    assert!(policy.unknown_keys().is_empty());
}

/// NotAction, NotResource, NotPrincipal.
#[test]
fn exceptions() {
    let policy = of_identity(
        r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "NotResource": ["arn:aws:s3:::keep", "arn:aws:s3:::keep/*"]},
        {"Effect": "Deny", "NotAction": ["s3:Get*", "s3:List*"], "Resource": "arn:aws:s3:::readonly/*"}]}"#,
    );
    table(
        &policy,
        user(TENANT, "a"),
        &[
            ("s3:GetObject", "arn:aws:s3:::karte/a", &[], "allow"),
            ("azekura:ReadAudit", "arn:azekura:audit", &[], "allow"),
            ("s3:DeleteBucket", "arn:aws:s3:::karte", &[], "silent"),
            ("s3:GetObject", "arn:aws:s3:::keep/a", &[], "silent"),
            ("s3:GetObject", "arn:aws:s3:::readonly/a", &[], "allow"),
            ("s3:PutObject", "arn:aws:s3:::readonly/a", &[], "deny"),
        ],
    );
    let policy = of_bucket(
        r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::karte/*",
        "NotPrincipal": {"AWS": ["arn:aws:iam::0123456789abcdefghijklmno0:user/bob",
                                 "arn:aws:iam::0123456789abcdefghijklmno0:root"]}}}"#,
    );
    let get = |who| judged(&policy, who, "s3:GetObject", "arn:aws:s3:::karte/a", &[]);
    assert_eq!(get(user(TENANT, "bob")), "silent");
    assert_eq!(
        get(PrincipalFacts {
            user: None,
            ..user(TENANT, "")
        }),
        "silent"
    );
    assert_eq!(get(user(TENANT, "alice")), "deny");
    assert_eq!(get(user(OTHER, "bob")), "deny");
    assert_eq!(get(nobody()), "deny");
}

/// A variable without a value matches nothing, and what an Allow excepts by one is everything.
#[test]
fn variables_without_value() {
    let rows = [
        (
            "Allow",
            r#""Resource": "arn:aws:s3:::karte/${aws:userid}/*""#,
            "silent",
        ),
        (
            "Allow",
            r#""Resource": "arn:aws:s3:::karte/${aws:userid, 'guest'}/*""#,
            "allow",
        ),
        (
            "Allow",
            r#""Resource": "arn:aws:s3:::karte/${aws:userid, 'other'}/*""#,
            "silent",
        ),
        (
            "Allow",
            r#""NotResource": "arn:aws:s3:::karte/${aws:userid}/*""#,
            "silent",
        ),
        (
            "Deny",
            r#""Resource": "arn:aws:s3:::karte/${aws:userid}/*""#,
            "silent",
        ),
        (
            "Deny",
            r#""NotResource": "arn:aws:s3:::karte/${aws:userid}/*""#,
            "deny",
        ),
    ];
    for (effect, resource, wanted) in rows {
        let policy = of_identity(&format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "{effect}", "Action": "s3:*", {resource}}}]}}"#
        ));
        let got = judged(
            &policy,
            user(TENANT, "a"),
            "s3:GetObject",
            "arn:aws:s3:::karte/guest/a",
            &[],
        );
        assert_eq!(got, wanted, "{effect} {resource}");
    }
}

/// In the older version a variable is text, and there is no literal by one either.
#[test]
fn variables_belong_to_a_version() {
    for (version, key, wanted) in [
        ("2012-10-17", "a*b?c$d", "allow"),
        ("2012-10-17", "aXbYc$d", "silent"),
        ("2008-10-17", "a*b?c$d", "silent"),
        ("2008-10-17", "a${x}b${y}c${$}d", "allow"),
    ] {
        let policy = of_identity(&format!(
            r#"{{"Version": "{version}", "Statement": [{{"Effect": "Allow", "Action": "s3:*",
            "Resource": "arn:aws:s3:::karte/a${{*}}b${{?}}c${{$}}d"}}]}}"#
        ));
        let resource = format!("arn:aws:s3:::karte/{key}");
        let got = judged(&policy, user(TENANT, "a"), "s3:GetObject", &resource, &[]);
        assert_eq!(got, wanted, "{version} {key}");
    }
}

/// Which statement decided.
#[test]
fn the_deciding_statement_is_named() {
    let policy = of_identity(
        r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "First", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
        {"Sid": "Second", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObjectVersion", "Resource": "*"}]}"#,
    );
    let ask = |action| {
        let judgement = policy.judge(&Question {
            action,
            resource: "arn:aws:s3:::karte/a",
            principal: user(TENANT, "a"),
            facts: &(),
        });
        match judgement {
            Judgement::Deny(at) | Judgement::Allow(at) => Some((at.index, at.sid)),
            _ => None,
        }
    };
    assert_eq!(ask("s3:GetObject"), Some((0, Some("First"))));
    assert_eq!(ask("s3:PutObject"), Some((1, Some("Second"))));
    assert_eq!(ask("s3:DeleteObjectVersion"), Some((2, None)));
}
