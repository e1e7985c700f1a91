//! The one-way switch of contract 5: after a failed write or sync nothing is written again.

use std::io;
use std::sync::{Arc, OnceLock};

use crate::seam::CommitError;

/// Called once, with the message, when an engine is poisoned.
pub type OnPoison = Arc<dyn Fn(&str) + Send + Sync>;

/// Whether, and why, an engine stopped.
#[derive(Default)]
pub(crate) struct Poison {
    message: OnceLock<String>,
    on_poison: Option<OnPoison>,
}

impl Poison {
    pub(crate) fn new(on_poison: Option<OnPoison>) -> Self {
        Self {
            message: OnceLock::new(),
            on_poison,
        }
    }

    /// Poisons for good; the first message stays.
    pub(crate) fn set(&self, what: &str, error: &dyn std::fmt::Display) -> CommitError {
        let mut first = false;
        let message = self.message.get_or_init(|| {
            first = true;
            format!("{what}: {error}")
        });
        if first {
            tracing::error!(
                message,
                "the engine is poisoned: a write failed, nothing more is written"
            );
            if let Some(on_poison) = &self.on_poison {
                on_poison(message);
            }
        }
        CommitError::Poisoned(message.clone())
    }

    pub(crate) fn message(&self) -> Option<&str> {
        self.message.get().map(String::as_str)
    }

    pub(crate) fn check(&self) -> Result<(), CommitError> {
        match self.message() {
            Some(message) => Err(CommitError::Poisoned(message.to_owned())),
            None => Ok(()),
        }
    }

    /// Passes a result on, poisoning when it is an error.
    pub(crate) fn guard<T>(&self, what: &str, result: io::Result<T>) -> Result<T, CommitError> {
        result.map_err(|error| self.set(what, &error))
    }
}
