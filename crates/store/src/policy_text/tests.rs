use azekura_model::policy::{Judgement, PrincipalFacts, Question};

use super::*;

mod documents;
mod examples;
mod public;
mod refused;

/// Tenant of the vault in examples.
pub(super) const TENANT: &str = "0123456789abcdefghijklmno0";
pub(super) const OTHER: &str = "vvvvvvvvvvvvvvvvvvvvvvvvv0";

/// Facts of a table.
pub(super) struct Known<'a>(pub(super) &'a [(&'a str, &'a [&'a str])]);

impl azekura_model::policy::Facts for Known<'_> {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        let mut found = self.0.iter().filter(|(name, _)| *name == key);
        found
            .next()
            .map(|(_, values)| values.iter().map(|v| (*v).to_owned()).collect())
    }
}

pub(super) fn bucket() -> BucketName {
    BucketName::parse("karte").unwrap()
}

pub(super) fn of_bucket(text: &str) -> Policy {
    parse_bucket_policy(text, &bucket()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(super) fn of_identity(text: &str) -> Policy {
    parse_identity_policy(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(super) fn user<'a>(tenant: &'a str, name: &'a str) -> PrincipalFacts<'a> {
    PrincipalFacts {
        tenant: Some(tenant),
        user: Some(name),
        anonymous: false,
        arn: None,
    }
}

pub(super) fn nobody() -> PrincipalFacts<'static> {
    PrincipalFacts {
        anonymous: true,
        ..PrincipalFacts::default()
    }
}

/// One word for a judgement.
pub(super) fn judged(
    policy: &Policy,
    principal: PrincipalFacts<'_>,
    action: &str,
    resource: &str,
    facts: &[(&str, &[&str])],
) -> &'static str {
    let judgement = policy.judge(&Question {
        action,
        resource,
        principal,
        facts: &Known(facts),
    });
    match judgement {
        Judgement::Deny(_) => "deny",
        Judgement::Allow(_) => "allow",
        Judgement::Delegate(_) => "delegate",
        Judgement::Silent => "silent",
    }
}

/// A policy of one statement with this effect and condition, and whether it applied.
pub(super) fn applies(effect: &str, condition: &str, facts: &[(&str, &[&str])]) -> bool {
    let policy = of_identity(&format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Action": "s3:*", "Resource": "*",
        "Condition": {condition}}}}}"#
    ));
    judged(
        &policy,
        user(TENANT, "hanako"),
        "s3:GetObject",
        "arn:aws:s3:::karte/a",
        facts,
    ) != "silent"
}
