//! Takes away what the drill made, as far as its locks are over.

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::client::Client;

use super::report::Remains;
use super::scene::{BUCKET_PREFIX, BUCKET_TAG, Scene, hold};
use super::wire::{Ask, Wire};
use crate::exit::CommandError;

/// Most passes over one bucket: a page of a listing has a thousand entries.
const PASSES_MAX: usize = 8;

/// Clears the buckets of earlier drills; answers what their locks still keep.
pub(super) async fn earlier(wire: &Wire, admin: &Client) -> Result<Vec<Remains>, CommandError> {
    let mut remains = Vec::new();
    for bucket in admin.list_buckets().await?.buckets {
        if is_ours(wire, &bucket.name).await? {
            remains.push(clear(wire, &bucket.name).await?);
        }
    }
    Ok(remains)
}

/// Clears the bucket of this drill.
pub(super) async fn own(scene: &Scene) -> Result<Remains, CommandError> {
    clear(&scene.wire, &scene.bucket).await
}

/// A bucket of the drill has its name and its tag: no other is touched.
async fn is_ours(wire: &Wire, bucket: &str) -> Result<bool, CommandError> {
    let digits = bucket.strip_prefix(BUCKET_PREFIX).unwrap_or_default();
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(false);
    }
    let tags = wire
        .send(Ask::s3("GET", format!("/{bucket}?tagging")))
        .await?;
    let (name, value) = BUCKET_TAG;
    Ok(tags.elements("Key").iter().any(|key| key == name)
        && tags.elements("Value").iter().any(|found| found == value))
}

/// Clears holds, deletes versions as anybody may, without bypass, and then the bucket.
async fn clear(wire: &Wire, bucket: &str) -> Result<Remains, CommandError> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for _ in 0..PASSES_MAX {
        let listed = wire
            .send(Ask::s3("GET", format!("/{bucket}?versions")))
            .await?;
        let (keys, versions) = (listed.elements("Key"), listed.elements("VersionId"));
        let entries: Vec<(String, String)> = keys.into_iter().zip(versions).collect();
        kept.clear();
        let mut gone = 0_usize;
        for (key, version) in entries {
            let path = format!("/{bucket}/{key}");
            let release = format!("{path}?legal-hold&versionId={version}");
            wire.send(Ask::s3("PUT", release).body(hold(false))).await?;
            let delete = Ask::s3("DELETE", format!("{path}?versionId={version}"));
            if wire.send(delete).await?.accepted() {
                gone = gone.saturating_add(1);
            } else {
                kept.push((key, version));
            }
        }
        if gone == 0 {
            break;
        }
    }
    if kept.is_empty() {
        wire.send(Ask::s3("DELETE", format!("/{bucket}"))).await?;
    }
    remains(wire, bucket, &kept).await
}

async fn remains(
    wire: &Wire,
    bucket: &str,
    kept: &[(String, String)],
) -> Result<Remains, CommandError> {
    let mut left = Remains {
        bucket: bucket.to_owned(),
        versions: kept.len(),
        bytes: 0,
        until: None,
    };
    for (key, version) in kept {
        let head = Ask::s3("HEAD", format!("/{bucket}/{key}?versionId={version}"));
        let head = wire.send(head).await?;
        let length = head
            .header("content-length")
            .and_then(|text| text.parse().ok());
        left.bytes = left.bytes.saturating_add(length.unwrap_or(0_u64));
        let until = head.header("x-amz-object-lock-retain-until-date");
        left.until = left.until.max(until.map(str::to_owned));
    }
    Ok(left)
}
