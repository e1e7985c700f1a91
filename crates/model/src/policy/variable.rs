//! Variables of policies (`${aws:username}`), the literals `${*}`, `${?}` and `${$}`, and defaults
//! (`${aws:username, 'nobody'}`), as in version 2012-10-17 of the language.

use super::normal_key;
use super::pattern::{Ask, BadPattern};

/// A part of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    Text(String),
    One,
    Star,
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// Cuts a text that may have wildcards and no variables.
pub(super) fn wildcards(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    push(&mut pieces, text, true);
    pieces
}

/// Cuts a text.
pub(super) fn pieces(text: &str, wild: bool, variables: bool) -> Result<Vec<Piece>, BadPattern> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("${").filter(|_| variables) {
        push(&mut pieces, before, wild);
        let (piece, after) = one(inside)?;
        pieces.push(piece);
        rest = after;
    }
    push(&mut pieces, rest, wild);
    Ok(pieces)
}

fn push(pieces: &mut Vec<Piece>, text: &str, wild: bool) {
    let mut rest = text;
    while let Some(at) = rest.find(['*', '?']).filter(|_| wild) {
        let (before, tail) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let star = tail.starts_with('*');
        pieces.push(if star { Piece::Star } else { Piece::One });
        rest = tail.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
}

/// Reads a variable behind its `${`; returns what stands behind its `}` as well.
fn one(inside: &str) -> Result<(Piece, &str), BadPattern> {
    for literal in ["*", "?", "$"] {
        if let Some(after) = inside
            .strip_prefix(literal)
            .and_then(|rest| rest.strip_prefix('}'))
        {
            return Ok((Piece::Text(literal.to_owned()), after));
        }
    }
    let bad = || {
        BadPattern(format!(
            "`${{{}` is not a variable; write ${{key}} or ${{key, 'default'}}, and ${{$}} for a dollar sign",
            inside.chars().take(40).collect::<String>()
        ))
    };
    let end = inside.find([',', '}']).ok_or_else(bad)?;
    let (name, tail) = inside.split_at(end);
    let key = name.trim();
    let named = |c: char| !c.is_control() && !matches!(c, '$' | '{' | '*' | '?' | '\'');
    if !key.contains(':') || !key.chars().all(named) {
        return Err(bad());
    }
    let key = normal_key(key).into_owned().into_boxed_str();
    if let Some(after) = tail.strip_prefix('}') {
        return Ok((Piece::Variable { key, default: None }, after));
    }
    let quoted = tail.strip_prefix(',').map(str::trim_start);
    let text = quoted
        .and_then(|quoted| quoted.strip_prefix('\''))
        .ok_or_else(bad)?;
    let (default, after) = text.split_once('\'').ok_or_else(bad)?;
    let after = after.trim_start().strip_prefix('}').ok_or_else(bad)?;
    let default = Some(default.into());
    Ok((Piece::Variable { key, default }, after))
}

/// Replaces the variables; `None` when one has no value, or several, as then it stands for nothing.
pub(super) fn resolve(pieces: &[Piece], ask: &Ask<'_>) -> Option<Vec<Piece>> {
    let each = pieces.iter().map(|piece| match piece {
        Piece::Variable { key, default } => {
            let text = match ask(key) {
                Some(values) => <[String; 1]>::try_from(values).ok().map(|[text]| text),
                None => default.as_deref().map(str::to_owned),
            };
            text.map(Piece::Text)
        }
        other => Some(other.clone()),
    });
    each.collect()
}
