//! Texts of a policy with wildcards and variables.
//!
//! Variables are replaced first and what replaces them is literal: a user named `*` matches `*` and
//! nothing else. Matching goes back to the last `*` only, so it takes at most as many steps as
//! pattern and text have bytes, multiplied.

use super::variable::{self, Piece};

/// Answers what a request says of a condition key; the key is normal ([`super::normal_key`]).
pub(super) type Ask<'a> = dyn Fn(&str) -> Option<Vec<String>> + 'a;

/// A text of a policy that is compared with one of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    case: Case,
    kind: Kind,
}

/// A text that cannot be read: what is wrong and what to write.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadPattern(pub(super) String);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Case {
    Counts,
    /// Of names that are ASCII.
    IgnoredInAscii,
    /// Only for texts without wildcards.
    Ignored,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
    Glob(Box<[Atom]>),
    Template(Box<[Piece]>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Atom {
    Byte(u8),
    /// One character.
    One,
    /// Any text, also none.
    Star,
}

impl Pattern {
    /// The name of an action, or several by wildcards; case does not count.
    #[must_use]
    pub fn action(text: &str) -> Self {
        Self::of(&variable::wildcards(text), Case::IgnoredInAscii)
    }

    /// A text with wildcards, and with variables when the policy's version has them.
    ///
    /// # Errors
    /// [`BadPattern`]: a variable is not written as one.
    pub fn wild(text: &str, variables: bool) -> Result<Self, BadPattern> {
        let pieces = variable::pieces(text, true, variables)?;
        Ok(Self::of(&pieces, Case::Counts))
    }

    /// A text in which `*` and `?` stand for themselves.
    pub(super) fn exact(text: &str, variables: bool, case: Case) -> Result<Self, BadPattern> {
        Ok(Self::of(&variable::pieces(text, false, variables)?, case))
    }

    pub(super) fn of(pieces: &[Piece], case: Case) -> Self {
        let kind = if pieces.iter().any(|p| matches!(p, Piece::Variable { .. })) {
            Kind::Template(pieces.into())
        } else {
            compile(pieces)
        };
        Self { case, kind }
    }

    /// Whether it can match one text only, whatever the request.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        matches!(self.kind, Kind::Exact(_))
    }

    /// Whether it matches every text.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self.kind, Kind::Any)
    }

    /// What it matches begins so; `None` unless all that follows is one `*`.
    pub(super) fn literal_prefix(&self) -> Option<&str> {
        match &self.kind {
            Kind::Prefix(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it matches a text in which no variable has a value.
    #[must_use]
    pub fn matches_plain(&self, text: &str) -> bool {
        self.matches(text, &|_| None) == Some(true)
    }

    /// Condition keys of its variables.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let pieces: &[Piece] = match &self.kind {
            Kind::Template(pieces) => pieces,
            _ => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(&**key),
            _ => None,
        })
    }

    /// Whether it matches; `None` when a variable has no value, and then it matches nothing.
    pub(super) fn matches(&self, text: &str, ask: &Ask<'_>) -> Option<bool> {
        match &self.kind {
            Kind::Template(pieces) => {
                let pieces = variable::resolve(pieces, ask)?;
                Some(compile(&pieces).matches(text, self.case))
            }
            fixed => Some(fixed.matches(text, self.case)),
        }
    }
}

fn compile(pieces: &[Piece]) -> Kind {
    let literal = |pieces: &[Piece]| {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                _ => return None,
            }
        }
        Some(text.into_boxed_str())
    };
    if let Some(text) = literal(pieces) {
        return Kind::Exact(text);
    }
    if let Some((Piece::Star, before)) = pieces.split_last() {
        match literal(before) {
            Some(text) if text.is_empty() => return Kind::Any,
            Some(text) => return Kind::Prefix(text),
            None => {}
        }
    }
    let mut atoms = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => atoms.extend(text.bytes().map(Atom::Byte)),
            Piece::One => atoms.push(Atom::One),
            // Two stars are one.
            Piece::Star if atoms.last() == Some(&Atom::Star) => {}
            Piece::Star => atoms.push(Atom::Star),
            Piece::Variable { .. } => {}
        }
    }
    Kind::Glob(atoms.into())
}

impl Kind {
    fn matches(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => case.same(wanted, text),
            Self::Prefix(wanted) => {
                let head = text.as_bytes().get(..wanted.len());
                head.is_some_and(|head| case.same_bytes(wanted.as_bytes(), head))
            }
            Self::Glob(atoms) => glob(atoms, text, case),
            // Resolved before; a variable that is left matches nothing.
            Self::Template(_) => false,
        }
    }
}

impl Case {
    fn same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Counts => one == other,
            Self::IgnoredInAscii => one.eq_ignore_ascii_case(other),
            Self::Ignored => folded(one).eq(folded(other)),
        }
    }

    fn same_bytes(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            Self::Counts => one == other,
            _ => one.eq_ignore_ascii_case(other),
        }
    }

    fn same_byte(self, one: u8, other: u8) -> bool {
        match self {
            Self::Counts => one == other,
            _ => one.eq_ignore_ascii_case(&other),
        }
    }
}

/// Upper case and then lower, as both alone leave letters apart that are one in the other.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let upper = text.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase)
}

fn glob(atoms: &[Atom], text: &str, case: Case) -> bool {
    let bytes = text.as_bytes();
    let (mut atom, mut at) = (0, 0);
    // Behind the last star: the atom and where the star's text ends as tried last.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (atoms.get(atom), bytes.get(at)) {
            (Some(Atom::Star), _) if atom + 1 == atoms.len() => return true,
            (Some(Atom::Star), _) => {
                atom += 1;
                retry = Some((atom, at));
                continue;
            }
            (Some(Atom::One), Some(first)) => {
                atom += 1;
                at += char_bytes(*first);
                continue;
            }
            (Some(Atom::Byte(wanted)), Some(byte)) if case.same_byte(*wanted, *byte) => {
                atom += 1;
                at += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((after, end)) = retry else {
            return false;
        };
        let Some(skipped) = bytes.get(end) else {
            return false;
        };
        let end = end + char_bytes(*skipped);
        retry = Some((after, end));
        (atom, at) = (after, end);
    }
}

/// Bytes of a character of UTF-8 by its first.
fn char_bytes(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0..0xf0 => 3,
        0xc0..0xe0 => 2,
        _ => 1,
    }
}
