//! Record kind 17: a delete marker.

/// The key shows nothing from now on; everything under it stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeleteMarker {
    /// Key.
    pub key: String,
    /// Shown to S3 as version `null`.
    pub null: bool,
    /// An even newer version was already current when this one was committed.
    pub superseded: bool,
}
