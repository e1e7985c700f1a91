//! The one rule of access: AWS's policy evaluation logic with tenants in the place of accounts (AWS IAM
//! user guide, "Policy evaluation logic"; Amazon S3 user guide, "How Amazon S3 authorizes a request",
//! "Blocking public access").

use crate::acl::Acl;
use crate::bucket_config::PublicAccessBlock;
use crate::ident::TenantId;
use crate::policy::{Facts, Judgement, Policy, PrincipalFacts, Question};

use super::{
    Action, AllowedBy, Authorized, Denied, DeniedBy, Grant, PolicySource, Resource, Right,
    StatementName,
};

/// What a bucket says of who may come in.
#[derive(Clone, Copy, Debug, Default)]
pub struct BucketRules<'a> {
    /// Its policy.
    pub policy: Option<&'a Policy>,
    /// Its public-access block; `None` = it was taken away.
    pub block: Option<PublicAccessBlock>,
    /// Access-control list of what is asked for, bucket or object, where lists count.
    pub acl: Option<&'a Acl>,
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The action.
    pub action: Action,
    /// What it is done to.
    pub resource: &'a Resource,
    /// The institution that owns the resource; `None` for what belongs to the vault, and for a bucket
    /// that is not there.
    pub owner: Option<TenantId>,
    /// What the bucket says, if the resource is one or in one.
    pub bucket: BucketRules<'a>,
    /// What is known of the request.
    pub facts: &'a dyn Facts,
}

impl<'a> Ask<'a> {
    /// Asks without a bucket that would say anything.
    #[must_use]
    pub fn plain(action: Action, resource: &'a Resource, owner: Option<TenantId>) -> Self {
        Self {
            action,
            resource,
            owner,
            bucket: BucketRules::default(),
            facts: &(),
        }
    }
}

/// What one side says.
type Side = Result<Option<AllowedBy>, DeniedBy>;

/// The one rule of access.
///
/// 1. A Deny of any policy denies.
/// 2. The key's own policy, where there is one, must allow.
/// 3. In the own tenant, rights, a policy of the user, the bucket's policy or its list must allow; in
///    another's both the own side and the bucket. For who did not sign only the bucket speaks.
///
/// # Errors
/// [`Denied`] says what refused.
pub fn authorize(grant: &Grant, ask: &Ask<'_>) -> Result<Authorized, Denied> {
    match judge(grant, ask) {
        Ok(by) => Ok(Authorized {
            requester: grant.requester.clone(),
            tenant: grant.tenant,
            user: grant.user.clone(),
            action: ask.action,
            by,
        }),
        Err(why) => Err(Denied {
            key_id: grant.requester.key_id.clone(),
            action: ask.action,
            why,
        }),
    }
}

fn judge(grant: &Grant, ask: &Ask<'_>) -> Result<AllowedBy, DeniedBy> {
    // What belongs to nobody yet is not another's.
    let foreign = ask.owner.is_some() && ask.owner != grant.tenant;
    let speaks = Speaks::of(grant, ask);
    let question = speaks.question(ask);
    let own = own_side(grant, ask, &question)?;
    let theirs = bucket_side(grant, ask, &question, foreign, own.is_some())?;
    let silence = if foreign && !grant.is_anonymous() {
        DeniedBy::OtherTenant
    } else {
        DeniedBy::Silence
    };
    match (own, theirs) {
        (Some(by), _) if !foreign => Ok(by),
        (Some(_), Some(by)) => Ok(by),
        (None, Some(by)) if grant.is_anonymous() || !foreign => Ok(by),
        (None, Some(_)) => Err(DeniedBy::OwnSide),
        (_, None) => Err(silence),
    }
}

/// The names of who asks and of what is asked, as policies have them.
struct Speaks {
    tenant: Option<String>,
    arn: Option<String>,
    resource: String,
    user: Option<String>,
    anonymous: bool,
}

impl Speaks {
    fn of(grant: &Grant, ask: &Ask<'_>) -> Self {
        // Nothing reads names where there is no policy.
        let none = grant.policies.is_empty() && grant.boundary.is_none();
        if none && ask.bucket.policy.is_none() {
            return Self {
                tenant: None,
                arn: None,
                resource: String::new(),
                user: None,
                anonymous: grant.is_anonymous(),
            };
        }
        let tenant = grant.tenant.map(|tenant| tenant.to_string());
        let arn = tenant.as_ref().map(|tenant| match &grant.user {
            Some(user) => format!("arn:aws:iam::{tenant}:user/{user}"),
            None => format!("arn:aws:iam::{tenant}:root"),
        });
        Self {
            tenant,
            arn,
            resource: ask.resource.arn(),
            user: grant.user.clone(),
            anonymous: grant.is_anonymous(),
        }
    }

    fn question<'a>(&'a self, ask: &Ask<'a>) -> Question<'a> {
        Question {
            action: ask.action.name(),
            resource: &self.resource,
            principal: PrincipalFacts {
                tenant: self.tenant.as_deref(),
                user: self.user.as_deref(),
                anonymous: self.anonymous,
                arn: self.arn.as_deref(),
            },
            facts: ask.facts,
        }
    }
}

