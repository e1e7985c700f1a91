//! Whether a bucket policy is public (Amazon S3 user guide, "Blocking public access", the meaning of
//! "public").

use super::{Condition, Effect, Policy, PolicyPrincipal, PrincipalMatch, Statement};
use crate::ident::TenantId;

/// Keys whose fixed values name somebody.
const NAMING: [&str; 11] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointaccount",
];

impl Policy {
    /// Whether it gives anything to people who are not named: by a principal, or by a condition on a
    /// few fixed values. A Deny makes nothing less public, as in AWS.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(Statement::is_public)
    }

    /// Whether it gives anything to anybody outside of a tenant, whatever the conditions: they may name
    /// the one address from which a stranger comes.
    #[must_use]
    pub fn reaches_beyond(&self, tenant: TenantId) -> bool {
        let tenant = tenant.to_string();
        let outside = |principal: &PolicyPrincipal| match principal {
            PolicyPrincipal::Anyone => true,
            PolicyPrincipal::Tenant(named) | PolicyPrincipal::User(named, _) => **named != *tenant,
            // Nobody is it.
            PolicyPrincipal::Stranger(_) => false,
        };
        self.statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow)
            .any(|statement| match &statement.principals {
                PrincipalMatch::Attached => false,
                PrincipalMatch::Of(all) => all.iter().any(outside),
                PrincipalMatch::NotOf(_) => true,
            })
    }
}

impl Statement {
    /// See [`Policy::is_public`].
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.effect == Effect::Allow
            && self.principals.is_open()
            && !self.conditions.iter().any(names_somebody)
    }
}

fn names_somebody(condition: &Condition) -> bool {
    match condition.key() {
        "aws:sourceip" => condition.compares_addresses() && condition.is_fixed(),
        "s3:dataaccesspointarn" => condition.is_fixed_access_point(),
        key => NAMING.contains(&key) && !condition.compares_addresses() && condition.is_fixed(),
    }
}
