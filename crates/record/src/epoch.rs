//! Record kind 2: a key epoch of a bucket opens.

/// A fresh bucket key; later versions are sealed under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochOpened {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// The bucket key, wrapped by the tenant key.
    pub wrapped_key: Vec<u8>,
}
