//! Why a policy is refused.

/// Why a policy is refused (S3: `MalformedPolicy`).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{rule}{}: {detail}", place(*statement, sid.as_deref()))]
pub struct PolicyError {
    /// Place of the statement, from 0; `None` for the document.
    pub statement: Option<usize>,
    /// `Sid` of the statement.
    pub sid: Option<String>,
    /// The rule, as S3 words it where it has words.
    pub rule: &'static str,
    /// What is wrong and what to write.
    pub detail: String,
}

fn place(statement: Option<usize>, sid: Option<&str>) -> String {
    match (statement, sid) {
        (Some(index), Some(sid)) => format!(", statement {} (Sid {sid})", index + 1),
        (Some(index), None) => format!(", statement {}", index + 1),
        (None, _) => String::new(),
    }
}

pub(super) const INVALID: &str = "Policies must be valid JSON";
pub(super) const SYNTAX: &str = "Policy has an invalid element";
pub(super) const PRINCIPAL: &str = "Invalid principal in policy";
pub(super) const ACTION: &str = "Policy has invalid action";
pub(super) const RESOURCE: &str = "Policy has invalid resource";
pub(super) const CONDITION: &str = "Policy has an invalid condition";
pub(super) const SIZE: &str = "Policy exceeds the maximum allowed document size";

/// A broken rule, before it is known where it stands.
pub(super) struct Broken {
    pub(super) rule: &'static str,
    pub(super) detail: String,
}

pub(super) fn broken<T>(rule: &'static str, detail: impl Into<String>) -> Result<T, Broken> {
    let detail = detail.into();
    Err(Broken { rule, detail })
}

impl Broken {
    pub(super) fn at(self, statement: Option<usize>, sid: Option<String>) -> PolicyError {
        let Self { rule, detail } = self;
        PolicyError {
            statement,
            sid,
            rule,
            detail,
        }
    }
}
