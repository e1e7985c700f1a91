//! What a bucket shows of its versions. Inside, every version is kept.

/// The three states of S3 versioning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Versioning {
    /// Never enabled: each key shows one version, `null`.
    #[default]
    Unversioned,
    /// Every put shows a version of its own.
    Enabled,
    /// New puts are `null` versions again; older versions stay shown.
    Suspended,
}

impl Versioning {
    /// Whether a put in this state makes a `null` version.
    #[must_use]
    pub fn makes_null(self) -> bool {
        !matches!(self, Self::Enabled)
    }
}