/// What the key and the policies of its user say.
fn own_side(grant: &Grant, ask: &Ask<'_>, question: &Question<'_>) -> Side {
    let mut allowed = None;
    for (place, policy) in grant.policies.iter().enumerate() {
        let source = PolicySource::Identity(place);
        match policy.judge(question) {
            Judgement::Deny(found) => {
                return Err(DeniedBy::Statement(source, StatementName::of(found)));
            }
            Judgement::Allow(found) if allowed.is_none() => {
                allowed = Some(AllowedBy::Statement(source, StatementName::of(found)));
            }
            Judgement::Allow(_) | Judgement::Delegate(_) | Judgement::Silent => {}
        }
    }
    let mut boundary = None;
    if let Some(policy) = &grant.boundary {
        let source = PolicySource::Key;
        match policy.judge(question) {
            Judgement::Deny(found) => {
                return Err(DeniedBy::Statement(source, StatementName::of(found)));
            }
            Judgement::Allow(found) => {
                boundary = Some(AllowedBy::Statement(source, StatementName::of(found)));
            }
            Judgement::Delegate(_) | Judgement::Silent => return Err(DeniedBy::Boundary),
        }
    }
    if grant.allowed.contains(ask.action) {
        return Ok(Some(boundary.unwrap_or(AllowedBy::Rights)));
    }
    // Institutions write their policies themselves: none of them makes an operator of the vault.
    Ok(allowed.filter(|_| ask.action.right() != Right::Operate))
}

/// What the bucket says: its policy, then its list.
fn bucket_side(
    grant: &Grant,
    ask: &Ask<'_>,
    question: &Question<'_>,
    foreign: bool,
    own: bool,
) -> Side {
    // A bucket speaks of S3 alone, never of the administration.
    if !ask.action.name().starts_with("s3:") {
        return Ok(None);
    }
    let outsider = foreign || grant.is_anonymous();
    let mut blocked = false;
    if let Some(policy) = ask.bucket.policy {
        let judged = policy.judge(question);
        if let Judgement::Deny(found) = judged {
            // Whoever administers the tenant cannot be shut out of the policy itself, as the root user
            // of an account cannot.
            if outsider || !opens_a_bucket_again(grant, ask.action) {
                let statement = StatementName::of(found);
                return Err(DeniedBy::Statement(PolicySource::Bucket, statement));
            }
        }
        let found = match judged {
            Judgement::Allow(found) => Some(found),
            Judgement::Delegate(found) if own => Some(found),
            _ => None,
        };
        let restricted = ask
            .bucket
            .block
            .is_some_and(|block| block.restrict_public_buckets)
            && policy.is_public();
        match found {
            Some(_) if outsider && restricted => blocked = true,
            Some(found) if may_be_given(ask.action, outsider, grant.is_anonymous()) => {
                let statement = StatementName::of(found);
                return Ok(Some(AllowedBy::Statement(PolicySource::Bucket, statement)));
            }
            _ => {}
        }
    }
    let ignore_public = ask
        .bucket
        .block
        .is_some_and(|block| block.ignore_public_acls);
    let listed = ask
        .bucket
        .acl
        .is_some_and(|acl| acl.allows(ask.action, (grant.tenant, own), ignore_public));
    match (listed, blocked && !own_is_enough(own, foreign)) {
        (true, _) => Ok(Some(AllowedBy::Acl)),
        (false, true) => Err(DeniedBy::PublicAccessBlock),
        (false, false) => Ok(None),
    }
}

fn own_is_enough(own: bool, foreign: bool) -> bool {
    own && !foreign
}

/// Whether a bucket policy can give this at all. Who may come in, and what takes a hold off, is decided by
/// the owner's people; nobody locks; and a right to go against GOVERNANCE retention is given to a key by
/// name, never to whoever matches a wildcard.
fn may_be_given(action: Action, outsider: bool, nobody: bool) -> bool {
    let owners_alone = matches!(
        action,
        Action::CreateBucket
            | Action::DeleteBucket
            | Action::GetBucketPolicy
            | Action::PutBucketPolicy
            | Action::DeleteBucketPolicy
            | Action::PutBucketPublicAccessBlock
            | Action::PutBucketOwnershipControls
            | Action::PutBucketObjectLockConfiguration
            | Action::PutLifecycleConfiguration
            | Action::PutBucketVersioning
            | Action::PutObjectLegalHold
    );
    let locks = action.right() == Right::Lock;
    action.right() != Right::Bypass && !(outsider && owners_alone) && !(nobody && locks)
}

/// The operations by which an administrator undoes a policy that shuts everybody out.
fn opens_a_bucket_again(grant: &Grant, action: Action) -> bool {
    let door = matches!(
        action,
        Action::GetBucketPolicy | Action::PutBucketPolicy | Action::DeleteBucketPolicy
    );
    door && grant.allowed.contains(Action::ManageIdentities)
}
