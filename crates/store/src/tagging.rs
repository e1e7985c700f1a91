//! Tags of a version that is there: read them, replace them.

use azekura_model::access::Authorized;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::tag::TagSet;
use azekura_record::particulars::Event;
use azekura_record::tagged::VersionTagged;
use azekura_record::version::Version;

use crate::amend::{Amended, amend, newest};
use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::families::Amendment;
use crate::inner::Inner;
use crate::object::Which;
use azekura_model::ident::VersionId;

/// Gives a version these tags and no others. Its ETag and Last-Modified stay.
pub(crate) async fn put(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    (key, which): (&ObjectKey, Which),
    tags: TagSet,
) -> Result<Amended, StoreError> {
    let tags = tags.into_pairs();
    let event = |previous| {
        Event::VersionTagged(VersionTagged {
            key: key.as_str().to_owned(),
            tags: tags.clone(),
            previous,
        })
    };
    amend(inner, by, bucket, (key, which), Amendment::Tags, event).await
}

/// The tags that a version has now: those of the last amendment, or those it was stored with.
pub(crate) fn of(
    inner: &Inner,
    bucket: &Bucket,
    id: VersionId,
    version: &Version,
) -> Result<Vec<(String, String)>, StoreError> {
    let amended = newest(inner, bucket.partition, Amendment::Tags, (&version.key, id))?;
    Ok(match amended {
        Some(Event::VersionTagged(tagged)) => tagged.tags,
        _ => version.tags.clone(),
    })
}
