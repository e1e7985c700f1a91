//! Policies: the reader of their JSON, and the evaluator against an oracle that reads the same text by
//! other means. A case that begins with `{` is a policy and, behind bytes FF, an action, a key, a user
//! and a prefix. Any other is a script from which all of these are grown.

mod grown;
mod oracle;

use azekura_model::name::BucketName;
use azekura_model::policy::{Facts, Judgement, Policy, PrincipalFacts, Question};
use azekura_store::policy_text::{parse_bucket_policy, parse_identity_policy};

use crate::target::Target;
use grown::Grown;
use oracle::Request;

/// Reads and judges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies;

impl Facts for Request<'_> {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        Request::values(self, key)
    }
}

impl Target for Policies {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/${aws:username}/*"},{"Effect":"Deny","NotAction":["s3:GetObject"],"NotResource":"arn:aws:s3:::b/a?*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"s3:prefix":["a*","${aws:username, 'x'}?"]},"StringNotEqualsIfExists":{"aws:userid":"a"}}}}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringNotLike":{"aws:TagKeys":["a","b*"]},"Null":{"s3:delimiter":true},"Bool":{"aws:SecureTransport":false}}}]}"#,
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${*}*","Condition":{"NumericLessThan":{"s3:max-keys":10},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["0123456789abcdefghijklmno0","arn:aws:iam::0123456789abcdefghijklmno0:user/a"]},"Action":"s3:PutObject","Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"],"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}}]}"#,
        ]
        .iter()
        .map(|policy| [policy.as_bytes(), b"\xffs3:GetObject\xffab/c\xffa\xffab"].concat())
        .chain((0..40_u8).map(|seed| (0..48_u8).map(|at| grain(seed, at)).collect()))
        .collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "*",
            "?",
            "${*}",
            "${?}",
            "${$}",
            "${aws:username}",
            "${aws:userid, 'a'}",
            "${",
            "}",
            "\"Allow\"",
            "\"Deny\"",
            "NotAction",
            "NotResource",
            "Principal",
            "NotPrincipal",
            "Condition",
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "ForAnyValue:",
            "ForAllValues:",
            "IfExists",
            "Null",
            "Bool",
            "NumericEquals",
            "DateLessThan",
            "IpAddress",
            "NotIpAddress",
            "ArnLike",
            "BinaryEquals",
            "s3:prefix",
            "aws:TagKeys",
            "aws:username",
            "s3:delimiter",
            "aws:SecureTransport",
            "s3:GetObject",
            "s3:*",
            "arn:aws:s3:::b/",
            "arn:aws:s3:::bucket",
            "2012-10-17",
            "2008-10-17",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "\"",
            "\\u002a",
            "\u{ff}",
            "true",
            "null",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let case = if input.starts_with(b"{") {
            written(input)
        } else {
            grown::grow(input)
        };
        let policy = &case.policy;
        in_a_bucket(policy)?;
        let read = match parse_identity_policy(policy) {
            Ok(read) => read,
            Err(error) => return Ok(error.rule.to_owned()),
        };
        if parse_identity_policy(policy).as_ref() != Ok(&read) {
            return Err("one text, two policies".to_owned());
        }
        let resource = format!("arn:aws:s3:::b/{}", case.key);
        let request = Request {
            action: &case.action,
            resource: &resource,
            user: &case.user,
            prefix: &case.prefix,
        };
        let got = judged(&read, &request);
        let Some(wanted) = oracle::judge(policy, &request) else {
            return Ok(format!("{got}, not compared"));
        };
        if got == wanted {
            Ok(got.to_owned())
        } else {
            Err(format!("judged {got}, the oracle says {wanted}: {case:?}"))
        }
    }
}

/// Bytes without order, so that scripts differ from the start.
fn grain(seed: u8, at: u8) -> u8 {
    let mixed = seed.wrapping_mul(167).wrapping_add(at.wrapping_mul(59));
    (mixed ^ (mixed >> 3)).wrapping_mul(101) & 0x7f
}

fn written(input: &[u8]) -> Grown {
    let mut parts = input.split(|byte| *byte == 0xff);
    let mut next = || {
        let part = parts.next().unwrap_or_default();
        String::from_utf8_lossy(part).into_owned()
    };
    Grown {
        policy: next(),
        action: next(),
        key: next(),
        user: next(),
        prefix: next(),
    }
}

/// What a bucket takes concerns it alone and says who is meant.
fn in_a_bucket(text: &str) -> Result<(), String> {
    let Ok(bucket) = BucketName::parse("bucket") else {
        return Ok(());
    };
    let Ok(policy) = parse_bucket_policy(text, &bucket) else {
        return Ok(());
    };
    for statement in &policy.statements {
        let meets = |resource: &str| {
            let patterns = statement.resources.patterns().iter();
            patterns
                .filter(|pattern| pattern.matches_plain(resource))
                .count()
        };
        if meets("arn:aws:s3::bucket/a") > 0 || meets("") > 0 || meets("arn:azekura:audit") > 0 {
            return Err("a bucket policy speaks of more than the bucket".to_owned());
        }
    }
    if parse_identity_policy(text).is_ok() {
        return Err("a policy both of a bucket and of an identity".to_owned());
    }
    // A Deny makes nothing public.
    let allows = policy
        .statements
        .iter()
        .any(|statement| statement.effect == azekura_model::policy::Effect::Allow);
    if policy.is_public() && !allows {
        return Err("public without an Allow".to_owned());
    }
    Ok(())
}

fn judged(policy: &Policy, request: &Request<'_>) -> &'static str {
    let judgement = policy.judge(&Question {
        action: request.action,
        resource: request.resource,
        principal: PrincipalFacts {
            tenant: None,
            user: Some(request.user),
            anonymous: false,
            arn: None,
        },
        facts: request,
    });
    match judgement {
        Judgement::Deny(_) => "deny",
        Judgement::Allow(_) => "allow",
        Judgement::Delegate(_) => "delegate",
        Judgement::Silent => "silent",
    }
}
