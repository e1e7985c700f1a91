//! What opens a bucket to others than its tenant is done by two people: a policy or list that lets in
//! everybody or another institution, and a weaker public-access block.

use azekura_model::access::Authorized;
use azekura_model::bucket_config::{
    BucketConfiguration, ConfigurationKind, Configured, PublicAccessBlock,
};
use azekura_model::governed::{Permit, PublicOpening};

use crate::bucket::Bucket;
use crate::bucket::configure::read_setting;
use crate::error::StoreError;
use crate::governed::documents::{Described, opened, public_access};
use crate::governed::{self, named};
use crate::inner::Inner;
use crate::policy_text::parse_bucket_policy;

/// The permit of a setting that opens the bucket; none where it does not.
pub(crate) async fn permit(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    kind: ConfigurationKind,
    configuration: Option<&BucketConfiguration>,
) -> Result<Option<Permit>, StoreError> {
    let described = match (kind, configuration) {
        (ConfigurationKind::PublicAccess, _) => block(inner, bucket, configuration)?,
        (_, Some(BucketConfiguration::Policy(text))) => {
            let text = &text.0;
            // One that cannot be read is taken for one that opens.
            let opens = parse_bucket_policy(text, &bucket.name)
                .map_or(true, |policy| policy.reaches_beyond(bucket.tenant));
            opens.then(|| opened(named(bucket), PublicOpening::Policy, text.clone()))
        }
        (_, Some(BucketConfiguration::Acl(acl))) => acl.is_shared().then(|| {
            let lines = acl.grants.iter().map(|grant| format!("{grant:?}\n"));
            opened(named(bucket), PublicOpening::Acl, lines.collect())
        }),
        _ => None,
    };
    let Some((operation, document)) = described else {
        return Ok(None);
    };
    let (by, asking) = (by.requester(), (&operation, document));
    governed::permit(inner, by, bucket.tenant, asking)
        .await
        .map(Some)
}

/// A weaker block. Without one, nothing is blocked (S3).
fn block(
    inner: &Inner,
    bucket: &Bucket,
    configuration: Option<&BucketConfiguration>,
) -> Result<Option<Described>, StoreError> {
    let none = PublicAccessBlock {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };
    let new = match configuration {
        Some(BucketConfiguration::PublicAccess(block)) => *block,
        _ => none,
    };
    let before = match read_setting::<PublicAccessBlock>(inner, bucket.uuid)? {
        Configured::Set(block) => block,
        Configured::Cleared => none,
        Configured::Never => PublicAccessBlock::ALL,
    };
    Ok(weaker(&before, &new).then(|| public_access(named(bucket), &new)))
}

/// Whether a switch goes off.
fn weaker(before: &PublicAccessBlock, new: &PublicAccessBlock) -> bool {
    let switches = |block: &PublicAccessBlock| {
        [
            block.block_public_acls,
            block.ignore_public_acls,
            block.block_public_policy,
            block.restrict_public_buckets,
        ]
    };
    let pairs = switches(before).into_iter().zip(switches(new));
    pairs.into_iter().any(|(before, new)| before && !new)
}
