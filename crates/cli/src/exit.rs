//! Exit codes, as `docs/reference/exit-codes.md` lists them, and errors that carry one.

use azekura_admin_api::error::{ApiError, Code};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// Failed for a reason that has no code of its own.
    Failure,
    /// The command line or the configuration is wrong.
    Usage,
    /// What was named does not exist.
    NotFound,
    /// Refused: no right, wrong passphrase, in use, not empty, unknown format.
    Refused,
    /// Damage was found.
    Damage,
    /// The server cannot be reached, or has stopped.
    Unavailable,
    /// A disk or a file failed.
    Io,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Refused => 4,
            Self::Damage => 5,
            Self::Unavailable => 69,
            Self::Io => 74,
        }
    }
}

/// Why a command did not do what was asked, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError {
    /// Exit code.
    pub exit: Exit,
    /// What was wrong.
    pub message: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl CommandError {
    /// An error without a hint.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// The same error with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// As printed on standard error.
    #[must_use]
    pub fn text(&self) -> String {
        if self.hint.is_empty() {
            format!("azekura: {}\n", self.message)
        } else {
            format!("azekura: {}\n  {}\n", self.message, self.hint)
        }
    }
}

impl From<ApiError> for CommandError {
    fn from(error: ApiError) -> Self {
        let exit = match error.code {
            Code::InvalidRequest => Exit::Usage,
            Code::NotFound | Code::Gone => Exit::NotFound,
            Code::NotAuthenticated | Code::AccessDenied | Code::ApprovalNeeded | Code::Conflict => {
                Exit::Refused
            }
            Code::Damaged => Exit::Damage,
            Code::Unavailable => Exit::Unavailable,
            Code::NoSpace => Exit::Io,
            Code::Internal => Exit::Failure,
        };
        Self::new(exit, error.message).hint(error.hint)
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Io, error.to_string())
    }
}
