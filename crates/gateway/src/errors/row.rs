//! What is known of one error.

/// Who answers with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaidBy {
    /// The sources of this crate.
    Gateway,
    /// `s3s`, when it does what is said here.
    Library(&'static str),
    /// Nobody, for the reason that is given: clients know the code and will ask.
    Nobody(&'static str),
}

/// One error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    /// S3 error code.
    pub(crate) code: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// Words for a cause that has none of its own.
    pub(crate) message: &'static str,
    /// What to do next.
    pub(crate) hint: &'static str,
    /// Who answers with it.
    pub(crate) said_by: SaidBy,
}

/// A row of the gateway itself.
pub(super) const fn row(
    code: &'static str,
    status: u16,
    message: &'static str,
    hint: &'static str,
) -> ErrorRow {
    ErrorRow {
        code,
        status,
        message,
        hint,
        said_by: SaidBy::Gateway,
    }
}

impl ErrorRow {
    pub(super) const fn by(self, said_by: SaidBy) -> Self {
        Self { said_by, ..self }
    }
}
