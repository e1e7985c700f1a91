//! Disposal jobs whose time has come.

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::inner::Inner;

use super::KeeperReport;

pub(super) async fn run(
    inner: &Inner,
    bucket: &Bucket,
    report: &mut KeeperReport,
) -> Result<(), StoreError> {
    crate::disposal::act_all(inner, bucket, report).await
}
