use std::sync::Arc;

use super::*;
use crate::acl::{Acl, CannedAcl};
use crate::bucket_config::PublicAccessBlock;
use crate::policy::{
    Effect, Pattern, PatternMatch, Policy, PolicyPrincipal, PrincipalMatch, Statement,
};

const HOME: TenantId = TenantId([1; 16]);
const AWAY: TenantId = TenantId([2; 16]);

fn policy(effect: Effect, principals: PrincipalMatch, action: &str) -> Policy {
    Policy {
        statements: vec![Statement {
            sid: Some("One".to_owned()),
            effect,
            principals,
            actions: PatternMatch::Of(vec![Pattern::action(action)]),
            resources: PatternMatch::Of(vec![Pattern::wild("arn:aws:s3:::*", false).unwrap()]),
            conditions: Vec::new(),
        }],
    }
}

fn everybody(effect: Effect, action: &str) -> Policy {
    policy(
        effect,
        PrincipalMatch::Of(vec![PolicyPrincipal::Anyone]),
        action,
    )
}

fn attached(effect: Effect, action: &str) -> Arc<Policy> {
    Arc::new(policy(effect, PrincipalMatch::Attached, action))
}

fn key(tenant: TenantId, rights: &[Right]) -> Grant {
    let requester = Requester {
        key_id: "KEY".to_owned(),
        ..Requester::default()
    };
    let mut grant = Grant::of_key(requester, ActionSet::of_rights(rights));
    grant.tenant = Some(tenant);
    grant
}

fn object() -> Resource {
    Resource::Object {
        bucket: "karte".to_owned(),
        key: "a".to_owned(),
    }
}

fn ask(grant: &Grant, action: Action, bucket: BucketRules<'_>) -> Result<AllowedBy, DeniedBy> {
    let resource = object();
    let ask = Ask {
        bucket,
        ..Ask::plain(action, &resource, Some(HOME))
    };
    let judged = authorize(grant, &ask);
    judged.map(|by| by.by().clone()).map_err(|no| no.why)
}

fn with(policy: &Policy) -> BucketRules<'_> {
    BucketRules {
        policy: Some(policy),
        ..BucketRules::default()
    }
}

/// Principal × what the own side says × what the bucket's policy says.
#[test]
fn the_matrix_of_sides() {
    let allow = everybody(Effect::Allow, "s3:GetObject");
    let deny = everybody(Effect::Deny, "s3:GetObject");
    let absent = everybody(Effect::Allow, "s3:PutObject");
    let (read, none) = ([Right::Read].as_slice(), [].as_slice());
    let cases: [(Grant, [bool; 3]); 5] = [
        (key(HOME, read), [true, false, true]),
        (key(HOME, none), [true, false, false]),
        (key(AWAY, read), [true, false, false]),
        (key(AWAY, none), [false, false, false]),
        (Grant::nobody(), [true, false, false]),
    ];
    for (grant, expected) in &cases {
        for (policy, allowed) in [&allow, &deny, &absent].into_iter().zip(expected) {
            let got = ask(grant, Action::GetObject, with(policy));
            assert_eq!(got.is_ok(), *allowed, "{grant:?} {policy:?}: {got:?}");
        }
    }
    let plain = |grant: &Grant| ask(grant, Action::GetObject, BucketRules::default());
    assert_eq!(plain(&key(HOME, read)), Ok(AllowedBy::Rights));
    assert_eq!(plain(&key(AWAY, read)), Err(DeniedBy::OtherTenant));
    assert_eq!(plain(&Grant::nobody()), Err(DeniedBy::Silence));
    let own = ask(&key(AWAY, none), Action::GetObject, with(&allow));
    assert_eq!(own, Err(DeniedBy::OwnSide));
}

#[test]
fn policies_of_the_user_allow_and_deny_and_the_key_limits() {
    let mut grant = key(HOME, &[]);
    grant.policies = vec![attached(Effect::Allow, "s3:Get*")];
    let get = |grant: &Grant| ask(grant, Action::GetObject, BucketRules::default());
    let name = StatementName {
        index: 0,
        sid: Some("One".to_owned()),
    };
    let by = AllowedBy::Statement(PolicySource::Identity(0), name.clone());
    assert_eq!(get(&grant), Ok(by));
    grant.boundary = Some(attached(Effect::Allow, "s3:PutObject"));
    assert_eq!(get(&grant), Err(DeniedBy::Boundary));
    grant.boundary = None;
    grant.policies.push(attached(Effect::Deny, "s3:GetObject"));
    let denied = DeniedBy::Statement(PolicySource::Identity(1), name);
    assert_eq!(get(&grant), Err(denied));
    // A bucket's policy does not lift the limit of a key either.
    let mut limited = key(HOME, &[Right::Read]);
    limited.boundary = Some(attached(Effect::Allow, "s3:PutObject"));
    let open = everybody(Effect::Allow, "*");
    let got = ask(&limited, Action::GetObject, with(&open));
    assert_eq!(got, Err(DeniedBy::Boundary));
}

#[test]
fn a_tenant_named_as_a_whole_leaves_it_to_its_own_policies() {
    let whole = PrincipalMatch::Of(vec![PolicyPrincipal::Tenant(
        AWAY.to_string().into_boxed_str(),
    )]);
    let policy = policy(Effect::Allow, whole, "s3:GetObject");
    let mut user = key(AWAY, &[]);
    user.user = Some("tanaka".to_owned());
    let get = |grant: &Grant| ask(grant, Action::GetObject, with(&policy));
    assert!(get(&user).is_err());
    user.policies = vec![attached(Effect::Allow, "s3:*")];
    assert!(get(&user).is_ok());
}

