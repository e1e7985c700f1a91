//! Patterns of ARNs: six parts between colons, each compared by itself, so that a wildcard of one
//! part does not reach into the next (AWS, `ArnLike`).

use super::pattern::{Ask, BadPattern, Case, Pattern};
use super::variable::{self, Piece};

/// Parts of an ARN; the last may have colons.
const PARTS: usize = 6;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ArnPattern {
    /// `*`, or a variable that may be a whole ARN.
    Whole(Pattern),
    Parts(Box<[Pattern]>),
}

impl ArnPattern {
    pub(super) fn parse(text: &str, variables: bool) -> Result<Self, BadPattern> {
        let mut parts: Vec<Vec<Piece>> = vec![Vec::new()];
        let mut whole = false;
        for piece in variable::pieces(text, true, variables)? {
            let mut texts = match &piece {
                Piece::Text(text) => Some(text.splitn(PARTS + 1 - parts.len(), ':')),
                _ => None,
            };
            let first = texts.as_mut().and_then(Iterator::next);
            let here = parts.last_mut();
            if let Some(part) = here {
                part.push(first.map_or(piece.clone(), |text| Piece::Text(text.to_owned())));
            }
            whole |= matches!(piece, Piece::Variable { .. }) && parts.len() == 1;
            for text in texts.into_iter().flatten() {
                parts.push(vec![Piece::Text(text.to_owned())]);
            }
        }
        if parts.len() == PARTS {
            let parts = parts.iter().map(|pieces| Pattern::of(pieces, Case::Counts));
            return Ok(Self::Parts(parts.collect()));
        }
        let pattern = Pattern::wild(text, variables)?;
        if whole || pattern.is_any() {
            return Ok(Self::Whole(pattern));
        }
        Err(BadPattern(format!(
            "`{text}` is not an ARN; write its six parts, as in arn:aws:iam::TENANT:user/NAME"
        )))
    }

    /// Whether it can match one text only.
    pub(super) fn is_fixed(&self) -> bool {
        match self {
            Self::Whole(pattern) => pattern.is_fixed(),
            Self::Parts(parts) => parts.iter().all(Pattern::is_fixed),
        }
    }

    /// Whether all but the last part are fixed, and the last begins with `start`.
    pub(super) fn is_fixed_before(&self, start: &str) -> bool {
        let Self::Parts(parts) = self else {
            return false;
        };
        parts.split_last().is_some_and(|(last, before)| {
            before.iter().all(Pattern::is_fixed)
                && last
                    .literal_prefix()
                    .is_some_and(|text| text.starts_with(start))
        })
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let patterns = match self {
            Self::Whole(pattern) => std::slice::from_ref(pattern),
            Self::Parts(parts) => parts,
        };
        patterns.iter().flat_map(Pattern::keys)
    }

    /// Whether it matches; `None` when the text is not an ARN.
    pub(super) fn matches(&self, text: &str, ask: &Ask<'_>) -> Option<bool> {
        let parts = match self {
            Self::Whole(pattern) => return Some(pattern.matches(text, ask) == Some(true)),
            Self::Parts(parts) => parts,
        };
        if text.splitn(PARTS, ':').count() != PARTS {
            return None;
        }
        let mut pairs = parts.iter().zip(text.splitn(PARTS, ':'));
        Some(pairs.all(|(pattern, part)| pattern.matches(part, ask) == Some(true)))
    }
}
