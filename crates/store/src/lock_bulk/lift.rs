//! Legal holds come off many versions: one request of two people for the whole selection.
//!
//! A selection takes several calls. The request serves them all and is used up by the last; calls that
//! were cut off begin again with the same request.

use std::fmt::Write as _;

use azekura_model::access::Authorized;
use azekura_model::governed::{GovernedOperation, HeldVersions, escaped};

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::governed::documents::{Described, digested};
use crate::governed::{self, Grant, named};
use crate::inner::Inner;
use crate::lock_bulk::LockSelection;
use crate::object::Which;

/// What lets the holds of a selection be lifted.
///
/// # Errors
/// [`StoreError::ApprovalNeeded`].
pub(crate) async fn grant(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    selection: &LockSelection,
) -> Result<Grant, StoreError> {
    let (operation, document) = operation(bucket, selection);
    let asked = (&operation, document);
    governed::grant(inner, by.requester(), bucket.tenant, asked).await
}

fn operation(bucket: &Bucket, selection: &LockSelection) -> Described {
    let bucket = named(bucket);
    let (versions, document) = match selection {
        LockSelection::Prefix {
            prefix,
            all_versions,
        } => {
            let versions = HeldVersions::Prefix {
                prefix: prefix.clone(),
                all_versions: *all_versions,
            };
            (versions, None)
        }
        LockSelection::Listed(items) => {
            let mut list = String::new();
            for (key, which) in items {
                let version = match which {
                    Which::Current => "current".to_owned(),
                    Which::Null => "null".to_owned(),
                    Which::Version(version) => version.to_string(),
                };
                // Writing into memory cannot fail.
                let written = writeln!(list, "{version} {}", escaped(key.as_str()));
                debug_assert!(written.is_ok(), "writing into memory failed");
            }
            (HeldVersions::Listed(digested(&list)), Some(list))
        }
    };
    (GovernedOperation::LiftHolds { bucket, versions }, document)
}
