//! Amazon S3 user guide, "The meaning of public".

use super::*;
use azekura_model::ident::TenantId;

fn public(principal: &str, condition: &str) -> bool {
    let policy = of_bucket(&format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Principal": {principal}, "Resource": "arn:aws:s3:::karte/*",
        "Action": "s3:PutObject", "Effect": "Allow", "Condition": {condition}}}]}}"#
    ));
    policy.is_public()
}

#[test]
fn a_principal_that_is_named_is_not_public() {
    for (principal, wanted) in [
        ("\"*\"", true),
        (r#"{"AWS": "*"}"#, true),
        (r#"{"AWS": ["0123456789abcdefghijklmno0", "*"]}"#, true),
        (r#"{"AWS": "0123456789abcdefghijklmno0"}"#, false),
        (r#"{"AWS": "arn:aws:iam::s3tenant1:root"}"#, false),
        (r#"{"Service": "cloudtrail.amazonaws.com"}"#, false),
    ] {
        assert_eq!(public(principal, "{}"), wanted, "{principal}");
    }
}

#[test]
fn fixed_values_name_somebody() {
    for (condition, wanted) in [
        // The examples of the guide.
        (r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}}"#, true),
        (
            r#"{"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}"#,
            false,
        ),
        (
            r#"{"StringLike": {"aws:SourceVpc": "vpc-91237329"}}"#,
            false,
        ),
        (
            r#"{"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}"#,
            false,
        ),
        (
            r#"{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}"#,
            false,
        ),
        (
            r#"{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:*:accesspoint/*"}}"#,
            true,
        ),
        (
            r#"{"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:*"}}"#,
            true,
        ),
        (
            r#"{"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}}"#,
            false,
        ),
        (r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#, false),
        (
            r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::b"}}"#,
            false,
        ),
        (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}"#, true),
        (r#"{"StringEquals": {"aws:userid": "AIDA1"}}"#, false),
        (r#"{"StringLike": {"aws:userid": "AROLEID:*"}}"#, true),
        (
            r#"{"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}"#,
            true,
        ),
        (
            r#"{"StringEquals": {"aws:SourceAccount": ["1", "2"]}}"#,
            false,
        ),
        (r#"{"StringLike": {"aws:SourceAccount": ["1", "*"]}}"#, true),
        // Addresses.
        (r#"{"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#, false),
        (r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#, false),
        (r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#, true),
        (r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#, true),
        (
            r#"{"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "::/0"]}}"#,
            true,
        ),
        (
            r#"{"IpAddress": {"aws:SourceIp": "::ffff:0.0.0.0/96"}}"#,
            true,
        ),
        (r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}"#, false),
        (r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/31"}}"#, true),
        (
            r#"{"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
            true,
        ),
        (
            r#"{"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}}"#,
            true,
        ),
        (
            r#"{"ForAllValues:IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
            true,
        ),
        (r#"{"StringEquals": {"aws:SourceIp": "192.0.2.1"}}"#, true),
        // Others name nobody.
        (r#"{"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}"#, true),
        (
            r#"{"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}"#,
            true,
        ),
        (r#"{"Null": {"aws:SourceVpc": "false"}}"#, true),
        (r#"{"Bool": {"aws:SecureTransport": "true"}}"#, true),
        (
            r#"{"StringLike": {"aws:Referer": "https://example.org/"}}"#,
            true,
        ),
        (
            r#"{"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "192.0.2.1"}}"#,
            false,
        ),
    ] {
        assert_eq!(public("\"*\"", condition), wanted, "{condition}");
    }
}

#[test]
fn one_public_statement_makes_a_policy_public() {
    let with = |last: &str| {
        of_bucket(&format!(
            r#"{{"Statement": [
            {{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::karte/*"}},
            {{"Effect": "Allow", "Principal": {{"AWS": "0123456789abcdefghijklmno0"}}, "Action": "s3:*", "Resource": "arn:aws:s3:::karte/*"}},
            {last}]}}"#
        ))
        .is_public()
    };
    let part = r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::karte/*"}"#;
    assert!(!with(&format!(
        r#"{{"Effect": "Deny", "Principal": "*", {part}"#
    )));
    assert!(with(&format!(
        r#"{{"Effect": "Allow", "Principal": "*", {part}"#
    )));
    assert!(with(&format!(
        r#"{{"Effect": "Allow", "NotPrincipal": {{"AWS": "0123456789abcdefghijklmno0"}}, {part}"#
    )));
}

#[test]
fn whoever_is_not_of_the_tenant_is_beyond_it() {
    let tenant = TenantId([7; 16]);
    let own = tenant.to_string();
    let other = TenantId([8; 16]).to_string();
    let beyond = |statement: &str| {
        of_bucket(&format!(
            r#"{{"Statement": [{{{statement}, "Action": "s3:*", "Resource": "arn:aws:s3:::karte/*"}}]}}"#
        ))
        .reaches_beyond(tenant)
    };
    let address = r#""Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.1/32"}}"#;
    for (statement, wanted) in [
        (
            format!(r#""Effect": "Allow", "Principal": {{"AWS": "{own}"}}"#),
            false,
        ),
        (
            format!(r#""Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{own}:user/pacs"}}"#),
            false,
        ),
        (
            format!(r#""Effect": "Allow", "Principal": {{"AWS": ["{own}", "{other}"]}}"#),
            true,
        ),
        (
            format!(r#""Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{other}:root"}}"#),
            true,
        ),
        (
            format!(r#""Effect": "Allow", "Principal": "*", {address}"#),
            true,
        ),
        (
            format!(r#""Effect": "Allow", "NotPrincipal": {{"AWS": "{own}"}}"#),
            true,
        ),
        (r#""Effect": "Deny", "Principal": "*""#.to_owned(), false),
    ] {
        assert_eq!(beyond(&statement), wanted, "{statement}");
    }
}