#[test]
fn a_public_access_block_keeps_others_out() {
    let open = everybody(Effect::Allow, "s3:GetObject");
    let rules = BucketRules {
        policy: Some(&open),
        block: Some(PublicAccessBlock::ALL),
        acl: None,
    };
    let blocked = Err(DeniedBy::PublicAccessBlock);
    assert_eq!(ask(&Grant::nobody(), Action::GetObject, rules), blocked);
    assert_eq!(
        ask(&key(AWAY, &[Right::Read]), Action::GetObject, rules),
        blocked
    );
    assert!(ask(&key(HOME, &[]), Action::GetObject, rules).is_ok());
    // A policy that names somebody is not public.
    let named = PrincipalMatch::Of(vec![PolicyPrincipal::Tenant(
        AWAY.to_string().into_boxed_str(),
    )]);
    let named = policy(Effect::Allow, named, "s3:GetObject");
    let rules = BucketRules {
        policy: Some(&named),
        ..rules
    };
    assert!(ask(&key(AWAY, &[Right::Read]), Action::GetObject, rules).is_ok());
}

#[test]
fn lists_open_what_they_say_and_a_block_ignores_public_ones() {
    let public = CannedAcl::PublicReadWrite.list(HOME, HOME);
    let rules = |acl, block| BucketRules {
        policy: None,
        block,
        acl: Some(acl),
    };
    let nobody = Grant::nobody();
    let get = ask(&nobody, Action::GetObject, rules(&public, None));
    assert_eq!(get, Ok(AllowedBy::Acl));
    for action in [
        Action::DeleteObject,
        Action::DeleteObjectVersion,
        Action::PutObjectAcl,
        Action::PutObjectRetention,
        Action::BypassGovernanceRetention,
        Action::PutBucketPolicy,
    ] {
        assert!(
            ask(&nobody, action, rules(&public, None)).is_err(),
            "{action:?}"
        );
    }
    let all = Some(PublicAccessBlock::ALL);
    assert!(ask(&nobody, Action::GetObject, rules(&public, all)).is_err());
    let signed = CannedAcl::AuthenticatedRead.list(HOME, HOME);
    assert!(ask(&nobody, Action::GetObject, rules(&signed, None)).is_err());
    let away = key(AWAY, &[Right::Read]);
    assert!(ask(&away, Action::GetObject, rules(&signed, None)).is_ok());
    let private = Acl::private(HOME);
    assert!(!private.is_public() && !private.is_shared());
    // What the owner's own line says gives its people nothing that they may not do anyway.
    assert!(ask(&key(HOME, &[]), Action::GetObject, rules(&private, None)).is_err());
    let away_list = CannedAcl::BucketOwnerFullControl.list(AWAY, HOME);
    assert!(ask(&key(AWAY, &[]), Action::GetObject, rules(&away_list, None)).is_err());
    assert!(ask(&away, Action::GetObject, rules(&away_list, None)).is_ok());
    // A Deny goes before a list.
    let deny = everybody(Effect::Deny, "s3:GetObject");
    let both = BucketRules {
        policy: Some(&deny),
        ..rules(&public, None)
    };
    assert!(ask(&nobody, Action::GetObject, both).is_err());
}

/// The widest policy that can be written gives nobody what would hurt what is kept.
#[test]
fn the_widest_policy_gives_no_bypass_no_administration_and_no_keys_to_the_bucket() {
    let widest = everybody(Effect::Allow, "*");
    for grant in [Grant::nobody(), key(AWAY, &[Right::Read, Right::Write])] {
        for action in Action::ALL.iter().copied() {
            let got = ask(&grant, action, with(&widest));
            let never = !action.name().starts_with("s3:")
                || matches!(
                    action,
                    Action::BypassGovernanceRetention
                        | Action::DeleteBucket
                        | Action::PutBucketPolicy
                        | Action::PutLifecycleConfiguration
                        | Action::PutBucketPublicAccessBlock
                        | Action::PutObjectLegalHold
                )
                || (grant.is_anonymous() && action == Action::PutObjectRetention);
            assert!(!(never && got.is_ok()), "{action:?}");
        }
    }
    let own = key(HOME, &[]);
    assert!(ask(&own, Action::BypassGovernanceRetention, with(&widest)).is_err());
    assert!(ask(&own, Action::ManageIdentities, with(&widest)).is_err());
    assert!(ask(&own, Action::PutBucketPolicy, with(&widest)).is_ok());
}

#[test]
fn an_administrator_is_not_shut_out_of_the_policy_itself() {
    let shut = everybody(Effect::Deny, "s3:*");
    let administrator = key(HOME, &[Right::Manage, Right::Read, Right::Identity]);
    assert!(ask(&administrator, Action::DeleteBucketPolicy, with(&shut)).is_ok());
    assert!(ask(&administrator, Action::GetObject, with(&shut)).is_err());
    let other = key(HOME, &[Right::Manage]);
    assert!(ask(&other, Action::DeleteBucketPolicy, with(&shut)).is_err());
}

#[test]
fn a_refusal_names_the_statement() {
    let deny = everybody(Effect::Deny, "s3:GetObject");
    let resource = object();
    let ask = Ask {
        bucket: with(&deny),
        ..Ask::plain(Action::GetObject, &resource, Some(HOME))
    };
    let denied = authorize(&key(HOME, &[Right::Read]), &ask).unwrap_err();
    let text = denied.to_string();
    assert!(
        text.contains("statement 1 (Sid \"One\") of the policy of the bucket denies it"),
        "{text}"
    );
}
